"""What is decided, without a server; time is an argument."""

from __future__ import annotations

from collections import Counter

import pytest

from loader.sink.fault_settings import FaultSettings, Outage, Rule, Slow, StatusShare
from loader.sink.faults import Faults, Manner


def verdicts(settings: FaultSettings, requests: int, rows: int = 1):
    faults = Faults(settings)
    return [faults.judge(rows, 0.0) for _ in range(requests)]


def test_nothing_happens_unless_it_is_asked_for():
    assert {verdict.manner for verdict in verdicts(FaultSettings(), 100)} == {Manner.SERVE}


def test_the_same_seed_decides_alike_and_another_one_does_not():
    def settings(seed):
        return FaultSettings(seed=seed, statuses=(StatusShare(503, 0.5),))

    assert verdicts(settings(1), 100) == verdicts(settings(1), 100) != verdicts(settings(2), 100)


def test_shares_come_out_as_shares():
    settings = FaultSettings(
        reset_before=0.1, reset_after=0.1, reject_batches=0.1, statuses=(StatusShare(429, 0.2), StatusShare(500, 0.3))
    )
    seen = Counter(verdict.fault for verdict in verdicts(settings, 10_000, rows=2))
    expected = {
        "reset_before": 0.1,
        "reset_after": 0.1,
        "reject_batch": 0.1,
        "status_429": 0.2,
        "status_500": 0.3,
        "": 0.2,
    }
    assert {name: round(count / 10_000, 1) for name, count in seen.items()} == expected


def test_only_requests_of_several_rows_are_rejected_as_a_batch():
    settings = FaultSettings(reject_batches=1.0)
    assert {(v.manner, v.status) for v in verdicts(settings, 10, rows=2)} == {(Manner.ANSWER, 400)}
    assert {v.manner for v in verdicts(settings, 10, rows=1)} == {Manner.SERVE}


def test_slowness_comes_on_top():
    settings = FaultSettings(slow=Slow(1.0, 2.5), statuses=(StatusShare(503, 1.0),))
    [verdict] = verdicts(settings, 1)
    assert (verdict.manner, verdict.delay, verdict.fault) == (Manner.ANSWER, 2.5, "status_503+slow")


def test_outage_of_some_requests_hits_those_and_no_others():
    manners = [v.manner for v in verdicts(FaultSettings(outages=(Outage(after=2, requests=3, answer="close"),)), 8)]
    assert manners == [Manner.SERVE] * 2 + [Manner.CLOSE] * 3 + [Manner.SERVE] * 3


def test_outage_of_some_time_runs_from_the_first_request_it_hits():
    faults = Faults(FaultSettings(outages=(Outage(after=1, seconds=5.0),)))
    times = [0.0, 100.0, 104.9, 105.0]
    assert [faults.judge(1, now).fault for now in times] == ["", "outage", "outage", ""]


def test_refusing_outage_tells_how_long_it_lasts_yet():
    faults = Faults(FaultSettings(outages=(Outage(seconds=5.0, answer="refuse"),)))
    assert [faults.judge(1, now).refuse_for for now in (10.0, 12.0)] == [5.0, 3.0]


def test_outages_follow_each_other():
    settings = FaultSettings(outages=(Outage(1, requests=1), Outage(3, requests=1, answer=502)))
    assert [v.status for v in verdicts(settings, 5)] == [0, 503, 0, 502, 0]


def test_outage_does_not_shift_the_fates_of_later_requests():
    shares = (StatusShare(500, 0.5),)
    calm = verdicts(FaultSettings(statuses=shares), 50)
    stormy = verdicts(FaultSettings(statuses=shares, outages=(Outage(0, requests=10),)), 50)
    assert stormy[10:] == calm[10:]


def test_rules_name_the_rows_they_hold_back():
    settings = FaultSettings(refuse=(Rule("s", "bad"),), fail_forever=(Rule("s", "never"),))
    found = Faults(settings).judge_rows(['{"s":"good"}', '{"s":"bad"}', '{"s":"never"}'])
    assert {index: (fault.status, fault.fault) for index, fault in found.items()} == {
        1: (422, "refuse"),
        2: (503, "fail_forever"),
    }


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_items_fail_by_share_but_a_rule_comes_first(share):
    settings = FaultSettings(items="multi-status", item_statuses=(StatusShare(429, share),), refuse=(Rule("s", "bad"),))
    found = Faults(settings).judge_rows(['{"s":"bad"}', '{"s":"good"}'])
    assert {i: fault.status for i, fault in found.items()} == ({0: 422, 1: 429} if share else {0: 422})
