"""Parquet and Arrow through the real command."""

from __future__ import annotations

import gzip
import math
import os
import subprocess
import threading
from collections import Counter
from decimal import Decimal
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest

from loader.sink.fault_settings import Rule
from loader.sources.errors import InputError
from tests.command import Loader, law, wait_for
from tests.sources.arrow.test_row_cutting import WRITERS
from tests.sources.locations.web_server import serving
from tests.sources.reading import read_paths, rows_of

MAP = pa.map_(pa.string(), pa.int64())
BIG = 2**53 + 1  # no double has it


@pytest.fixture
def loader(tmp_path) -> Loader:
    return Loader(tmp_path)


def table(count: int) -> pa.Table:
    """Rows of types whose values JSON alone does not tell."""
    return pa.table(
        {
            "id": pa.array([BIG + i for i in range(count)], pa.int64()),
            "price": pa.array([Decimal(i).scaleb(-1) for i in range(count)], pa.decimal128(12, 2)),
            "at": pa.array([10**18 + i for i in range(count)], pa.timestamp("ns", "Europe/Berlin")),
            "raw": pa.array([bytes((i % 256, 255)) for i in range(count)], pa.binary()),
            "tags": pa.array([[f"t{i}", None] for i in range(count)], pa.list_(pa.string())),
            "name": pa.array([f"row {i} é\n" for i in range(count)], pa.large_string()),
        }
    )


def ids(target) -> list[int]:
    return sorted(row["id"] - BIG for row in target.store.rows())


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("name", WRITERS)
def test_rows_arrive_exactly(name, workers, loader, sink):
    target = sink()
    WRITERS[name](loader.folder / name, table(300), 70)
    done = loader("push", name, "--to", target.url, "--workers", workers)
    assert done.code == 0, done.err
    law(done.report)
    assert ids(target) == list(range(300))
    row = next(text for text in target.store.texts() if f'"id":{BIG + 11},' in text)
    assert row == (
        f'{{"id":{BIG + 11},"price":1.10,"at":"2001-09-09T01:46:40.000000011Z","raw":"C/8=",'
        '"tags":["t11",null],"name":"row 11 é\\n"}'
    )


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_is_recognised_by_its_first_bytes(name, loader, sink):
    target = sink()
    WRITERS[name](loader.folder / "rows", table(3), 2)
    done = loader("push", "rows", "--to", target.url)
    assert (done.code, ids(target)) == (0, [0, 1, 2]), done.err


def test_only_columns_that_are_named_are_sent(loader, sink):
    target = sink()
    WRITERS["rows.parquet"](loader.folder / "rows.pq", table(1), 2)
    done = loader("push", "rows.pq", "--columns", "name,price", "--to", target.url)
    assert (done.code, list(target.store.texts())) == (0, ['{"name":"row 0 é\\n","price":0.00}']), done.err
    done = loader("push", "rows.pq", "--columns", "nam", "--to", target.url)
    assert done.code == 2
    assert "asks for nam, and there is no such column" in done.err
    assert "did you mean name?" in done.err


@pytest.mark.parametrize("name", ["rows.arrow", "rows.arrows"])
def test_arrow_comes_through_pipes_and_compressed(name, loader, sink):
    target = sink()
    path = loader.folder / name
    WRITERS[name](path, table(10), 3)
    data = path.read_bytes()
    done = loader("push", "-", "--to", target.url, stdin=data)
    assert (done.code, ids(target)) == (0, list(range(10))), done.err
    loader.write(f"{name}.gz", gzip.compress(data))
    done = loader("push", f"{name}.gz", "--to", target.url)
    assert (done.code, done.report["delivered"]) == (0, 10), done.err


def test_arrow_comes_through_a_fifo(loader, sink):
    target = sink()
    WRITERS["rows.arrows"](loader.folder / "rows", table(10), 3)
    os.mkfifo(loader.folder / "pipe.arrows")
    with loader.start("push", "pipe.arrows", "--to", target.url, stdout=subprocess.DEVNULL) as process:
        data = (loader.folder / "rows").read_bytes()
        writer = threading.Thread(target=(loader.folder / "pipe.arrows").write_bytes, args=(data,))
        writer.start()
        process.communicate(timeout=60)
        writer.join()
    assert (process.returncode, ids(target)) == (0, list(range(10)))


