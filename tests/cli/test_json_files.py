"""JSON as it comes, by the real command: arrays, documents, sequences, and arrays in objects."""

from __future__ import annotations

import gzip
import json

import pytest

from loader.sink import Rule
from tests.cli.conftest import rows
from tests.command import law
from tests.targets.http.servers import answer, keep_alive, serving

BIG = 2**53 + 1  # no float has it
EXACT = '{"id": %d, "price": 1.10, "big": 123456789012345678901234567890}'


def objects(count: int, start: int = 0) -> list[dict]:
    return [json.loads(line) for line in rows(count, start).splitlines()]


def as_array(found: list[dict]) -> bytes:
    return json.dumps(found).encode()


def as_documents(found: list[dict]) -> bytes:
    return "\n".join(json.dumps(each, indent=2) for each in found).encode()


def as_sequence(found: list[dict]) -> bytes:
    return "".join(f"\x1e{json.dumps(each)}\n" for each in found).encode()


def as_lines(found: list[dict]) -> bytes:
    return "".join(f"{json.dumps(each)}\n" for each in found).encode()


def ids(target) -> list[int]:
    return sorted(row["id"] for row in target.store.rows())


@pytest.mark.parametrize("form", [as_array, as_documents, as_sequence, as_lines])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a", "-"])
def test_rows_arrive_however_they_lie_in_json(form, name, loader, sink):
    target, data = sink(), form(objects(50))
    if name != "-":
        loader.write(name, data)
    done = loader("push", name, "--to", target.url, stdin=data if name == "-" else None)
    assert (done.code, done.report["read"]) == (0, 50), done.err
    assert ids(target) == list(range(50))


@pytest.mark.parametrize("body", ["array", "ndjson", "row"])
def test_a_row_on_several_lines_is_sent_on_one_with_all_its_digits(body, loader):
    spread = (
        f'[\n{EXACT % BIG},\n  {{\n    "id": 2,\n    "text": "a\\nb  c",\n    "list": [\r\n 1.0, 2e400 ]\n  }}\n]\n'
    )
    loader.write("a.json", spread)
    bodies: list[bytes] = []

    def respond(seen):
        bodies.append(seen.body)
        return answer(200)

    with serving(keep_alive(respond)) as server:
        loader.configure(f'[target.api]\nurl = "{server.url}"\nbody = "{body}"\n')
        done = loader("push", "a.json", "--to", "api")
    assert done.code == 0, done.err
    first, second = (EXACT % BIG).encode(), b'{"id":2,"text":"a\\nb  c","list":[1.0,2e400]}'
    expected = {"array": [b"[" + first + b"," + second + b"]"], "ndjson": [first + b"\n" + second + b"\n"]}
    assert sorted(bodies) == sorted(expected.get(body, [first, second]))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_letters_of_rows_on_several_lines_keep_them_and_are_replayed(workers, loader, sink):
    spread = [json.dumps({"id": i, "name": f"row {i}"}, indent=2) for i in range(10)]
    spread[3] = spread[3].replace('"row 3"', "row 3")
    loader.write("a.json", "[" + ",\n".join(spread) + "]")
    refusing = sink(refuse=(Rule.parse("name~row 7"),))
    done = loader("push", "a.json", "--to", refusing.url, "--dlq", "dead.jsonl", "--workers", workers)
    assert (done.code, done.report["by_type"]) == (1, {"bad_json": 1, "http_422": 1}), done.err
    bad, refused = loader.letters()
    assert (bad["line"], bad["raw"], bad["format"]) == (13, spread[3], "json")
    assert (refused["line"], refused["row"], refused["raw"]) == (29, {"id": 7, "name": "row 7"}, spread[7])
    exported = loader("dlq", "export", "dead.jsonl", "--class", "refused")
    assert exported.code == 0, exported.err
    loader.write("refused.json", exported.out)
    target = sink()
    replayed = loader("replay", "dead.jsonl", "--to", target.url, "--class", "refused")
    assert (replayed.code, ids(target)) == (0, [7]), replayed.err
    pushed = loader("push", "refused.json", "--to", target.url)
    assert (pushed.code, pushed.report["delivered"]) == (0, 1), pushed.err


def test_rows_of_an_array_in_an_object_are_found_by_the_path(loader, sink):
    target = sink()
    loader.write("a.json", json.dumps({"took": 3, "data": {"items": objects(20)}, "next": None}))
    refused = loader("push", "a.json", "--to", target.url)
    assert (refused.code, "--path data.items loads those" in refused.err) == (2, True), refused.err
    wrong = loader("push", "a.json", "--to", target.url, "--path", "data.itens")
    assert (wrong.code, 'did you mean "items"?' in wrong.err) == (2, True), wrong.err
    done = loader("push", "a.json", "--to", target.url, "--path", "data.items")
    assert (done.code, ids(target)) == (0, list(range(20))), done.err
    shown = loader("check", "a.json", "--to", target.url, "--path", "data.items")
    assert "rows: the elements of an array at data.items" in shown.out
    whole = sink()
    assert loader("push", "a.json", "--to", whole.url, "--path", ".").report["delivered"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a.csv", "--path", "data"), "leads to an array in JSON, and this was taken for csv by its name"),
        (("a.csv", "--path", "data", "--format", "csv"), "--path: expected no path"),
        (("a.csv", "--path", "data[0]"), '--path: expected names joined by dots, like "data.items"'),
    ],
)
def test_a_path_for_what_is_no_json_is_refused(arguments, said, loader):
    loader.write("a.csv", "id,name\n1,a\n")
    done = loader("push", *arguments, "--to", "http://127.0.0.1:9")
    assert (done.code, said in done.err) == (2, True), done.err


