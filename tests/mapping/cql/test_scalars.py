"""Each scalar type from JSON and from text: what fits, its bytes, and what does not."""

from __future__ import annotations

import json
import struct
from uuid import UUID

import pytest
from cassandra.marshal import vints_pack

from loader.mapping.cql.build import codec_of
from tests.mapping.cql.making import csv, jsonl, mapper, type_of, values

WORDS = {"true": True, "7": True, "f": False, "false": False}
DAY = 86_400_000
UUID4 = "0F8FAD5B-d9cb-469f-a165-70867728950e"
UUID1 = "50554d6e-29bb-11e5-b345-feff819cdc9f"


def q(number: int) -> bytes:
    return struct.pack(">q", number)


def i(number: int) -> bytes:
    return struct.pack(">i", number)


def day(count: int) -> bytes:
    return struct.pack(">I", count + 2**31)


# By type, and what mapping.types says of it: JSON, and the bytes it becomes.
FITTING = {
    ("tinyint", None): {"-128": b"\x80", "127": b"\x7f", '"5"': b"\x05"},
    ("smallint", None): {"-32768": b"\x80\x00"},
    ("int", "integer"): {"2147483647": i(2**31 - 1)},
    ("int", None): {
        **dict.fromkeys(("12", '"12"', "12.0", '"+12"', "1.2e1", '"120E-1"', '"0012"', '"12.00"'), i(12)),
        **dict.fromkeys(("0", "-0", "0.0", "0e99999999999", '"0e-99999999999"'), i(0)),
    },
    ("bigint", None): {"-9223372036854775808": q(-(2**63)), "9007199254740993.0": q(2**53 + 1)},
    ("counter", None): {"-3": q(-3)},
    ("varint", None): {
        "0": b"\0",
        "127": b"\x7f",
        "128": b"\0\x80",
        "-128": b"\x80",
        "-129": b"\xff\x7f",
        "1e2": b"\x64",
        str(2**200): b"\x01" + bytes(25),
    },
    ("decimal", "number"): {"1.50": i(2) + b"\0\x96"},
    ("decimal", None): {
        '"1.50"': i(2) + b"\0\x96",
        "1": i(0) + b"\x01",
        "1e3": i(-3) + b"\x01",
        "0.001": i(3) + b"\x01",
        "1E-2": i(2) + b"\x01",
        "-0.1": i(1) + b"\xff",
        "123456789012345678901234567890.1": i(1) + (1234567890123456789012345678901).to_bytes(13, "big"),
    },
    ("double", None): {
        **dict.fromkeys(("1.5", '"1.5"', "15e-1", '"+1.5"', '"15E-1"'), struct.pack(">d", 1.5)),
        "3": struct.pack(">d", 3),
        "5e-324": struct.pack(">d", 5e-324),
        **{f'"{word}"': struct.pack(">d", float(word)) for word in ("NaN", "Infinity", "-infinity", "inf", "-Inf")},
    },
    ("float", None): {"0.1": struct.pack(">f", 0.1), '"-Infinity"': struct.pack(">f", float("-inf"))},
    ("boolean", None): dict.fromkeys(("true", '"TRUE"', '"tRuE"', "7", '"7"'), b"\x01"),
    ("boolean", "boolean"): dict.fromkeys(("false", '"f"'), b"\x00"),
    ("text", None): {'"é\\u0000\\ud83d\\ude00"': "é\0😀".encode(), '"12"': b"12"},
    ("text", "string"): {'"x"': b"x"} | {text: text.encode() for text in ("1.50", "12", "true", "1e5")},
    ("text", "json"): {text: text.encode() for text in ('{"a":[1.50,null]}', '"x"', "1.50", "true")},
    ("ascii", None): {'"~\\u007f"': b"~\x7f"},
    ("ascii", "string"): {"1.5": b"1.5"},
    ("blob", None): {'"0x00fF"': b"\0\xff", '"0x"': b""},
    ("blob", "hex"): dict.fromkeys(('"00ff"', '"0x00FF"'), b"\0\xff"),
    ("blob", "base64"): {'"AP8="': b"\0\xff"},
    ("uuid", None): {
        f'"{text}"': UUID(text).bytes for text in (UUID4, UUID1, UUID4.replace("-", ""), "{" + UUID4.upper() + "}")
    },
    ("timeuuid", None): {f'"{UUID1}"': UUID(UUID1).bytes},
    ("inet", None): {'"127.0.0.1"': bytes((127, 0, 0, 1)), '"::1"': bytes(15) + b"\x01"},
    ("timestamp", None): {
        **dict.fromkeys(("-1", "-1.0", '"1969-12-31T23:59:59.999Z"', '"1969-12-31T23:59:59.9999999Z"'), q(-1)),
        '"1970-01-01T00:00:00.0019999+00:00"': q(1),
        '"1970-01-02T00:00:00Z"': q(DAY),
        '"1970-01-02T02:00:00+02:00"': q(DAY),
        '"1970-01-01 22:00:00.000-0200"': q(DAY),
        '"1970-01-02T00:00"': q(DAY),
        '"1970-01-02 00:00:00"': q(DAY),
        '"1970-01-02"': q(DAY),
        "1612121212121": q(1612121212121),
        "0": q(0),
        "-2208988800000": q(-2208988800000),
        "7289654399999": q(7289654399999),
        '"-0001-01-01"': q(-719893 * DAY),
        '"+10000-01-01"': q(2932897 * DAY),
    },
    ("timestamp", "epoch_s"): {
        **dict.fromkeys(("1.5", '"1.5"'), q(1500)),
        "-0.0011": q(-2),
        "1.7e9": q(1_700_000_000_000),
    },
    ("timestamp", "epoch_ms"): {"1500": q(1500)},
    ("timestamp", "epoch_us"): {"-1001": q(-2)},
    ("timestamp", "epoch_ns"): {"-1000001": q(-2)},
    ("timestamp", "%Y%m%d%H%M%S"): dict.fromkeys(("19700102000000", '"19700102000000"'), q(DAY)),
    ("timestamp", "%d%%Z %m %Y %Z %H"): dict.fromkeys(('"02%Z 01 1970 UTC 00"', '"02%Z 01 1970 gmt 00"'), q(DAY)),
    ("write timestamp", None): {
        **dict.fromkeys(('"1970-01-02T00:00:00.000001Z"', "86400000001"), q(DAY * 1000 + 1)),
        '"2021-05-15"': q(1_621_036_800_000_000),
        "1621036800000000": q(1_621_036_800_000_000),
    },
    ("write timestamp", "epoch_s"): {"1621036800": q(1_621_036_800_000_000), '"1.5"': q(1_500_000)},
    ("write timestamp", "epoch_ms"): {'"1621036800123"': q(1_621_036_800_123_000)},
    ("write timestamp", "epoch_us"): {'"1"': q(1)},
    ("write timestamp", "epoch_ns"): {"-1": q(-1)},
    ("write timestamp", "%d.%m.%Y"): {'"02.01.1970"': q(DAY * 1000)},
    ("timestamp", "%d.%m.%Y %H:%M"): {'"02.01.1970 00:00"': q(DAY)},
    ("timestamp", "%Y-%m-%dT%H:%M:%S%z"): {'"1970-01-02T00:00:00-0100"': q(DAY + 3_600_000)},
    ("date", None): {
        '"1970-01-01"': day(0),
        '"1969-12-31"': day(-1),
        '"2000-02-29"': day(11016),
        '"0000-12-31"': day(-719163),
        '"-5877641-06-23"': b"\0\0\0\0",
        '"5881580-07-11"': b"\xff\xff\xff\xff",
    },
    ("date", "epoch_s"): {"86399": day(0)},
    ("date", "epoch_ms"): {"-1": day(-1)},
    ("date", "%d/%m/%y"): {'"02/01/70"': day(1)},
    ("time", None): {
        **dict.fromkeys(('"01:02:03"', "3723000000000"), q(3_723_000_000_000)),
        '"23:59:59.999999999"': q(DAY * 10**6 - 1),
        '"00:01"': q(60 * 10**9),
        '"00:00:00.5"': q(5 * 10**8),
    },
    ("time", "epoch_ns"): dict.fromkeys(("3723000000000", '"3723000000000"'), q(3_723_000_000_000)),
    ("time", "epoch_s"): {"3723.5": q(3_723_500_000_000)},
    ("time", "%I:%M %p"): {'"01:02 PM"': q(46_920_000_000_000)},
    ("duration", None): {
        '"1mo"': vints_pack([1, 0, 0]),
        **dict.fromkeys(('"-2d"', '"-P2D"'), vints_pack([0, -2, 0])),
        **dict.fromkeys(('"1y2w3d"', '"P1Y2W3D"'), vints_pack([12, 17, 0])),
        **dict.fromkeys(('"5ns"', '"PT0.000000005S"'), vints_pack([0, 0, 5])),
        '"P0001-00-02T00:00:01"': vints_pack([12, 2, 10**9]),
        '"1Y2MO3D4H5M6S7MS8US9NS"': vints_pack([14, 3, 14_706_007_008_009]),
        '"-P1Y2M3DT4H5M6.007008009S"': vints_pack([-14, -3, -14_706_007_008_009]),
        '"1µs"': vints_pack([0, 0, 1000]),
    },
}