def test_batches_that_come_through_a_pipe_do_not_wait_for_the_next(loader, sink):
    target = sink()
    loader.configure("[batch]\nmax_wait = 0.05\n")
    rows, stream = table(2), pa.BufferOutputStream()
    push = ("push", "-", "--format", "arrow", "--to", target.url)
    with pa.ipc.new_stream(stream, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=1)
    whole = stream.getvalue().to_pybytes()
    second = whole.rindex(b"\xff\xff\xff\xff", 0, len(whole) - 8)
    with loader.start(*push, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        process.stdin.write(whole[:second])
        process.stdin.flush()
        wait_for(lambda: ids(target) == [0])
        process.communicate(whole[second:], timeout=60)
    assert (process.returncode, ids(target)) == (0, [0, 1])


@pytest.mark.parametrize("how", ["as a stream", "compressed"])
def test_parquet_that_cannot_be_read_from_its_end_is_refused(how, loader, sink):
    WRITERS["rows.parquet"](loader.folder / "rows", table(3), 2)
    data = (loader.folder / "rows").read_bytes()
    loader.write("rows.parquet.gz", gzip.compress(data))
    push = ("-", data) if how == "as a stream" else ("rows.parquet.gz", None)
    done = loader("push", push[0], "--to", sink().url, stdin=push[1])
    assert done.code == 2
    assert f"is Parquet, which is read from its end, and it comes {how}" in done.err


def test_parquet_on_a_web_server_is_read_by_ranges_and_resumed(loader, sink):
    loader.configure("[batch]\nsize = 500\n[concurrency]\nmax_in_flight = 1\n")
    WRITERS["rows.parquet"](loader.folder / "rows", table(20_000), 7_000)
    with serving({"/rows.parquet": (loader.folder / "rows").read_bytes()}, ranges=True) as web:
        target = sink(refuse=(Rule.parse("name~row 9000 "),))
        push = ("push", f"{web.url}/rows.parquet", "--to", target.url, "--dlq", "dead.jsonl")
        stopped = loader(*push, "--fail-fast")
        assert stopped.report["status"] == "stopped", stopped.err
        resumed = loader(*push, "--resume")
        assert (resumed.code, resumed.report["delivered"]) == (1, 19_999), resumed.err
        assert ids(target) == [i for i in range(20_000) if i != 9_000]


def test_parquet_on_a_web_server_without_ranges_is_refused(loader, sink):
    WRITERS["rows.parquet"](loader.folder / "rows", table(3), 2)
    with serving({"/rows.parquet": (loader.folder / "rows").read_bytes()}, ranges=False) as web:
        done = loader("push", f"{web.url}/rows.parquet", "--to", sink().url)
    assert done.code == 2
    assert "is Parquet, which is read from its end, and it comes as a stream" in done.err


@pytest.mark.parametrize("name", WRITERS)
def test_an_encoding_is_for_the_texts_among_the_inputs(name, loader, sink):
    target = sink()
    WRITERS[name](loader.folder / name, table(3), 2)
    loader.write("more.csv", f"id,name\n{BIG + 3},é\n".encode("latin-1"))
    done = loader("push", name, "more.csv", "--encoding", "latin-1", "--to", target.url)
    assert (done.code, done.report["delivered"]) == (0, 4), done.err


@pytest.mark.parametrize("name", WRITERS)
def test_a_refused_row_is_replayed_with_the_same_bytes(name, loader, sink):
    refusing, first = sink(refuse=(Rule.parse("name~row 3"),)), sink()
    WRITERS[name](loader.folder / name, table(10), 4)
    assert loader("push", name, "--to", first.url).code == 0
    assert loader("push", name, "--to", refusing.url, "--dlq", "dead.jsonl").code == 1
    [letter] = loader.letters()
    assert (letter["line"], letter["offset"], letter["format"]) == (4, 3, "parquet" if "parquet" in name else "arrow")
    assert letter["input"]["types"][:3] == ["int64", "decimal128(12, 2)", "timestamp[ns, Europe/Berlin]"]
    target = sink()
    replayed = loader("replay", "dead.jsonl", "--to", target.url)
    assert replayed.code == 0, replayed.err
    assert list(target.store.texts()) == [text for text in first.store.texts() if f'"id":{BIG + 3},' in text]


def test_a_letter_that_was_mended_is_replayed_and_one_that_is_no_row_is_not(loader, sink):
    WRITERS["rows.parquet"](loader.folder / "rows.parquet", table(2), 4)
    refusing, target = sink(refuse=(Rule.parse("name~row"),)), sink()
    assert loader("push", "rows.parquet", "--to", refusing.url, "--dlq", "dead.jsonl").code == 1
    queue = (loader.folder / "dead.jsonl").read_text()
    loader.write("dead.jsonl", queue.replace('"price":0.00', '"price":7.25').replace('"price":0.10', '"price":"dear"'))
    replayed = loader("replay", "dead.jsonl", "--to", target.url)
    assert replayed.code == 1
    assert [text.split(",")[1] for text in target.store.texts()] == ['"price":7.25']
    assert "no decimal128(12, 2)" in replayed.err


def test_a_text_that_is_not_utf_8_is_kept_and_stays_bad_in_a_replay(loader, sink):
    texts = pa.array([b"a", b"\xff"]).view(pa.string())
    WRITERS["rows.arrow"](loader.folder / "rows.arrow", pa.table({"id": [BIG, BIG + 1], "text": texts}), 9)
    target = sink()
    done = loader("push", "rows.arrow", "--to", target.url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["by_type"]) == (1, {"bad_encoding": 1}), done.err
    assert ids(target) == [0]
    replayed = loader("replay", "dead.jsonl", "--to", target.url, "--dlq", "again.jsonl")
    assert (replayed.code, replayed.report["by_type"]) == (1, {"bad_encoding": 1}), replayed.err
    assert loader.letters("again.jsonl")[0]["raw_base64"] == loader.letters()[0]["raw_base64"]


def test_texts_that_are_not_utf_8_reject_their_row_alone_within_lists_too(loader, sink):
    texts = pa.array([b"a", b"\xff", b"b"]).view(pa.string())
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), texts)
    WRITERS["rows.arrow"](loader.folder / "rows.arrow", pa.table({"id": [BIG, BIG + 1, BIG + 2], "text": lists}), 9)
    target = sink()
    done = loader("push", "rows.arrow", "--to", target.url)
    assert (done.code, done.report["by_type"]) == (1, {"bad_encoding": 1}), done.err
    assert ids(target) == [0, 2]


