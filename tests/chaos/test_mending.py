"""Letters mended a few at a time, by tools that write the whole queue anew: each row is delivered, and once."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

from tests.command import law

_ROWS = 60
_SPELLINGS: tuple[dict[str, Any], ...] = ({}, {"sort_keys": True}, {"separators": (",", ":")}, {"ensure_ascii": False})


def test_rows_that_are_mended_a_few_at_a_time_are_delivered_once_each(loader, sink, chance):
    target = sink()
    loader.write("loader.toml", target.config + "[errors]\nmax_error_ratio = 1.0\n")
    broken = chance.sample(range(_ROWS), 30)
    rows = (_broken(chance, i) if i in broken else f"{i},née {i}" for i in range(_ROWS))
    loader.write("a.csv", "id,name\n" + "\n".join(rows))
    assert loader("push", "a.csv", "--to", target.to, "--dlq", "dead.jsonl").report["unreadable"] == len(broken)
    settled = 0
    while broken:
        mended = {broken.pop() for _ in range(min(len(broken), chance.randrange(5, 20)))}
        loader.write("dead.jsonl", _edited(chance, loader.letters(), mended))
        done = loader("replay", "dead.jsonl", "--to", target.to, "--dlq", "again.jsonl")
        law(done.report)
        assert (done.report["delivered"], done.report["rejected"]) == (len(mended), len(broken))
        assert done.report["skipped"] == settled
        settled += len(mended)
    assert Counter(row["id"] for row in target.rows()) == Counter(map(str, range(_ROWS)))


def _broken(chance: Random, number: int) -> str:
    return chance.choice([f"{number}", f"{number},née,née", f'{number},"née" née'])


def _edited(chance: Random, letters: list[dict], mended: set[int]) -> str:
    """The queue with the letters of some rows mended, its lines in another order and spelling."""
    for letter in letters:
        number = letter["line"] - 2
        if number in mended and chance.random() < 0.5:
            letter["raw"] = f'{number},"née, ""née"""'
        elif number in mended:
            letter["row"] = {"name": "née", "id": f"{number}"}
    chance.shuffle(letters)
    spelling = chance.choice(_SPELLINGS)
    return "".join(json.dumps(letter, **spelling) + "\n" for letter in letters)
