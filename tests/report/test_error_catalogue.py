"""The catalogue of error types is held to the code that raises them, and the page to the catalogue."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from loader import outcomes, shortage
from loader.config.target_kinds import TargetKinds
from loader.dlq import error_types as dlq
from loader.error_types import EXHAUSTED, ErrorType, LetterClass
from loader.mapping import error_types as mapping
from loader.report import error_catalogue
from loader.report.error_catalogue import error_type, page, shared, what_to_do
from loader.resilience import aggregation
from loader.sources import error_types as sources
from loader.targets import error_types as targets
from loader.targets.cassandra import error_types as cassandra
from loader.targets.http import error_types as http
from loader.targets.http.classify import Classifier
from loader.targets.http.request import Response
from loader.targets.kind import TargetKind
from loader.targets.kinds import ENTRY_POINTS, KINDS
from loader.workers import error_types as workers
from tests.packages import install as put

ROOT = Path(__file__).parents[2]
CATALOGUE = (*shared(), *chain.from_iterable(kind.error_types for kind in KINDS.own))
TREES = {path: ast.parse(path.read_text()) for path in sorted((ROOT / "loader").rglob("*.py"))}
MODULES = (sources, mapping, dlq, targets, http, cassandra, outcomes, workers, shortage, aggregation)
CONSTANTS = [
    pytest.param(module, name, id=value.name)
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, ErrorType) and value.names is None
]
FREE_TEXT = {"Cause": 0, "Unreadable": 4, "BadRow": 5, "_bad": 3}
"""What is built with an error type as text, and where it stands among the arguments; the others take an `ErrorType`."""


def called(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr, node


@cache
def loaded(node: ast.AST) -> set[str]:
    """The names that a part of the code reads, the last of dotted ones."""
    found = (n for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute) and isinstance(n.ctx, ast.Load))
    return {n.id if isinstance(n, ast.Name) else n.attr for n in found}


def imports(tree: ast.AST, module: str) -> bool:
    parent, _, last = module.rpartition(".")
    named = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return any(
        node.module == module or (node.module == parent and any(alias.name == last for alias in node.names))
        for node in named
    )


@cache
def users(module: ModuleType) -> list[ast.Module]:
    """What may raise the types of a module: itself, and what imports it, but for the catalogue."""
    own = Path(module.__file__ or "")
    return [
        tree
        for path, tree in TREES.items()
        if path.stem != "error_catalogue" and (path == own or imports(tree, module.__name__))
    ]


@pytest.mark.parametrize(("module", "name"), CONSTANTS)
def test_every_declared_type_is_raised_somewhere(module, name):
    assert any(name in loaded(tree) for tree in users(module)), f"nothing raises {name} of {module.__name__}"


def test_no_error_type_is_raised_as_free_text():
    """What raises one names the declared value: so all that is raised is in the catalogue."""
    free = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, tree in TREES.items()
        for name, call in called(tree)
        if name in FREE_TEXT and len(call.args) > FREE_TEXT[name]
        if isinstance(call.args[FREE_TEXT[name]], ast.Constant | ast.JoinedStr)
    ]
    assert free == []


def test_no_fault_of_a_row_is_free_text():
    """A `Fault` is a pair of an error type and a sentence."""
    pairs = [
        (path, node.lineno, node.elts[0].value)
        for path, tree in TREES.items()
        if {"sources", "dlq"} & set(path.parts)
        for node in ast.walk(tree)
        if isinstance(node, ast.Tuple) and len(node.elts) == 2
        if isinstance(node.elts[0], ast.Constant) and isinstance(node.elts[1], ast.JoinedStr | ast.Constant | ast.Call)
    ]
    assert [pair for pair in pairs if isinstance(pair[2], str) and re.fullmatch(r"[a-z]+(_[a-z]+)+", pair[2])] == []


def test_names_stand_in_the_code_where_they_are_declared_alone():
    names = {each.name for each in CATALOGUE if "_" in each.name}
    again = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path, tree in TREES.items()
        if path.stem not in ("error_types", "outcomes", "shortage")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in names
    ]
    assert again == []


@pytest.mark.parametrize("status", [*range(300, 600), -1, 0, 199, 999])
def test_every_status_is_declared(status):
    cause = Classifier(frozenset((503,)), repeatable=True).cause(Response(status, {}, b""), 0.0)
    assert cause is not None
    assert error_type(cause.error_type) is not None
    assert what_to_do(cause.error_type)


def test_a_status_is_of_its_own_line_before_it_is_of_a_family():
    assert error_type("http_422") is http.STATUSES[422]
    assert error_type("http_418") is http.CLIENT_ERROR
    assert error_type("http_504") is http.DOUBTFUL_ERROR
    assert error_type("http_503") is http.SERVER_ERROR


def test_types_that_the_tests_of_the_command_expect_are_declared():
    """Reports that tests of the real command compare with: what these name was really raised."""
    texts = "\n".join(
        path.read_text() for part in ("cli", "targets/cassandra") for path in (ROOT / "tests" / part).glob("*.py")
    )
    reports = re.findall(r'by_type"\]\)? == (?:\(\d, )?\{([^}]*)\}', texts)
    names = {*chain.from_iterable(re.findall(r'"(\w+)":', report) for report in reports)}
    names |= {*re.findall(r'"error_type"\] == "(\w+)"', texts)}
    assert len(names) > 10
    assert [name for name in sorted(names) if error_type(name) is None] == []


@pytest.mark.parametrize(
    ("part", "makers", "letter_class"),
    [
        (http, ("ambiguous", "misfit"), LetterClass.UNKNOWN),
        (cassandra, ("_doubt",), LetterClass.UNKNOWN),
        (http, ("not_sent", "UnsentRule"), LetterClass.EXHAUSTED),
        (cassandra, ("_later",), LetterClass.EXHAUSTED),
    ],
)
def test_classes_are_those_of_how_attempts_end(part, makers, letter_class):
    known = {**vars(targets), **vars(part)}
    folder = Path(part.__file__).parent
    raised = {
        name
        for path, tree in TREES.items()
        if path.parent == folder
        for maker, call in called(tree)
        if maker in makers and call.args
        for name in loaded(call.args[0])
        if isinstance(known.get(name), ErrorType)
    }
    assert raised
    assert [name for name in sorted(raised) if letter_class not in known[name].classes] == []


def test_names_are_unique():
    names = [each.name for each in CATALOGUE]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("each", CATALOGUE, ids=lambda each: each.name)
def test_every_type_says_what_happened_and_what_to_do_in_a_line(each):
    assert each.meaning
    assert each.what_to_do != what_to_do("never_heard_of")
    assert "\n" not in each.meaning + each.what_to_do
    assert not each.what_to_do.endswith(".")


@pytest.mark.parametrize("each", [e for e in CATALOGUE if e.may_have_arrived], ids=lambda each: each.name)
def test_what_may_have_arrived_says_so(each):
    assert "arrived" in each.meaning + each.what_to_do


def test_what_was_surely_not_sent_does_not_say_that_it_may_have_arrived():
    assert not any("arrived" in each.what_to_do for each in CATALOGUE if each.classes == EXHAUSTED)


def test_an_unknown_type_has_a_next_step_too():
    assert "loader dlq" in what_to_do("never_heard_of")


def test_a_status_is_matched_whole():
    assert error_type("http_4220") is http.OTHER_STATUS
    assert [error_type(name) for name in ("http_", "http_4xx", "xhttp_400", "http_400x")] == [None] * 4


def test_the_encoding_that_is_named_is_the_one_of_windows():
    """In latin1 the bytes of its dashes and of the euro sign are controls, and would arrive as such."""
    assert "--encoding cp1252" in what_to_do("bad_encoding")


def test_the_page_is_that_of_the_catalogue():
    assert (ROOT / "docs" / "errors.md").read_text() == page(), (
        "python -m loader.report.error_catalogue > docs/errors.md"
    )


def test_a_type_of_one_kind_of_target_is_found_without_a_look_at_the_others():
    """A load into one kind does not import another, even to say what to do."""
    code = (
        "import sys; from loader.report.error_catalogue import what_to_do; what_to_do('http_422');"
        "print(*(name for name in sys.modules if name.startswith('loader.targets.cassandra')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == ""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Installs a package that brings a kind of target, written as `module`; returns the kinds there are then."""

    def install(module: str) -> TargetKinds[TargetKind[Any]]:
        put(tmp_path, "catalogue_toy", ENTRY_POINTS, {"toy": "catalogue_toy:TOY"}, module)
        monkeypatch.syspath_prepend(str(tmp_path))
        own: dict[tuple[str, ...], str] = {("http", "https"): "loader.targets.http.kind:HTTP"}
        kinds = TargetKinds[TargetKind[Any]](own, TargetKind, ENTRY_POINTS)
        monkeypatch.setattr(error_catalogue, "KINDS", kinds)
        monkeypatch.delitem(sys.modules, "catalogue_toy", raising=False)
        return kinds

    return install


def test_a_kind_of_a_package_brings_error_types_of_its_own(package):
    package(
        "from loader.error_types import REFUSED, ErrorType\n"
        "from loader.targets.kind import TargetKind\n"
        "class Toy(TargetKind):\n"
        "    schemes = ('toy',)\n"
        "    error_types = (ErrorType('toy_broken', REFUSED, 'it broke', 'glue it'),)\n"
        "TOY = Toy()\n"
    )
    assert what_to_do("toy_broken") == "glue it"


def test_a_package_that_cannot_be_loaded_leaves_the_general_advice(package):
    package("raise RuntimeError('no')\n")
    assert what_to_do("toy_broken") == what_to_do("never_heard_of")
    assert what_to_do("http_422") == http.STATUSES[422].what_to_do