def test_the_rows_before_the_end_of_a_cut_array_are_loaded(loader, sink):
    target = sink()
    loader.write("a.json", as_array(objects(1000))[:-5000])
    done = loader("push", "a.json", "--to", target.url)
    law(done.report)
    assert (done.code, done.report["rejected"]) == (3, 0), done.err
    assert "the input ends within the array: it was cut short" in done.err
    assert ids(target) == list(range(done.report["delivered"]))


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_a_cut_array_is_gone_on_with_once_it_is_whole(name, workers, loader, sink):
    target, whole = sink(), as_array(objects(20_000))
    packed = gzip.compress(whole) if name.endswith(".gz") else whole
    push = ("push", name, "--to", target.url, "--resume", "--workers", workers)
    loader.write(name, packed[: len(packed) * 9 // 10])
    cut = loader(*push)
    assert (cut.code, 8_192 < cut.report["delivered"] < 20_000) == (3, True), cut.err
    loader.write(name, packed)
    done = loader(*push)
    assert (done.code, done.report["run_id"], done.report["read"]) == (0, cut.report["run_id"], 20_000), done.err
    assert ids(target) == list(range(20_000))
    assert loader(*push).report == done.report  # it is finished, and the file is the one that it ended with


@pytest.mark.parametrize("other", [b'[{"id": 0}]', b'[{"id": "other"}, ' + b'{"id": 1}, ' * 5000 + b'{"id": 2}]'])
def test_another_array_is_not_taken_for_the_rest_of_a_cut_one(other, loader, sink):
    target, whole = sink(), as_array(objects(1000))
    push = ("push", "a.json", "--to", target.url, "--resume")
    loader.write("a.json", whole[:-5000])
    assert loader(*push).code == 3
    loader.write("a.json", other)
    done = loader(*push)
    assert (done.code, "is not the file it was" in done.err) == (2, True), done.err


def test_what_is_wrong_in_an_array_is_told_by_its_place_and_the_rest_arrives(loader, sink):
    target = sink()
    loader.write("a.json", '[\n  {"id": 1},\n  {"id": tru},\n  7,\n  {"id": "x},\n  {"id": 2},\n]\n')
    done = loader("push", "a.json", "--to", target.url, "--dlq", "dead.jsonl")
    assert (done.code, ids(target)) == (1, [1, 2]), done.err
    found = [(letter["line"], letter["raw"], letter["error_type"]) for letter in loader.letters()]
    assert sorted(found) == [
        (3, '{"id": tru}', "bad_json"),
        (4, "7", "not_an_object"),
        (5, '{"id": "x}', "bad_json"),
        (6, ",", "bad_json"),
    ]


@pytest.mark.parametrize("form", [as_array, as_documents, as_sequence])
def test_workers_get_the_same_rows_with_the_same_places(form, loader, sink):
    found = objects(12_000)  # more than a chunk
    data = form(found).replace(b'"row 9000"', b"row 9000").replace(b'"row 11000"', b"tru")
    loader.write("a.json", data)
    letters = []
    for workers in ("1", "3"):
        target = sink()
        dlq = f"dead{workers}.jsonl"
        done = loader("push", "a.json", "--to", target.url, "--dlq", dlq, "--workers", workers)
        assert (done.code, done.report["delivered"]) == (1, 11_998), done.err
        assert ids(target) == [i for i in range(12_000) if i not in (9_000, 11_000)]
        letters.append([(each["line"], each["offset"], each["raw"]) for each in loader.letters(dlq)])
    assert sorted(letters[0]) == sorted(letters[1])
    assert all(data[offset:].startswith(raw.encode()) for _, offset, raw in letters[0])


@pytest.mark.parametrize("form", [as_array, as_documents, as_sequence])
def test_a_resume_goes_on_in_the_middle_of_a_file(form, loader, sink):
    loader.configure("[batch]\nsize = 500\n[concurrency]\nmax_in_flight = 1\n")
    data = form(objects(20_000)).replace(b'"row 9000"', b"row 9000")
    path = loader.write("a.json", data)
    target = sink()
    push = ("push", "a.json", "--to", target.url, "--dlq", "dead.jsonl")
    stopped = loader(*push, "--fail-fast")
    assert stopped.report["status"] == "stopped", stopped.err
    # What lies before the chunks that are open is not read again.
    path.write_bytes(data[:70_000] + data[70_000:200_000].replace(b"row", b"ROW") + data[200_000:])
    resumed = loader(*push, "--resume")
    assert (resumed.code, resumed.report["read"], resumed.report["delivered"]) == (1, 20_000, 19_999), resumed.err
    assert ids(target) == [i for i in range(20_000) if i != 9_000]
    assert not [row for row in target.store.rows() if row["name"].startswith("ROW")]