# JSON that does not fit.
NOT_FITTING = {
    ("tinyint", None): ("128", "-129", '"128"', "1.5", "true", '""', '" 1"', '"1_0"', '"١"', "[1]", "{}"),
    ("int", None): ("2147483648", '"x"', "1e99999999999", '"1e5000"', "0.99999999999999999999", '"--1"'),
    ("bigint", None): ("9223372036854775808", '"0x10"', '"NaN"', "9" * 5000),
    ("varint", None): ("1.5", "9" * 5000, '"1e4301"', "true"),
    ("decimal", None): ('"NaN"', '"1,5"', "1e99999999999", "true", '"."', '"1 "', "9" * 5000),
    ("double", None): ("1e400", '"1e400"', '"infin"', '"1_0"', '" 1"', "true", '"0x1p3"', '""', "9" * 400),
    ("float", None): ("1e39", "-1e39", '"1e39"', "[1.0]"),
    ("boolean", None): ('"yes"', "1", "0", "7.0", '""', "[]"),
    ("text", None): ("1", "1.5", "true", "{}", "[]"),
    ("text", "string"): ("{}", "[1]"),
    ("ascii", None): ('"é"', "1"),
    ("ascii", "json"): ('{"é":1}',),
    ("blob", None): ('"00ff"', '"0xf"', '"0xgg"', "255", '"0x0 0"', '"0X00"'),
    ("blob", "hex"): ('"f"', '"xy"', "10", "1e10"),
    ("blob", "base64"): ('"AP8"', '"A P8="', '"AP8=="', "1000", "9" * 4400),
    ("uuid", None): (
        "5",
        *(f'"{text}"' for text in ("", UUID4[:-1], UUID4[:-1] + "g", "-" * 36, "{" + UUID4, UUID4.replace("-", "", 1))),
    ),
    ("timeuuid", None): (f'"{UUID4}"', '""', "1"),
    ("inet", None): ('"localhost"', '"127.1"', '"1.2.3.4/8"', '":::"', '"fe80::1%lo"', "1", '"a\\u0000"'),
    ("timestamp", None): (
        *('"x"', '"1970-13-01"', '"1970-01-01T24:01:00Z"', '"1970-01-01x00:00"', '"1.5"'),
        *("1.5", "true", str(2**63), '"0"', '"-1"', '"-1.0"', "-2208988800001", "7289654400000"),
    ),
    ("timestamp", "epoch_s"): ('"1970-01-01"', "true", "1e40", "1e-40", "[]"),
    ("timestamp", "%Y-%m-%d %Z"): ('"2021-05-15 CET"', '"2021-05-15"', '"2021-05-15 UTC "'),
    ("time", "epoch_ns"): ("-1", str(DAY * 10**6)),
    ("write timestamp", None): ('"1621036800000000"', "1621036800", "1621036800000", "20210515031117", "true", '"x"'),
    ("timestamp", "%d.%m.%Y"): ('"1970-01-01"', '"32.01.1970"', "1", '"01.01.1970 "'),
    ("date", None): (
        *('"1970-02-30"', '"1970-1-1"', '"0"', '"-5877641-06-22"', '"5881580-07-12"', '"1970-W01-1"'),
        *('"1970-01-01T00:00:00Z"', '"19700101"', "true", "0"),
    ),
    ("time", None): (
        *('"24:00:00"', '"1:02:03"', '"00:60"', '"00:00:00.1234567890"'),
        *("-1", str(DAY * 10**6), "true", '"3723000000000"', '"0"'),
    ),
    ("duration", None): (
        *('""', '"P"', '"PT"', '"1"', '"1d1y"', '"1h1h"', '"1x"', '"--1d"', '"P1D1Y"', '"1.5d"', '"PT1.5H"', "5"),
        *(f'"{2**31}d"', f'"{2**63}ns"', '"178956971y"'),
    ),
}

