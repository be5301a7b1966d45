"""The examples of docs/library.md, run; schedulers are stood in for by what these examples use of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.sinks import rows, sink

__all__ = ["sink"]

PAGE = Path(__file__).parents[1] / "docs" / "library.md"
_CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _examples() -> dict[str, str]:
    """The code of each section that has some, by its title."""
    sections = [text.partition("\n") for text in re.split(r"^##? (?=[A-Z])", PAGE.read_text(), flags=re.MULTILINE)]
    return {title: code[1] for title, _, text in sections if (code := _CODE.search(text)) is not None}


EXAMPLES = _examples()


@pytest.fixture
def run(tmp_path, monkeypatch, sink):
    """Runs an example in a folder that has its inputs; gives what it defined, and the server it sent rows to."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.jsonl").write_text(rows(20) + "no row\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.jsonl").write_text(rows(5, start=20))
    server = sink()

    def example(title: str, **modules: Any) -> tuple[dict[str, Any], Any]:
        for name, members in modules.items():
            module = ModuleType(name)
            vars(module).update(members)
            monkeypatch.setitem(sys.modules, name.replace("_", "."), module)
        defined: dict[str, Any] = {"__name__": "example"}
        code = EXAMPLES[title].replace("http://127.0.0.1:8080/rows", server.url)
        exec(compile(code, f"{PAGE.name}: {title}", "exec"), defined)
        return defined, server

    return example


def test_every_example_is_tried_here():
    assert set(EXAMPLES) == {
        "Rows of a program",
        "Tables of Arrow",
        "As a library",
        "A script",
        "A notebook",
        "An Airflow task",
        "A Dagster asset",
    }


def test_first_example(run, capsys):
    _, server = run("As a library")
    assert server.store.count() == 20
    assert capsys.readouterr().out.startswith("complete 20 1 ")


def test_tables_of_arrow(run, capsys):
    _, server = run("Tables of Arrow")
    assert next(iter(server.store.texts())) == '{"id":1,"amount":0.5}'
    assert capsys.readouterr().out == "3\n"


def test_rows_of_a_program(run, capsys):
    _, server = run("Rows of a program")
    assert server.store.count() == 1000
    assert capsys.readouterr().out == "1000\n"


def test_script(run, capsys):
    with pytest.raises(SystemExit) as ended:
        run("A script")
    assert ended.value.code == 1
    assert "1 rows were rejected: loader dlq show " in capsys.readouterr().out


def test_notebook(run, capsys):
    defined, server = run("A notebook")
    assert defined["reports"][0].delivered == server.store.count() == 20
    assert capsys.readouterr().out.startswith("ok {'orders.jsonl': 'jsonl, by its name'}")


def test_airflow_task(run):
    def task(retries: int) -> Callable[[Any], Any]:
        assert retries
        return lambda function: function

    defined, server = run("An Airflow task", airflow={}, airflow_sdk={"task": task})
    assert defined["load_orders"]("orders.jsonl") == 20
    assert defined["load_orders"]("orders.jsonl") == 20
    assert server.store.count() == 20


def test_dagster_asset(run):
    told: list[str] = []
    members = {
        "asset": lambda function: function,
        "AssetExecutionContext": object,
        "MaterializeResult": SimpleNamespace,
        "Failure": RuntimeError,
    }
    defined, server = run("A Dagster asset", dagster=members)
    result = defined["orders"](SimpleNamespace(log=SimpleNamespace(warning=told.append)))
    assert result.metadata == {"delivered": 20, "rejected": 1}
    assert server.store.count() == 20
    assert told[0].startswith("1 rows were rejected")
