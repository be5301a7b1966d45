"""What `loader infer` proposes loads the files it was made from: into a real table, every row that can be read."""

from __future__ import annotations

import gzip
import itertools
import json
import re
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.command import Loader
from tests.targets.cassandra.nodes import fresh_keyspace

SAMPLES = Path(__file__).parents[2] / "samples"
NUMBERS = itertools.count(1)
UUIDS = ["0f3c1a52-7a0e-4d0b-9f6d-1f2e3d4c5b6a", "b1b9a871-916b-4c3e-8a44-0a1b2c3d4e5f"]


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


# Name, content, types of columns as the table has them (the key first where it matters), flags.
ODD = {
    "numbers": ("a.csv", "id,n,big,huge,price,e\n1,-5,3000000000,99999999999999999999,1.50,1e-7\n2,0,1,2,.5,3\n",
                "id int, n int, big bigint, huge varint, price decimal, e double"),
    "leading zeros": ("a.csv", "zip,n\n01234,1\n99999,2\n", "zip text, n int"),
    "booleans": ("a.csv", "id,paid,flag\n1,yes,true\n2,no,FALSE\n", "id int, paid boolean, flag boolean"),
    "zeros and ones are numbers": ("a.csv", "id,flag\n7,0\n8,1\n", "id int, flag int"),
    "times": ("a.csv",
              "id,day,at,clock\n1,2024-02-29,2024-02-29T12:00:00Z,12:00:00\n2,2023-01-01,2023-01-01,01:02:03.5\n",
              "id int, day date, at timestamp, clock time"),
    "a pattern": ("a.csv", "id,day\n1,29.02.2024\n2,01.12.2023\n", "id int, day date"),
    "a pattern with hours": ("a.csv", "id,at\n1,2024/02/29 12:00:01\n2,2023/12/01 00:00:00\n", "id int, at timestamp"),
    "days or months first": ("a.csv", "id,day\n1,01/02/2024\n2,03/04/2024\n", "id int, day text"),
    "months first": ("a.csv", "id,day\n1,01/02/2024\n2,12/31/2024\n", "id int, day date"),
    "uuids": ("a.csv", f"key,v\n{UUIDS[0]},1\n{UUIDS[1]},2\n", "key uuid, v int"),
    "addresses": ("a.csv", "ip,n\n10.0.0.1,1\n::1,2\n", "ip inet, n int"),
    "bytes": ("a.csv", "id,b\n1,0xCAFE\n2,0x00\n", "id int, b blob"),
    "odd names": ("a.csv", "Id,First Name,2nd,Größe,first-name,select\n1,a,b,c,d,e\n",
                  "id int, first_name text, c_2nd text, grosse text, first_name_2 text, \"select\" text"),
    "nulls": ("a.csv", "id,n,t\n1,NULL,x\n2,,NULL\n3,4,\n", "id int, n int, t text"),
    "an empty column": ("a.csv", "id,nothing\n1,\n2,\n", "id int, nothing text"),
    "semicolons": ("a.csv", "id;name\n1;a,b\n", "id int, name text", "--delimiter", "semicolon"),
    "no header": ("a.tsv", "1\ta\n2\tb\n", "x int, y text", "--no-header", "--columns", "x,y"),
    "a key of two": ("a.csv", "day,city,t\n2024-01-01,Bonn,1\n2024-01-01,Köln,1\n2024-01-02,Bonn,1\n",
                     "day date, city text, t int"),
    "compressed": ("a.csv.gz", gzip.compress(b"id,name\n1,a\n"), "id int, name text"),
    "numbers of JSON": ("a.jsonl",
                        lines({"id": 1, "n": 1.5, "m": 2**40, "e": 1e300}, {"id": 2, "n": 3, "m": 1, "e": 1}),
                        "id int, n decimal, m bigint, e double"),
    "strings of JSON": ("a.jsonl", lines({"k": UUIDS[0], "at": "2024-01-01T00:00:00Z", "zip": "123", "ok": True},
                                         {"k": UUIDS[1], "at": "2024-01-02T00:00:00Z", "zip": "1", "ok": False}),
                        "k uuid, at timestamp, zip text, ok boolean"),
    "collections": ("a.jsonl", lines({"id": 1, "tags": ["a", "b"], "n": [1, 2**40], "m": {"a": 1.5}},
                                     {"id": 2, "tags": [], "n": [], "m": {}}),
                    "id int, tags list<text>, n list<bigint>, m map<text, decimal>"),
    "objects of any form": ("a.jsonl", lines({"id": 1, "o": {"a": 1, "b": "x"}, "l": [1, None], "v": 1},
                                             {"id": 2, "o": {"c": [1]}, "l": ["x"], "v": "x"}),
                            "id int, o text, l text, v text"),
    "lists of lists": ("a.jsonl", lines({"id": 1, "l": [[1], [2, 3]]}), "id int, l list<frozen<list<int>>>"),
    "fields that come and go": ("a.jsonl", lines({"a": 1, "id": "x"}, {"id": "y", "b": 2.5}, {"id": "z", "b": None}),
                                "a int, id text, b decimal"),
    "equal rows": ("a.csv", "a,b\n1,1\n1,1\n", "row_id uuid, a int, b int"),
    "gaps everywhere": ("a.csv", "a,b\n,1\n1,\n", "row_id uuid, a int, b int"),
    "rows that cannot be read": ("a.csv", "id,name\n1,a\n2,b,c\n3,d\n", "id int, name text"),
}  # fmt: skip