# Numbers of JSON fit, the same digits in a text do not.
NO_DIGITS = {("timestamp", None), ("time", None), ("write timestamp", None)}

FITTING_CASES = [(*about, *case) for about, cases in FITTING.items() for case in cases.items()]
NOT_FITTING_CASES = [(*about, text) for about, texts in NOT_FITTING.items() for text in texts]


def as_rows(type_text, kind, *texts):
    """The same JSON values as rows: from JSON, and as the texts that a CSV file would hold."""
    types = {"v": kind} if kind else {}
    mapping = mapper({"v": type_text}, types=types, true_words=("true", "7"), false_words=("f", "false"))
    yield mapping, jsonl(*(f'{{"v":{text}}}' for text in texts))
    spelled = [json.loads(text) if text[:1] == '"' and kind != "json" else text for text in texts]
    if (type_text, kind) not in NO_DIGITS:
        yield mapping, csv("v", *((text,) for text in spelled))


@pytest.mark.parametrize(("type_text", "kind", "text", "expected"), FITTING_CASES)
def test_values_become_the_bytes_of_their_type(type_text, kind, text, expected):
    for mapping, rows in as_rows(type_text, kind, text):
        assert values(mapping.map(rows)) == [[expected]]


@pytest.mark.parametrize(("type_text", "kind", "text"), NOT_FITTING_CASES)
def test_what_does_not_fit_is_refused_with_its_value_and_what_was_expected(type_text, kind, text):
    mapping, rows = next(as_rows(type_text, kind, text))
    mapped = mapping.map(rows)
    assert mapped.items == [b""]
    (error,) = mapped.unfit[0].columns
    shown = json.loads(text) if text[:1] == '"' else text
    assert (error.column, error.value) == ("v", shown[:200])
    assert error.expected.startswith(codec_of(type_of(type_text), kind, WORDS).expected)


