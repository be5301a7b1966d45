"""Files that other programs wrote of a table with every type load back as the rows that they were of.

`exports/cqlsh.csv` is of cqlsh 6.2.2, COPY TO ... WITH HEADER=true AND NULL='<null>' AND DOUBLEPRECISION=17 AND
FLOATPRECISION=9; `exports/dsbulk.csv` of DSBulk 1.10.0, unload -c csv. Both are of the rows that `_ROWS` inserts.
"""

from __future__ import annotations

from pathlib import Path

import pytest

EXPORTS = Path(__file__).with_name("exports")
TYPE = 'street text, "Zip Code" int, tags frozen<set<text>>'
COLUMNS = """id int PRIMARY KEY, a ascii, b bigint, bl blob, bo boolean, d date, de decimal, dou double, du duration,
f float, i inet, si smallint, t text, ti time, ts timestamp, tu timeuuid, ty tinyint, u uuid, v varint, lt list<text>,
st set<text>, si2 set<int>, mti map<text, int>, mit map<int, frozen<list<text>>>, tup tuple<int, text, boolean>,
h frozen<home>, lh list<frozen<home>>, lb list<blob>, ld list<date>, ltime list<time>, lts list<timestamp>,
lu set<uuid>, li list<inet>, ldu list<duration>, ldou list<double>, lde list<decimal>, lbo list<boolean>,
mtup map<frozen<tuple<int, text>>, double>, fs frozen<set<int>>"""
_ROWS = (
    r"""(id, a, b, bl, bo, d, de, dou, du, f, i, si, t, ti, ts, tu, ty, u, v, lt, st, si2, mti, mit, tup, h, lh, lb, ld,
    ltime, lts, lu, li, ldu, ldou, lde, lbo, mtup, fs) VALUES (1, 'ab, "c"', -9223372036854775808, 0x00ff, true,
    '2024-02-29', 1.50, 1e-300, 1y2mo3d4h5m6s7ms, 1.5, '::1', -5, 'it''s "so", é\ x', '23:58:59.123456789',
    '2024-02-29 23:58:59.123+0000', 50554d6e-29bb-11e5-b345-feff819cdc9f, -1, 123e4567-e89b-12d3-a456-426614174000,
    123456789012345678901234567890, ['a', 'it''s', 'x, y', '"q"', '[z]', '\', 'é', '', ' b '], {'a', 'b,c', ''},
    {3, 1, 2}, {'k': 1, 'it''s': 2}, {1: ['x', 'y'], 2: []}, (1, 'x,''y', true),
    {street: 'S ''1''', "Zip Code": 12345, tags: {'t', 'u'}},
    [{street: 'a', "Zip Code": null, tags: null}, {street: null, "Zip Code": 1, tags: {}}], [0x00, 0xdeadbeef, 0x],
    ['2024-02-29', '1969-12-31'], ['00:00:00', '23:58:59.123456789'],
    ['2024-02-29 23:58:59.123+0000', '1969-12-31 23:59:59.999+0000'], {123e4567-e89b-12d3-a456-426614174000},
    ['127.0.0.1', '::1'], [1y2mo3d4h5m6s7ms, -3d, 1h], [1.5, NaN, Infinity, -Infinity, 1e-300],
    [1.50, -0.001, 1E+20], [true, false], {(1, 'a'): 1.5, (2, 'b''c'): -2.0}, {})""",
    "(id, dou, f, de, t, a, ts) VALUES (2, NaN, Infinity, 1E-10, 'line\nbreak\ttab\r\\n x', '', "
    "'1960-01-01 00:00:00.001+0000')",
    "(id, dou, f, t) VALUES (3, -Infinity, -0.0, '')",
    "(id) VALUES (4)",
    "(id, t, lt) VALUES (5, 'NULL', ['null', '1', 'true'])",
    "(id, dou, f, b) VALUES (6, 0.1, 0.1, 1)",
)
CQLSH = '[input]\nescape = "\\\\"\nunescape = true\nnull_words = ["<null>"]\n'
DSBULK = '[input]\nescape = "\\\\"\nempty = "quoted"\n[mapping]\ntypes = {bl = "base64", lb = "base64"}\n'


def rows_of(session, path: str) -> dict[int, dict[str, str]]:
    """All values as texts, so that NaN is equal to NaN, by id."""
    found = [row._asdict() for row in session.execute(f"SELECT * FROM {path}")]
    return {row["id"]: {name: repr(value) for name, value in row.items()} for row in found}


@pytest.mark.parametrize(("name", "config"), [("cqlsh", CQLSH), ("dsbulk", DSBULK)])
def test_what_other_programs_wrote_of_a_table_of_every_type_loads_back_equal(
    loader, cassandra, session, keyspace, name, config
):
    session.execute(f"CREATE TYPE {keyspace}.home ({TYPE})")
    for table in ("every", "again"):
        session.execute(f"CREATE TABLE {keyspace}.{table} ({COLUMNS})")
    for row in _ROWS:
        session.execute(f"INSERT INTO {keyspace}.every {row}")
    loader.configure(config)
    loader.write("rows.csv", (EXPORTS / f"{name}.csv").read_bytes())
    done = loader("push", "rows.csv", "--to", cassandra.url(f"{keyspace}.again"))
    assert done.code == 0, done.err
    before, after = rows_of(session, f"{keyspace}.every"), rows_of(session, f"{keyspace}.again")
    if name == "dsbulk":  # which writes [] for null
        before = {key: row | {"fs": "SortedSet([])"} for key, row in before.items()}
        before[1]["lh"] = before[1]["lh"].replace("tags=None", "tags=SortedSet([])")
    assert after == before