def test_lists_that_hold_columns_of_nothing_but_nulls_are_read(loader, sink):
    structs = pa.array([{"s": text, "n": None} for text in "abc"], pa.struct([("s", pa.string()), ("n", pa.null())]))
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 3], pa.int32()), structs)
    WRITERS["rows.arrow"](loader.folder / "rows.arrow", pa.table({"id": [BIG, BIG + 1], "list": lists}), 9)
    target = sink()
    assert loader("push", "rows.arrow", "--to", target.url).code == 0
    assert [len(row["list"]) for row in target.store.rows()] == [1, 2]


def test_a_map_that_has_a_key_twice_stays_bad_in_a_replay(loader, sink):
    maps = pa.array([[("k", 1), ("k", 2)], [("k", 3)]], pa.map_(pa.string(), pa.int64()))
    WRITERS["rows.parquet"](loader.folder / "rows.parquet", pa.table({"m": maps}), 9)
    target = sink()
    done = loader("push", "rows.parquet", "--to", target.url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["by_type"]) == (1, {"bad_value": 1}), done.err
    replayed = loader("replay", "dead.jsonl", "--to", target.url)
    assert (replayed.code, replayed.report["by_type"]) == (1, {"bad_value": 1}), replayed.err
    assert list(target.store.texts()) == ['{"m":{"k":3}}']