@pytest.mark.parametrize(
    ("type_text", "kind", "text"), [case for case in NOT_FITTING_CASES if case[2][:1] == '"' and case[2] != '""']
)
def test_texts_of_csv_are_refused_like_those_of_json(type_text, kind, text):
    mapping = mapper({"v": type_text}, types={"v": kind} if kind else {}, true_words=("true", "7"))
    rows = csv("v", (json.loads(text),))
    assert list(mapping.map(rows).unfit) == [0]


@pytest.mark.parametrize(("type_text", "kind"), [about for about in FITTING if about[0] != "text"])
def test_a_value_that_does_not_fit_changes_nothing_for_its_neighbours(type_text, kind):
    """Columns are encoded at once where all fits, and one by one otherwise: both must come to the same."""
    fitting = FITTING[type_text, kind]
    for mapping, rows in as_rows(type_text, kind, *fitting, '"é"'):
        mapped = mapping.map(rows)
        assert list(mapped.unfit) == [len(fitting)]
        assert [item[4:] for item in mapped.items] == [*fitting.values(), b""]


# What digits are called instead, by JSON: the date that they would be, and the types that read them.
UNCLEAR = {
    ("timestamp", '"20210515"'): ("%Y%m%d makes it 2021-05-15",),
    ("timestamp", '"20210515031117"'): ("%Y%m%d%H%M%S makes it 2021-05-15T03:11:17Z",),
    ("timestamp", '"1620000000"'): ("digits in a text", "epoch_s makes it 2021-05-03T00:00:00Z"),
    ("timestamp", '"1620000000000"'): ("epoch_ms makes it 2021-05-03T00:00:00.000Z",),
    ("timestamp", '"17"'): ("by mapping.types alone: epoch_s, epoch_ms, epoch_us, epoch_ns, or a pattern",),
    ("timestamp", "20210515"): ("it would be 1970-01-01T05:36:50.515Z", "%Y%m%d makes it 2021-05-15"),
    ("timestamp", "20210515031117"): ("it would be 2610-06-12T23:57:11.117Z", "%Y%m%d%H%M%S makes it"),
    ("timestamp", "1620000000"): ("it would be 1970-01-19T18:00:00.000Z", "epoch_s makes it 2021-05-03T00:00:00Z"),
    ("timestamp", "1620000000000000"): (
        "it would be +53305-10-04",
        "epoch_us makes it 2021-05-03",
        "epoch_ms takes it",
    ),
    ("timestamp", "1620000000.25"): ("by mapping.types, epoch_s makes it 2021-05-03T00:00:00Z",),
    ("timestamp", '"1620000000.25"'): ("by mapping.types alone: epoch_s makes it 2021-05-03T00:00:00Z",),
    ("timestamp", "-9e18"): ("it would be -285", "by mapping.types, epoch_ms takes it as it is"),
    ("timestamp", "9e30"): ("it is too large",),
    ("date", '"20210515"'): ("digits in a text", "%Y%m%d makes it 2021-05-15"),
    ("date", "1620000000"): ("epoch_s makes it 2021-05-03T00:00:00Z",),
    ("time", '"123456"'): ("digits in a text", "%H%M%S makes it 12:34:56"),
    ("time", '"1620000000"'): ("by mapping.types alone: epoch_s, epoch_ms, epoch_us, epoch_ns, or a pattern",),
    ("write timestamp", "1620000000000"): ("it would be 1970-01-19T18:00:00.000000Z", "epoch_ms makes it 2021-05-03"),
    ("write timestamp", '"1620000000000000"'): ("epoch_us makes it 2021-05-03T00:00:00.000000Z",),
}


@pytest.mark.parametrize(("type_text", "text", "said"), [(*case, said) for case, said in UNCLEAR.items()])
def test_digits_that_say_no_unit_are_named_with_the_types_that_read_them(type_text, text, said):
    (cause,) = mapper({"v": type_text}).map(jsonl(f'{{"v":{text}}}')).unfit.values()
    assert all(each in cause.message for each in said), cause.message


def test_what_no_type_of_mapping_says_holds_within_collections_too():
    mapping = mapper({"v": "map<timestamp, frozen<list<timestamp>>>"}, types={})
    (cause,) = mapping.map(jsonl('{"v":{"1620000000":[]}}')).unfit.values()
    assert "epoch_s makes it 2021-05-03T00:00:00Z at [1620000000]" in cause.message
