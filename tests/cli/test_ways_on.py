"""What a resume cannot go on with is named, with the commands that do go on."""

from __future__ import annotations

import shlex

import pytest

from loader.sink import Rule
from tests.cli.conftest import rows
from tests.cli.test_push import ids
from tests.cli.test_resume import IN_ORDER, PARKING

ESCAPED = "id,name\n" + "".join(f'{i},"he said \\"hi\\" {i}"\n' for i in range(3))


def command_after(text: str, err: str) -> list[str]:
    """The arguments of the command that stands at the end of the line with this text."""
    line = next(line for line in err.splitlines() if text in line)
    return shlex.split(line.rpartition(": loader ")[2])


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("psuh", "there is no command 'psuh'; did you mean 'push'?"),
        ("a.jsonl", "there is no command 'a.jsonl'; files are loaded by: loader push FILE... --to TARGET"),
    ],
)
def test_a_command_that_is_none_is_told_with_what_was_meant(loader, typed, told):
    done = loader(typed)
    assert done.code == 2
    assert told in done.err


@pytest.mark.parametrize("way", ["back", "anew"])
def test_a_stop_by_errors_tells_what_a_resume_can_take_and_each_way_on_works(loader, sink, way):
    """The hint of the error asked for input.escape; with it every resume was refused, with no way on."""
    target = sink()
    loader.write("s.csv", ESCAPED)
    stopped = loader("push", "s.csv", "--to", target.url, "--fail-fast")
    assert stopped.code == 3
    assert "A resume cannot take another file, [input] or [mapping]: that is a new run" in stopped.report["hint"]
    loader.configure('[input]\nescape = "\\\\"\n')
    refused = loader(*command_after("next: ", stopped.err.replace("next: ", "next: : ")))
    assert refused.code == 2
    assert 'cannot be resumed: input.escape was not set and is "\\\\" now' in refused.err
    assert f"dead letters in {stopped.report['dlq']} are not to be replayed too" in refused.err
    if way == "back":
        loader.configure("")
        done = loader(*command_after("to go on with it", refused.err))
        assert (done.report["run_id"], done.report["rejected"]) == (stopped.report["run_id"], 3)
        return
    anew = loader(*command_after("start a new run", refused.err))
    assert (anew.code, anew.report["delivered"]) == (0, 3)
    assert f"dead letters in {stopped.report['dlq']} are not to be replayed too" in anew.err


def test_a_stopped_replay_says_that_a_new_one_takes_what_is_left(loader, sink):
    loader.write("a.jsonl", rows(3))
    loader("push", "a.jsonl", "--to", sink(refuse=(Rule.parse("name~row"),)).url, "--dlq", "dead.jsonl")
    refusing = sink(refuse=(Rule.parse("name~row"),))
    stopped = loader("replay", "dead.jsonl", "--to", refusing.url, "--fail-fast")
    assert "of the letters that no replay has settled yet" in stopped.report["hint"]
    loader.configure('[mapping]\nfields = {id = "key"}\n')
    refused = loader("replay", "dead.jsonl", "--to", refusing.url, "--resume")
    assert refused.code == 2
    assert command_after("start a new run", refused.err) == ["replay", "dead.jsonl", "--to", refusing.url]


def test_a_queue_that_both_runs_would_share_is_named(loader, sink):
    loader.write("s.csv", ESCAPED)
    command = ("push", "s.csv", "--to", sink().url, "--dlq", "dead.jsonl")
    assert "with another --dlq" in loader(*command, "--fail-fast").report["hint"]
    loader.configure('[input]\nescape = "\\\\"\n')
    refused = loader(*command, "--resume")
    assert "that is the queue of this load, so name another (--dlq), or move it away first" in refused.err