def test_values_that_json_has_no_form_for_are_letters_that_a_replay_reads(loader, sink):
    WRITERS["rows.parquet"](loader.folder / "rows.parquet", pa.table({"x": [1.0, float("nan"), float("-inf")]}), 9)
    target = sink()
    done = loader("push", "rows.parquet", "--to", target.url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["by_type"]) == (1, {"bad_value": 2}), done.err
    assert [letter["row"] for letter in loader.letters()] == [{"x": "NaN"}, {"x": "-Infinity"}]
    replayed = loader("replay", "dead.jsonl", "--to", target.url)
    assert (replayed.code, replayed.report["by_type"]) == (1, {"bad_value": 2}), replayed.err


ODD = pa.table({"id": [1, 2], "x": [math.nan, 0.5], "deep": [{"y": math.inf, "z": 1}, {"y": 1.5, "z": 2}]})


@pytest.mark.parametrize(
    ("mapping", "code", "texts"),
    [
        ('only = ["id"]', 0, ['{"id":1}', '{"id":2}']),
        ('drop = ["x", "deep"]', 0, ['{"id":1}', '{"id":2}']),
        ('only = ["id"]\nfields = {"deep.y" = "y"}', 1, ['{"id":2,"y":1.5}']),
        ('only = ["id"]\nset = {q = "concat(id, x)"}', 1, ['{"id":2,"q":"20.5"}']),
        (
            'on_bad_value = "null"\ndrop = ["deep"]\nfields = {"deep.y" = "y"}\nset = {q = "concat(id, x)"}',
            0,
            ['{"id":1,"x":null,"q":"1"}', '{"id":2,"x":0.5,"y":1.5,"q":"20.5"}'],
        ),
    ],
)
def test_values_that_json_has_no_form_for_count_where_they_are_used(mapping, code, texts, loader, sink):
    WRITERS["rows.parquet"](loader.folder / "rows.parquet", ODD, 9)
    loader.configure(f"[mapping]\n{mapping}\n")
    target = sink()
    done = loader("push", "rows.parquet", "--to", target.url)
    assert (done.code, list(target.store.texts())) == (code, texts), done.err


@pytest.mark.parametrize("name", WRITERS)
def test_a_resume_goes_on_behind_what_was_loaded(name, loader, sink):
    loader.configure("[batch]\nsize = 500\n[concurrency]\nmax_in_flight = 1\n")
    WRITERS[name](loader.folder / name, table(20_000), 7_000)
    target = sink(refuse=(Rule.parse("name~row 9000 "),))
    push = ("push", name, "--to", target.url, "--dlq", "dead.jsonl")
    stopped = loader(*push, "--fail-fast")
    assert stopped.report["status"] == "stopped", stopped.err
    law(stopped.report)
    assert 0 < stopped.report["delivered"] < 19_999
    resumed = loader(*push, "--resume")
    assert resumed.code == 1, resumed.err
    assert (resumed.report["read"], resumed.report["delivered"]) == (20_000, 19_999)
    assert ids(target) == [i for i in range(20_000) if i != 9_000]


def page_of(path, group: int) -> int:
    """A byte within the data of the first column of a row group."""
    column = pq.ParquetFile(path).metadata.row_group(group).column(0)
    return column.data_page_offset + column.total_compressed_size // 2


def test_a_damaged_page_ends_the_load_behind_the_rows_before_and_a_resume_takes_the_mended_file(loader, sink):
    path = loader.folder / "rows.parquet"
    noise = [
        Random(i).randbytes(1000) for i in range(300)
    ]  # the damage is not in the ends, by which files are compared
    rows = table(300).append_column("noise", pa.array(noise))
    pq.write_table(rows, path, row_group_size=100, write_page_checksum=True, use_dictionary=False)
    whole = path.read_bytes()
    at = page_of(path, 1)
    path.write_bytes(whole[:at] + bytes((whole[at] ^ 255,)) + whole[at + 1 :])
    target = sink()
    push = ("push", "rows.parquet", "--to", target.url, "--resume")
    done = loader(*push)
    assert done.code == 3
    assert "rows.parquet: cannot be read on at row 1 of row group 2 (row 101 of all)" in done.err
    assert "Traceback" not in done.err
    law(done.report)
    assert ids(target) == list(range(100))
    path.write_bytes(whole)
    resumed = loader(*push)
    assert (resumed.code, ids(target)) == (0, list(range(300))), resumed.err


