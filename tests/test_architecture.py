"""Imports go one way: each part knows only those above it in the map of `loader/__init__.py`. Parts stay small."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "loader"
ORDER = [
    (
        "errors",
        "exit_codes",
        "error_types",
        "registry",
        "exact_json",
        "contents",
        "rows",
        "formats",
        "outcomes",
        "history",
        "texts",
        "clock",
        "garbage_collection",
        "keys",
        "shortage",
        "signals",
        "events",
    ),
    ("durable",),
    ("config",),
    ("resilience",),
    ("sources",),
    ("choosing",),
    ("dlq",),
    ("checkpoint",),
    ("targets.base",),
    ("mapping",),
    ("targets",),
    ("preparation",),
    ("workers",),
    ("report",),
    ("ledger",),
    ("engine",),
    ("run",),
    ("inference",),
    ("local",),
    ("rehearsal",),
    ("sink",),
    ("demo",),
    ("api",),
    ("cli",),
]


def rank(module: str) -> int:
    """The place of a module in the order; the longest matching name counts."""
    name = module.removeprefix("loader.")
    fits = [(len(part), i) for i, parts in enumerate(ORDER) for part in parts if f"{name}.".startswith(f"{part}.")]
    return max(fits)[1]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "loader":
            yield from (f"loader.{alias.name}" for alias in node.names if alias.name != "__version__")
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("loader."):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("loader."))


MODULES = [p for p in sorted(PACKAGE.rglob("*.py")) if p.parent != PACKAGE or p.stem not in ("__init__", "__main__")]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_up_the_map(path):
    own = ".".join(("loader", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    wrong = [name for name in imports(path) if rank(name) > rank(own)]
    assert not wrong, f"{own} may not know {wrong}"


FOLDERS = sorted(path for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)


@pytest.mark.parametrize("path", FOLDERS, ids=lambda p: str(p.parent.relative_to(PACKAGE)))
def test_the_map_of_a_folder_names_all_that_is_in_it(path):
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    inside = {p.stem for p in path.parent.glob("*.py")} | {p.parent.name for p in path.parent.glob("*/__init__.py")}
    missing = inside - {"__init__", path.parent.name} - set(re.findall(r"\w+", text))
    assert not missing, f"the docstring of {path.parent.name} says nothing of {sorted(missing)}"


LONGEST_CLASS = 200  # lines
LARGEST_FOLDER = 2_000  # lines of its own modules, its sub-folders apart
LARGER_FOLDERS = {"targets/http", "mapping/cql"}  # each is one subject


def lines_of(folder: Path) -> int:
    return sum(len(path.read_text().splitlines()) for path in folder.glob("*.py"))


def test_no_class_is_long():
    found = [
        (str(path.relative_to(PACKAGE)), node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    assert [each for each in found if each[2] > LONGEST_CLASS] == []


def test_no_folder_is_large_but_those_that_are_one_subject():
    folders = [PACKAGE, *(path.parent for path in FOLDERS)]
    sizes = {folder.relative_to(PACKAGE).as_posix(): lines_of(folder) for folder in folders}
    assert {name for name, lines in sizes.items() if lines > LARGEST_FOLDER} == LARGER_FOLDERS, sizes


def test_the_map_of_the_package_is_the_order_of_imports():
    """One text: the lines of the map name the parts in the very order that is tested above."""
    text = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text())) or ""
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    named = [name for line in lines for name in re.split(r"  +", line)[0].split(", ") if " " not in name]
    assert named == [part for parts in ORDER for part in parts if "." not in part]


# What is about a table of Cassandra by its purpose, and what serves a target over HTTP.
ABOUT_CASSANDRA = ("rehearsal", "local", "cli.rehearsing", "sink", "demo")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_part_knows_a_kind_of_target_but_its_own_folder(path):
    """Kinds are named in `targets.kinds` alone, as texts: they are imported when they are used."""
    own = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    for kind in ("targets.http", "targets.cassandra"):
        if f"{own}.".startswith((f"{kind}.", *(f"{part}." for part in ABOUT_CASSANDRA))):
            continue
        known = [name for name in imports(path) if f"{name}.".startswith(f"loader.{kind}.")]
        assert not known, f"{own} imports {known}"
        text = path.read_text()
        assert own == "targets.kinds" or f"loader.{kind}" not in text
        assert not re.search(r"isinstance\(\w+, (HttpTarget|CassandraTarget)\)", text)


# Commands that are about a table of Cassandra or an HTTP target, the list of the kinds, and files that are no rows.
NAMES_A_KIND = (*ABOUT_CASSANDRA, "targets.kinds", "cli.rehearse", "cli.local", "cli.sink", "cli.main", "cli.demo")
MEANS_THE_FILE = ("sources.recognition.foreign_texts",)
READS_FROM_WEB_SERVERS = ("sources.locations.remote", "sources.locations.kinds")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_text_of_the_program_names_a_kind_of_target_but_its_own_folder(path):
    own = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    exempt = ("targets.http", "targets.cassandra", *NAMES_A_KIND, *MEANS_THE_FILE, *READS_FROM_WEB_SERVERS)
    if f"{own}.".startswith(tuple(f"{part}." for part in exempt)):
        return
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    texts = (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in docstrings)
    named = [text for text in texts if isinstance(text, str) and re.search(r"(?i)\b(cassandra|http)\b(?!s?://)", text)]
    assert not named, f"{own} says {named}"


def test_no_public_class_has_the_name_of_another():
    named: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named.setdefault(node.name, []).append(str(path.relative_to(PACKAGE)))
    assert {name: paths for name, paths in named.items() if len(paths) > 1} == {}


def test_nobody_outside_of_the_formats_asks_which_one_a_row_has():
    paths = [path for path in PACKAGE.rglob("*.py") if PACKAGE / "sources/formats" not in path.parents]
    found = [
        f"{path.relative_to(PACKAGE)}: {ast.unparse(node)}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare | ast.match_case)
        for part in ast.walk(node if isinstance(node, ast.Compare) else node.pattern)
        if (isinstance(part, ast.Constant) and part.value in ("csv", "tsv", "jsonl"))
        or ast.unparse(part).endswith("layout.format")
    ]
    assert not found


# Calls that look at files or open them.
OPENS_FILES = re.compile(
    r"open|Path|os\.(open|stat|lstat|fstat|access|scandir|listdir)|os\.path\.(?!splitext).*|glob\..*"
)
READS_INPUTS = [
    path
    for path in MODULES
    if path.is_relative_to(PACKAGE / "sources") and not path.is_relative_to(PACKAGE / "sources/locations")
]


@pytest.mark.parametrize("path", READS_INPUTS, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_what_reads_inputs_knows_not_where_they_lie(path):
    """Locations alone look at files: all others are given what is open already."""
    calls = [ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not [call for call in calls if OPENS_FILES.fullmatch(call)]


# File names that stand in several folders, each with the reason why one word is the right one there.
SHARED_FILE_NAMES = {
    "base": "the protocol that all of a folder is written to",
    "error_types": "error types are declared by the part that raises them",
    "errors": "the exceptions of a part",
    "kind": "what the program asks of a kind of target, and the answer in the folder of each",
    "kinds": "the list of kinds, of targets and of locations",
    "target": "the target itself, in the folder of each kind",
    "preview": "what people are told of a target, in the folder of each kind",
    "classify": "what an answer means, in the folder of each kind of target",
    "parser": "chunks to rows, in the folder of each format",
    "resume": "a command is named as it is typed, what it does as well",
    "rehearse": "a command is named as it is typed, what it does as well",
}


def test_no_file_has_the_name_of_another_without_a_reason():
    paths: dict[str, list[str]] = {}
    for path in MODULES:
        paths.setdefault(path.stem, []).append(str(path.relative_to(PACKAGE)))
    shared = {name: found for name, found in paths.items() if len(found) > 1 and name != "__init__"}
    assert {name: found for name, found in shared.items() if name not in SHARED_FILE_NAMES} == {}
    assert set(SHARED_FILE_NAMES) == set(shared), "a name without a second file needs no reason"