@pytest.fixture
def loader(tmp_path) -> Loader:
    return Loader(tmp_path)


@pytest.fixture(scope="module")
def shop(session) -> Iterator[str]:
    """A keyspace for all tables here: to make one takes longer than the rest of a test."""
    with fresh_keyspace(session) as name:
        yield name


@pytest.fixture
def table(shop) -> str:
    """A table that is not there yet, with its keyspace."""
    return f"{shop}.t{next(NUMBERS)}"


def columns_of(cql: str) -> str:
    """The columns of the one table in `cql`, on one line and without remarks."""
    body = re.search(r"CREATE TABLE [^(]*\(\n(.*?)\n\s+PRIMARY KEY", cql, re.DOTALL)[1]
    return ", ".join(re.sub(r",\s*(?:--.*)?$", "", line).strip() for line in body.splitlines())


def create(session, cql: str) -> None:
    plain = re.sub(r"--.*", "", cql)
    for statement in filter(str.strip, plain.split(";")):
        session.execute(statement)


def propose(loader, table, cassandra, *files: str, flags: tuple[str, ...] = ()) -> str:
    """The proposed table; the config lies beside it."""
    host = f"{cassandra.host}:{cassandra.port}"
    done = loader("infer", *files, "--table", table, "--host", host, "--out", "proposed", *flags)
    assert done.code == 0, done.err
    return (loader.folder / "proposed/table.cql").read_text()


@pytest.mark.parametrize("name", ODD)
def test_a_proposal_loads_the_file_it_was_made_from(name, loader, session, table, cassandra):
    file, content, columns, *flags = ODD[name]
    loader.write(str(file), content)
    cql = propose(loader, table, cassandra, str(file), flags=tuple(map(str, flags)))
    assert columns_of(cql) == columns
    create(session, cql)
    done = loader("push", str(file), "--to", "table", "-c", "proposed/loader.toml")
    bad = 1 if name == "rows that cannot be read" else 0
    assert (done.code, done.report["rejected"]) == (bad, bad), done.err
    stored = session.execute(f"SELECT count(*) FROM {table}").one()[0]
    assert stored == done.report["delivered"]


@pytest.mark.parametrize("file", ["customers.csv", "orders.jsonl"])
def test_a_proposal_loads_a_sample(file, loader, session, table, cassandra):
    cql = propose(loader, table, cassandra, str(SAMPLES / file))
    create(session, cql)
    done = loader("push", str(SAMPLES / file), "--to", "table", "-c", "proposed/loader.toml")
    assert set(done.report["by_type"]) <= {"bad_json", "not_an_object", "bad_encoding", "wrong_field_count"}, done.err
    assert session.execute(f"SELECT count(*) FROM {table}").one()[0] == done.report["delivered"] > 400


def test_a_proposal_loads_parquet(loader, session, table, cassandra):
    rows = pa.table(
        {
            "k": pa.array([uuid.UUID(each).bytes for each in UUIDS], pa.uuid()),
            "n": pa.array([1, None], pa.int64()),
            "small": pa.array([1, 2], pa.int8()),
            "d": pa.array([Decimal("1.50"), Decimal("2.00")]),
            "f": pa.array([1.5, 2.5], pa.float32()),
            "b": pa.array([b"x", None]),
            "day": pa.array([date(2024, 2, 29), None]),
            "at": pa.array([datetime(2024, 2, 29, 12), None], pa.timestamp("us")),
            "tags": pa.array([["a"], []]),
            "m": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int32())),
            "s": pa.array([{"x": 1, "y": None}, None]),
            "text": ["a", "b"],
        }
    )
    pq.write_table(rows, loader.folder / "a.parquet")
    cql = propose(loader, table, cassandra, "a.parquet")
    assert columns_of(cql) == (
        "k uuid, n bigint, small int, d decimal, f float, b blob, day date, at timestamp, tags list<text>, "
        "m map<text, int>, s text, text text"
    )
    assert "PRIMARY KEY (k)" in cql
    assert re.search(
        r"at timestamp, +-- times without a zone are taken as UTC; digits beyond milliseconds are cut off", cql
    )
    create(session, cql)
    done = loader("push", "a.parquet", "--to", "table", "-c", "proposed/loader.toml")
    assert (done.code, done.report["delivered"]) == (0, 2), done.err
    (found,) = session.execute(f"SELECT * FROM {table} WHERE k = {UUIDS[0]}")
    assert (found.n, found.d, found.b, found.tags, dict(found.m)) == (1, Decimal("1.50"), b"x", ["a"], {"a": 1})
    assert json.loads(found.s) == {"x": 1, "y": None}