def test_a_nightly_job_is_told_how_to_give_last_nights_run_up(loader, sink):
    target = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    loader.write("night.jsonl", rows(20))
    command = ("push", "night.jsonl", "--to", target.url, "--resume")
    assert loader(*command).code == 4
    loader.write("night.jsonl", rows(3, start=100))
    refused = loader(*command)
    assert refused.code == 2
    assert "night.jsonl is not the file it was" in refused.err
    given_up = command_after("to give it up and start a new run", refused.err)
    assert given_up == ["push", "night.jsonl", "--to", target.url]
    assert loader(*given_up).report["delivered"] == 3
    assert loader(*command).code == 0  # the next night is well again
    assert ids(target) == [*range(5), 100, 101, 102]


@pytest.mark.parametrize("more", [(), ("--resume",)])
def test_an_unfinished_run_of_some_of_the_inputs_is_named(loader, sink, more):
    """Files were added to a glob: the rows of the others were sent again without a word."""
    target = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    (loader.folder / "in").mkdir()
    loader.write("in/a.jsonl", rows(20))
    run = loader("push", "in/*.jsonl", "--to", target.url).report["run_id"]
    loader.write("in/b.jsonl", rows(1, start=50))
    done = loader("push", "in/*.jsonl", "--to", target.url, *more)
    (warning,) = done.report["warnings"]
    assert f"run {run} of in/a.jsonl stopped early and is not gone on with" in warning
    assert "in/b.jsonl was not among its inputs; the rows of in/a.jsonl are sent again" in warning
    assert warning.endswith(f"to go on with it: loader resume {run}")
    assert warning in done.err


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (("a.jsonl",), ("a.jsonl", "b.jsonl"), "has loaded a.jsonl, but b.jsonl was not among its inputs"),
        (("a.jsonl", "b.jsonl"), ("b.jsonl",), "has loaded b.jsonl, but a.jsonl was one of its inputs too"),
        (("a.jsonl", "b.jsonl"), ("b.jsonl", "a.jsonl"), "its inputs came in another order"),
        (("a.jsonl",), ("./b.jsonl", "./a.jsonl"), "has loaded ./a.jsonl, but ./b.jsonl was not among its inputs"),
    ],
)
def test_a_finished_run_of_some_of_the_inputs_is_named_where_a_new_run_starts(loader, sink, first, second, said):
    target = sink()
    loader.write("a.jsonl", rows(2))
    loader.write("b.jsonl", rows(2, start=2))
    run = loader("push", *first, "--to", target.url, "--resume").report["run_id"]
    done = loader("push", *second, "--to", target.url, "--resume")
    assert done.code == 0
    assert f"a new run starts: run {run} has loaded" in done.err
    assert said in done.err


def test_a_run_of_other_inputs_is_not_spoken_of(loader, sink):
    target = sink()
    loader.write("a.jsonl", rows(2))
    loader.write("b.jsonl", rows(2))
    loader("push", "a.jsonl", "--to", target.url, "--resume")
    assert "a new run starts" not in loader("push", "b.jsonl", "--to", target.url, "--resume").err


def test_what_changed_of_a_target_is_said_without_secrets(loader, sink):
    target = sink()
    section = f'[target.api]\nurl = "{target.url}"\nauth = {{bearer = "hunter2hunter2"}}\nmethod = '
    loader.write("a.jsonl", rows(2))
    loader.configure(section + '"POST"\n')
    loader("push", "a.jsonl", "--to", "api", "--resume")
    loader.configure(section + '"PUT"\n[mapping]\nfields = {id = "hunter2hunter2"}\n')
    done = loader("push", "a.jsonl", "--to", "api", "--resume")
    assert 'the target\'s method was "POST" and is "PUT" now; mapping.fields changed' in done.err
    assert "hunter2" not in done.err


def test_a_file_that_is_named_twice_is_told_and_loaded_twice(loader, sink):
    target = sink()
    loader.write("o.jsonl", rows(2))
    path = str(loader.folder / "o.jsonl")
    done = loader("push", "./o.jsonl", path, "--to", target.url)
    assert (done.code, done.report["delivered"]) == (0, 4)
    assert done.report["warnings"] == [f"./o.jsonl is named 2 times, as {path} too: its rows are loaded once for each"]


