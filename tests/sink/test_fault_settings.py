from __future__ import annotations

from math import inf

import pytest

from loader.sink import FaultSettings, Outage, RetryAfter, Rule, Slow, StatusShare, parse_share


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_share, "0.25", 0.25),
        (StatusShare.parse, "429:0.1", StatusShare(429, 0.1)),
        (Slow.parse, "0.1:250ms", Slow(0.1, 0.25)),
        (Slow.parse, "1:2", Slow(1.0, 2.0)),
        (RetryAfter.parse, "2", RetryAfter(2)),
        (RetryAfter.parse, "date:2", RetryAfter(2, as_date=True)),
        (Rule.parse, "status=bad", Rule("status", "bad")),
        (Rule.parse, "note~a=b", Rule("note", "a=b", contains=True)),
        (Outage.parse, "after=200,for=5s", Outage(200, 5.0)),
        (Outage.parse, "requests=20,answer=close", Outage(0, inf, 20, "close")),
        (Outage.parse, "after=1,for=3s,answer=refuse", Outage(1, 3.0, inf, "refuse")),
        (Outage.parse, "answer=502", Outage(0, inf, inf, 502)),
    ],
)
def test_texts_are_read(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "texts"),
    [
        (parse_share, ["", "x", "-0.1", "1.1", "nan", "inf"]),
        (StatusShare.parse, ["", "429", "200:0.1", "abc:0.1", "503:2"]),
        (Slow.parse, ["", "0.1", "2:1s", "0.1:-1s", "0.1:soon"]),
        (RetryAfter.parse, ["", "1.5", "-1", "date:", "tomorrow"]),
        (Rule.parse, ["", "status", "=bad"]),
        (
            Outage.parse,
            ["", "after=x", "until=5", "for=ever", "answer=200", "answer=refuse", "requests=1,for=1s,answer=refuse"],
        ),
    ],
)
def test_other_texts_are_refused_in_words(parse, texts):
    for text in texts:
        with pytest.raises(ValueError, match=r"expected|takes"):
            parse(text)


@pytest.mark.parametrize(
    "settings",
    [
        {"reset_before": 0.6, "statuses": (StatusShare(503, 0.5),)},
        {"items": "multi-status", "item_statuses": (StatusShare(429, 0.6), StatusShare(503, 0.6))},
        {"item_statuses": (StatusShare(429, 0.1),)},
        {"items": "some"},
    ],
)
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ValueError, match=r"add up|items mode"):
        FaultSettings(**settings)


@pytest.mark.parametrize(
    ("rule", "row", "matches"),
    [
        ("status=bad", {"status": "bad"}, True),
        ("status=bad", {"status": "badly"}, False),
        ("status~bad", {"status": "so badly"}, True),
        ("n=7", {"n": 7}, True),
        ("ok=true", {"ok": True}, True),
        ("gone=null", {"gone": None}, True),
        ("gone=null", {}, False),
        ("gone~", {}, False),
        ('tags~"x"', {"tags": ["x", "y"]}, True),
    ],
)
def test_rules_match_texts_and_the_json_of_other_values(rule, row, matches):
    assert Rule.parse(rule).matches(row) is matches


def test_rules_are_shown_as_they_are_typed():
    assert [str(Rule.parse(text)) for text in ("a=b", "a~b")] == ["a=b", "a~b"]
