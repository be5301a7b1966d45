"""Configs that a program gives."""

from __future__ import annotations

from collections import ChainMap
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from loader.config.loading.load_config import load_document
from loader.config.problems import ConfigError
from loader.config.toml.document import document_of
from loader.targets.kinds import KINDS


def test_tables_of_any_kind_are_read_as_those_of_a_file_are():
    tables = MappingProxyType(
        {"dlq": ChainMap({"path": Path("dead.jsonl")}), "input": {"columns": ("id", "${NAME}")}, "batch": {}}
    )
    config = load_document(document_of(tables), {}, KINDS, {"NAME": "name"})
    assert (config.dlq.path, config.input.columns) == ("dead.jsonl", ("id", "name"))


def test_all_keys_that_are_no_texts_are_refused():
    with pytest.raises(ConfigError) as refused:
        document_of({1: {}, "target": {"a": {"headers": {None: "x"}}}, "batch": {2: 3}})  # type: ignore[dict-item]
    assert str(refused.value).splitlines() == [
        "config: 1: expected a key that is a text",
        "config: target.a.headers.None: expected a key that is a text",
        "config: batch.2: expected a key that is a text",
    ]


def test_a_table_that_holds_itself_and_text_without_end_are_refused():
    table: dict[str, Any] = {}
    table["batch"] = table
    for config in (table, f"a = {'[' * 100_000}"):
        with pytest.raises(ConfigError, match="nested too deeply"):
            document_of(config)


@pytest.mark.parametrize("key", ["dlq.path", "checkpoint.dir", "target.a.ca", "target.a.cert", "target.a.key"])
def test_no_file_has_nul_in_its_name(key):
    section, _, name = key.rpartition(".")
    tables: dict[str, Any] = {"target": {"a": {"url": "https://host/"}}}
    within: Any = tables
    for part in section.split("."):
        within = within.setdefault(part, {})
    within[name] = "a\0b"
    with pytest.raises(ConfigError, match=rf"{key}: expected the name of a f"):
        load_document(document_of(tables), {}, KINDS, {})
