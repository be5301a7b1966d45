"""What was under way when a load died is sent again as the same request, so that its key says that it is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.cli.conftest import rows
from tests.cli.keyed import KeyedTarget
from tests.command import Loader, wait_for

HELD = ((3, 4), (5, 6, 7, 8, 9))
HALVES = {"refused": (2,), "held": HELD}  # all that is left of one request by then
SETTLED = '"delivered":2,"rejected":1'  # rows 0 and 1, and row 2


@pytest.fixture
def keyed() -> Iterator[Callable[..., KeyedTarget]]:
    made: list[KeyedTarget] = []

    def make(**how) -> KeyedTarget:
        made.append(KeyedTarget(**how))
        return made[-1]

    yield make
    for each in made:
        each.close()


def configure(loader: Loader, *, size: int = 10, every: float = 0.02, target: str = "", write: float = 20) -> None:
    loader.configure(
        f"{target}\n[batch]\nsize = {size}\n[checkpoint]\nevery = {every}\n[timeouts]\nwrite = {write}\n"
        '[concurrency]\nmode = "fixed"\n[errors]\nmax_error_ratio = 1.0\n'
    )


def command(target: KeyedTarget, *more: str, to: str = "") -> tuple[str, ...]:
    return ("push", "a.jsonl", "--to", to or target.url, "--dlq", "dead.jsonl", "--resume", *more)


def is_recorded(loader: Loader, text: str) -> bool:
    return any(text in path.read_text() for path in loader.folder.glob(".loader/runs/*/checkpoint"))


def has_settled(loader: Loader) -> bool:
    """Whether a record has delivered rows."""
    return any('"delivered":1' in path.read_text() for path in loader.folder.glob(".loader/runs/*/checkpoint"))


def dies(loader: Loader, target: KeyedTarget, arguments: tuple[str, ...], ready: Callable[[], bool]) -> None:
    """Run until `ready`, then kill -9; from then on the target answers."""
    with loader.start(*arguments) as process:
        wait_for(ready)
        process.kill()
        process.communicate()
    target.release()


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("size", [10, 3], ids=["the same size", "a smaller size"])
def test_halves_that_were_under_way_at_a_kill_go_again_as_they_were(loader, keyed, workers, size):
    target = keyed(**HALVES)
    loader.write("a.jsonl", rows(10))
    configure(loader)
    arguments = command(target, "--workers", workers)
    held = set(HELD)
    dies(loader, target, arguments, lambda: held <= set(target.ids) and is_recorded(loader, SETTLED))
    before = len(target.ids)
    configure(loader, size=size)
    done = loader(*arguments)
    assert (done.code, done.report["delivered"], done.report["rejected"]) == (1, 9, 1)
    assert done.report["sent_again_in_doubt"] == sum(map(len, held))
    assert set(target.ids[before:]) == held
    assert all(len(set(target.keys_of(ids))) == 1 for ids in held)
    assert target.stored == dict.fromkeys({*range(10)} - {2}, 1)


def test_rests_go_again_as_they_were_and_rows_accepted_beside_them_do_not_go_again(loader, keyed):
    """No record has any of it: the death of the process alone does not make forget what the answer said."""
    target = keyed(by_row=True, refused=(2,), busy=(3, 4), held=((3, 4),))
    loader.write("a.jsonl", rows(10))
    configure(loader, every=60, target=f'[target.api]\nurl = "{target.url}"\nitems = "multi-status"')
    arguments = command(target, to="api")
    dies(loader, target, arguments, lambda: (3, 4) in target.ids)
    before = len(target.ids)
    done = loader(*arguments)
    assert (done.code, done.report["delivered"], done.report["rejected"]) == (1, 9, 1)
    assert done.report["by_target"] == {"api": 9}
    assert sorted(target.ids[before:]) == [(2,), (3, 4)]  # by connections of their own: in any order
    assert target.stored == dict.fromkeys({*range(10)} - {2}, 1)


def test_requests_handed_back_in_doubt_go_again_as_they_were(loader, keyed):
    target = keyed(**HALVES)
    loader.write("a.jsonl", rows(10))
    configure(loader, write=3)
    held = set(HELD)
    with loader.start(*command(target)) as process:
        wait_for(lambda: held <= set(target.ids) and is_recorded(loader, SETTLED))
        process.terminate()
        process.communicate()
    target.release()
    before = len(target.ids)
    configure(loader, size=4)
    done = loader(*command(target))
    assert (done.code, done.report["delivered"], done.report["rejected"]) == (1, 9, 1)
    assert set(target.ids[before:]) == held
    assert target.stored == dict.fromkeys({*range(10)} - {2}, 1)


def test_a_target_without_keys_and_rows_sent_alone_need_no_notes(loader, keyed):
    for target_keys, size in (('idempotency_header = ""', 10), ("", 1)):
        target = keyed(refused=())
        loader.write("a.jsonl", rows(10))
        configure(loader, size=size, target=f'[target.api]\nurl = "{target.url}"\n{target_keys}')
        assert loader("push", "a.jsonl", "--to", "api").code == 0
    assert list(loader.folder.glob(".loader/runs/*/checkpoint"))
    assert not list(loader.folder.glob(".loader/runs/*/requests"))


@pytest.mark.parametrize(("before", "after"), [(10, 1), (1, 10)])
@pytest.mark.parametrize("settled", [True, False])
def test_a_resume_in_another_form_of_requests_is_refused_and_sends_nothing(loader, keyed, before, after, settled):
    """A bare row is another body than an array of one: under the same key it would be another request, or broken."""
    held = tuple(range(10)) if before == 10 else (3,)
    target = keyed(refused=(), held=(held,))
    loader.write("a.jsonl", rows(20 if settled else 10))
    configure(loader, size=before)
    dies(
        loader,
        target,
        command(target),
        lambda: held in target.ids and (not settled or is_recorded(loader, '"delivered"')),
    )
    configure(loader, size=after)
    refused = loader(*command(target))
    assert refused.code == 2
    assert f"set batch.size {'to 2 or more' if before == 10 else 'to 1'} for this resume" in refused.err
    assert target.ids.count(held) == 1
    configure(loader, size=before)
    assert loader(*command(target)).code == 0
    assert target.stored == dict.fromkeys(range(20 if settled else 10), 1)