def test_what_is_unsure_stands_in_remarks(loader, table, cassandra):
    loader.write("a.csv", "a,day,zip,at\n1,01/02/2024,007,2024-01-01 00:00:00\n1,01/02/2024,008,2024-01-01 00:00:00\n")
    cql = propose(loader, table, cassandra, "a.csv")
    assert re.search(r"day text, +-- a date by %d/%m/%Y or %m/%d/%Y: say which in mapping.types", cql)
    assert re.search(r"zip text, +-- some are digits with a zero first, which is kept", cql)
    assert re.search(r"at timestamp, +-- times without a zone are taken as UTC", cql)
    assert "the key is zip: different in all rows" in cql


COMMAS = "id;total;share\n1;1.234,50;0,5\n2;7,25;3\n"


def test_numbers_with_a_comma_are_those_where_the_config_says_so(loader, table, cassandra, session):
    loader.write("a.csv", COMMAS)
    loader.write("commas.toml", '[input]\ndelimiter = ";"\ndecimal = ","\nthousands = "."\n')
    cql = propose(loader, table, cassandra, "a.csv", flags=("-c", "commas.toml"))
    assert columns_of(cql) == "id int, total decimal, share decimal"
    create(session, cql)
    assert loader("push", "a.csv", "-c", "proposed/loader.toml", "--to", "table").report["delivered"] == 2
    (found,) = session.execute(f"SELECT * FROM {table} WHERE id = 1")
    assert (found.total, found.share) == (Decimal("1234.50"), Decimal("0.5"))


def test_numbers_with_a_comma_are_text_with_a_remark_otherwise(loader, table, cassandra):
    loader.write("a.csv", COMMAS)
    cql = propose(loader, table, cassandra, "a.csv", flags=("--delimiter", ";"))
    assert re.search("total text, +-- numbers, if a comma stands before their fractions: .*input.decimal", cql)


def test_rows_that_nothing_tells_apart_are_remarked(loader, table, cassandra):
    loader.write("a.csv", "a,b\n1,1\n1,1\n")
    cql = propose(loader, table, cassandra, "a.csv")
    assert "-- nothing tells all rows apart, so that each gets an id of its own" in cql
    assert 'row_id = "uuid()"' in (loader.folder / "proposed/loader.toml").read_text()


def test_both_are_printed_where_no_folder_is_named(loader):
    loader.write("a.csv", "id\n1\n")
    done = loader("infer", "a.csv")
    assert done.code == 0
    assert "-- table.cql\n" in done.out
    assert "CREATE TABLE loader.a (" in done.out
    assert "# loader.toml\n" in done.out
    assert 'url = "cassandra://127.0.0.1/loader.a"' in done.out


def test_files_that_are_there_are_not_written_over(loader):
    loader.write("a.csv", "id\n1\n")
    loader.write("loader.toml", "")
    done = loader("infer", "a.csv", "--out", ".")
    assert done.code == 2
    assert "loader.toml: is there already, and is not written over" in done.err
    assert not (loader.folder / "table.cql").exists()


def test_a_sample_of_the_rows_is_enough(loader):
    loader.write("a.csv", "id,n\n" + "".join(f"{n},{n}\n" for n in range(1000)) + "x,y\n")
    done = loader("infer", "a.csv", "--limit", "100")
    assert "proposed by loader infer from 100 rows" in done.out
    assert "id int" in done.out
    assert "limit" not in done.out


def test_without_a_row_nothing_is_proposed(loader):
    loader.write("a.csv", "id,name\n")
    done = loader("infer", "a.csv")
    assert done.code == 2
    assert "there is no readable row to learn from" in done.err


def test_files_of_texts_and_of_json_make_no_table_together(loader):
    loader.write("a.csv", "id\n1\n")
    loader.write("b.jsonl", '{"id":2}\n')
    done = loader("infer", "a.csv", "b.jsonl")
    assert done.code == 2
    assert "files of texts, of JSON and of columns make no table together" in done.err


def test_a_name_that_needs_quotes_is_no_name_of_a_table(loader):
    loader.write("a.csv", "id\n1\n")
    done = loader("infer", "a.csv", "--table", "Shop.orders")
    assert done.code == 2
    assert "--table Shop.orders: expected KEYSPACE.NAME" in done.err