def test_a_parquet_file_that_is_cut_short_is_refused(loader, sink):
    WRITERS["rows.parquet"](loader.folder / "rows.parquet", table(100), 50)
    whole = (loader.folder / "rows.parquet").read_bytes()
    for size in (4, 7, 12, 100, len(whole) - 1):
        loader.write("cut.parquet", whole[:size])
        done = loader("push", "cut.parquet", "--to", sink().url)
        assert done.code == 2
        assert "cut.parquet: cannot be read as Parquet" in done.err or "is no Parquet" in done.err
        assert "Traceback" not in done.err


@pytest.mark.parametrize("name", ["rows.arrow", "rows.arrows"])
def test_arrow_that_is_cut_short_ends_behind_the_whole_batches(name, loader, sink):
    WRITERS[name](loader.folder / name, table(100), 10)
    whole = (loader.folder / name).read_bytes()
    target = sink()
    loader.write(f"cut.{name}", whole[: len(whole) // 2])
    push = ("push", f"cut.{name}", "--to", target.url, "--resume")
    done = loader(*push)
    assert done.code == 3, done.err
    law(done.report)
    assert 0 < done.report["delivered"] < 100
    assert done.report["delivered"] % 10 == 0
    assert ids(target) == list(range(done.report["delivered"]))
    for size in (len(whole) - 1, 8 + 3):
        loader.write(f"cut2.{name}", whole[:size])
        done = loader("push", f"cut2.{name}", "--to", target.url)
        assert done.code in (2, 3)
        assert "Traceback" not in done.err


@pytest.mark.parametrize("name", ["rows.arrow", "rows.arrows"])
def test_arrow_with_any_damage_ends_in_good_order(name, tmp_path):
    """What pyarrow takes on trust is looked at first: otherwise it would end the process."""
    path = tmp_path / name
    WRITERS[name](path, table(40).append_column("map", pa.array([[("k", i)] for i in range(40)], MAP)), 20)
    whole = path.read_bytes()
    chance = Random(7)
    ends: Counter[str] = Counter()
    for _ in range(150):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] = chance.choice((0, 255, chance.randrange(256)))
        path.write_bytes(damaged)
        try:
            rows_of(read_paths([path]))
            ends["read"] += 1
        except InputError:
            ends["refused"] += 1
    assert min(ends["read"], ends["refused"]) > 20


def test_a_stream_without_the_mark_of_its_end_may_miss_rows(loader, sink):
    WRITERS["rows.arrows"](loader.folder / "rows.arrows", table(20), 10)
    loader.write("rows.arrows", (loader.folder / "rows.arrows").read_bytes()[:-8])
    target = sink()
    done = loader("push", "rows.arrows", "--to", target.url)
    assert (done.code, ids(target)) == (3, list(range(20)))
    assert "the stream ends after 2 record batches without the mark of its end" in done.err


def test_files_without_rows_load_and_those_without_columns_do_not(loader, sink):
    target = sink()
    WRITERS["rows.parquet"](loader.folder / "none.parquet", table(0), 10)
    done = loader("push", "none.parquet", "--to", target.url)
    assert (done.code, done.report["read"]) == (0, 0), done.err
    assert "none.parquet: holds no row" in done.err
    pq.write_table(pa.table({}), loader.folder / "bare.parquet")
    done = loader("push", "bare.parquet", "--to", target.url)
    assert done.code == 2
    assert "bare.parquet: has no columns, and so no rows" in done.err


REFUSED = {
    "twice": (pa.schema([("a", pa.int8()), ("a", pa.int8())]), "2 of its columns are called 'a'"),
    "nameless": (pa.schema([("", pa.int8())]), "one of its columns has no name"),
    "union": (
        pa.schema([("u", pa.dense_union([pa.field("a", pa.int8())]))]),
        "its column u is of the type dense_union",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_columns_that_no_row_can_be_made_of_are_refused(what, loader, sink):
    schema, told = REFUSED[what]
    with pa.ipc.new_stream(loader.folder / "rows.arrows", schema):
        pass
    done = loader("push", "rows.arrows", "--to", sink().url)
    assert done.code == 2
    assert told in done.err


class _Vault(pe.KmsClient):  # type: ignore[misc]
    """Wraps keys by doing nothing."""

    def __init__(self, _config):
        pe.KmsClient.__init__(self)

    def wrap_key(self, key_bytes, _name):
        return key_bytes.hex()

    def unwrap_key(self, wrapped_key, _name):
        return bytes.fromhex(wrapped_key)


@pytest.mark.parametrize("plaintext_footer", [False, True])
def test_an_encrypted_file_is_refused_with_what_to_do(plaintext_footer, loader, sink):
    crypto = pe.CryptoFactory(_Vault)
    config = pe.EncryptionConfiguration(
        footer_key="k", column_keys={"k": ["id"]}, plaintext_footer=plaintext_footer, double_wrapping=False
    )
    properties = crypto.file_encryption_properties(pe.KmsConnectionConfig(), config)
    rows = table(10)
    with pq.ParquetWriter(loader.folder / "rows.parquet", rows.schema, encryption_properties=properties) as writer:
        writer.write_table(rows)
    target = sink()
    done = loader("push", "rows.parquet", "--to", target.url)
    assert "Traceback" not in done.err
    assert "encrypt" in done.err
    assert (done.code, ids(target)) == (3 if plaintext_footer else 2, []), done.err


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_missing_is_told_where_pyarrow_is_not_installed(name, loader, sink):
    WRITERS[name](loader.folder / name, table(3), 2)
    loader.write("pyarrow.py", "raise ModuleNotFoundError(name='pyarrow')\n")
    loader.env["PYTHONPATH"] = str(loader.folder)
    done = loader("push", name, "--to", sink().url)
    assert done.code == 2
    assert "pip install 'loader[arrow]'" in done.err


def test_a_name_that_says_parquet_and_bytes_that_do_not_are_a_contradiction(loader, sink):
    loader.write("rows.parquet", "id,name\n1,a\n")
    done = loader("push", "rows.parquet", "--to", sink().url)
    assert done.code == 2
    assert "rows.parquet: is no Parquet, though taken for it by its name" in done.err


def test_parquet_that_is_called_csv_is_refused_with_the_flag_that_loads_it(loader, sink):
    WRITERS["rows.parquet"](loader.folder / "rows.csv", table(3), 2)
    done = loader("push", "rows.csv", "--to", sink().url)
    assert done.code == 2
    assert "rows.csv: is Parquet; --format parquet loads it" in done.err


def test_check_shows_columns_with_their_types(loader, sink):
    WRITERS["rows.parquet"](loader.folder / "rows.parquet", table(3), 2)
    done = loader("check", "rows.parquet", "--to", sink().url)
    assert done.code == 0, done.err
    assert "columns: id int64, price decimal128(12, 2), at timestamp[ns, Europe/Berlin], raw binary" in done.out


def test_a_table_is_inferred_whose_columns_hold_what_the_file_has(loader):
    rows = table(20).append_column("part", pa.array([i / 4 for i in range(20)]))
    WRITERS["rows.parquet"](loader.folder / "rows.parquet", rows, 9)
    done = loader("infer", "rows.parquet")
    assert done.code == 0, done.err
    for column in ("id bigint", "price decimal", "at timestamp", "raw blob", "name text", "part double"):
        assert f"  {column}," in done.out, done.out


def test_a_load_of_lines_imports_no_pyarrow(loader, sink):
    loader.write("rows.jsonl", '{"id": 1}\n')
    loader.write("pyarrow.py", "raise SystemExit('imported')\n")
    loader.env["PYTHONPATH"] = str(loader.folder)
    done = loader("push", "rows.jsonl", "--to", sink().url)
    assert done.code == 0, done.err