def test_a_quiet_resume_of_finished_work_prints_nothing(loader, sink):
    loader.write("a.jsonl", rows(2))
    command = ("push", "a.jsonl", "--to", sink().url, "--resume", "-q")
    loader(*command)
    again = loader(*command)
    assert (again.code, again.out, again.err) == (0, "", "")
    assert again.report["delivered"] == 2


def test_a_warning_of_a_finished_run_of_no_rows_is_told_once(loader, sink):
    loader.write("a.jsonl", "")
    command = ("push", "a.jsonl", "--to", sink().url, "--require-rows", "--resume")
    loader(*command)
    again = loader(*command)
    assert (again.code, again.err.count("--require-rows asks for some")) == (1, 1)


def test_a_run_is_resumed_by_the_path_of_its_folder_and_misspelt_ones_have_a_nearest_name(loader, sink):
    target = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    loader.write("a.txt", "".join(f"{i};x\n" for i in range(20)))
    reading = ("--format", "csv", "--delimiter", ";", "--columns", "id,name", "--no-header")
    run = loader("push", "a.txt", "--to", target.url, *reading).report["run_id"]
    wrong = loader("resume", run[:-1] + "z")
    assert (wrong.code, f'did you mean "{run}"?' in wrong.err) == (2, True)
    assert f"the newest there: {run}" in loader("resume", "night").err
    assert "is not in .loader/runs" in loader("resume", f"elsewhere/{run}").err
    assert loader("resume", f".loader/runs/{run}/").code == 0
    assert target.store.count() == 20


def test_the_refusal_of_a_run_resumed_by_name_has_the_options_that_read_its_input(loader, sink):
    target = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    loader.write("a.txt", "".join(f"{i};x\n" for i in range(20)))
    reading = ["--no-header", "--format", "csv", "--delimiter", ";", "--columns", "id,name"]
    run = loader("push", "a.txt", "--to", target.url, *reading).report["run_id"]
    loader.write("a.txt", "7;y\n")
    refused = loader("resume", run)
    assert refused.code == 2
    assert command_after("start a new run", refused.err) == ["push", "a.txt", "--to", target.url, *reading]


def test_letters_of_a_target_that_no_config_has_are_named(loader, sink):
    loader.configure(f'[target.api]\nurl = "{sink(refuse=(Rule.parse("name~row"),)).url}"\n')
    loader.write("a.jsonl", rows(1))
    loader("push", "a.jsonl", "--to", "api", "--dlq", "dead.jsonl")
    loader.configure('[target.apis]\nurl = "http://127.0.0.1:1/x"\n')
    done = loader("replay", "dead.jsonl")
    assert done.code == 2
    assert 'letters in dead.jsonl go to the target "api", which the config has not (it has apis' in done.err
    assert 'did you mean "apis"?' in done.err
    assert "(-c FILE), or say where all of them go (--to TARGET)" in done.err


def test_a_replay_with_nothing_left_names_no_target(loader, sink):
    target = sink()
    loader.write("a.jsonl", rows(1))
    loader("push", "a.jsonl", "--to", sink(refuse=(Rule.parse("name~row"),)).url, "--dlq", "dead.jsonl")
    assert loader("replay", "dead.jsonl", "--to", target.url).code == 0
    again = loader("replay", "dead.jsonl", "--class", "data")
    assert "no letter of dead.jsonl is to be sent" in again.err
    assert "no target" not in again.err


@pytest.mark.parametrize("folder", ["/", ".", "..", "in/"])
def test_a_folder_is_no_queue(loader, sink, folder):
    (loader.folder / "in").mkdir()
    loader.write("a.jsonl", rows(1))
    done = loader("push", "a.jsonl", "--to", sink().url, "--dlq", folder)
    assert done.code == 2
    assert "is a folder; name a file in it" in done.err
    shown = loader("dlq", "show", folder)
    assert (shown.code, "Traceback" in shown.err) == (2, False)
