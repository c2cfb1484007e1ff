"""Which tests pass which statement of a decision: noted while they run, by a call that is put before each statement."""

import ast
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from .rewriting import Source, living, put

ROOT = Path(__file__).parents[3]
CORE = ROOT / "core" / "guibin"
# Rooms whose code is changed, all of it or a sample.
ROOMS = ("policy", "sla", "tiers", "entitlements", "approvals")
_NOTE = "__passed__"

# Function → a bit for each line that was passed, the first line's lowest.
Passed = Mapping[str, int]


def modules() -> dict[str, Path]:
    """Every module of these rooms: `policy.terms` and its file."""
    files = [file for room in ROOMS for file in sorted((CORE / room).glob("*.py"))]
    return {f"{file.parent.name}.{file.stem}": file for file in files if file.stem != "__init__"}


class Passing:
    """What is passed now: `take` says it and begins anew."""

    def __init__(self) -> None:
        self.places: list[tuple[str, int]] = []
        self.now: set[int] = set()

    def watch(self) -> None:
        """Put the notes into the functions of this process; once."""
        for name in modules():
            import_module(f"guibin.{name}")
        functions = living({str(file) for file in modules().values()})
        for name, file in modules().items():
            noting = Source(file)
            for function, node in noting.functions.items():
                _Noting(self.places, f"{name} {function}", node.lineno).visit(node)
            for each in functions[str(file)]:
                each.__globals__[_NOTE] = self.now.add
            put(noting.compiled(), functions[str(file)])

    def take(self) -> dict[str, int]:
        """What was passed since the last time."""
        found: dict[str, int] = {}
        for place in self.now:
            function, line = self.places[place]
            found[function] = found.get(function, 0) | 1 << line
        self.now.clear()
        return found


class _Noting(ast.NodeTransformer):
    def __init__(self, places: list[tuple[str, int]], function: str, first: int) -> None:
        self.places = places
        self.function = function
        self.first = first

    def visit(self, node: ast.AST) -> ast.AST:
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            if isinstance(statements, list) and not isinstance(node, ast.ClassDef):
                setattr(node, field, [each for one in statements for each in (self._note(one), one)])
        return self.generic_visit(node)

    def _note(self, statement: ast.stmt) -> ast.stmt:
        self.places.append((self.function, statement.lineno - self.first))
        called = ast.Call(ast.Name(_NOTE, ast.Load()), [ast.Constant(len(self.places) - 1)], [])
        note = ast.Expr(called)
        return ast.fix_missing_locations(ast.copy_location(note, statement))


def read(path: Path) -> dict[str, dict[str, int]]:
    """What each test passes, by its id."""
    with suppress(FileNotFoundError):
        said = json.loads(path.read_text())
        names = said["functions"]
        return {
            test: {names[int(place)]: int(lines, 16) for place, lines in passed.items()}
            for test, passed in said["tests"].items()
        }
    return {}


def write(path: Path, tests: Mapping[str, Passed]) -> None:
    """Add these, instead of whatever was known of their files."""
    seen = {test.partition("::")[0] for test in tests}
    kept = {test: passed for test, passed in read(path).items() if test.partition("::")[0] not in seen}
    every: dict[str, Passed] = {**kept, **tests}
    names = sorted({name for passed in every.values() for name in passed})
    places = {name: str(place) for place, name in enumerate(names)}
    said: dict[str, Any] = {
        "functions": names,
        "tests": {t: {places[name]: f"{lines:x}" for name, lines in passed.items()} for t, passed in every.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said, ensure_ascii=False, separators=(",", ":")))


def who_passes(tests: Mapping[str, Passed], function: str, lines: range) -> Iterator[str]:
    """Tests that pass one of these lines of the function."""
    bits = sum(1 << line for line in lines if line >= 0)
    for test, passed in tests.items():
        if passed.get(function, 0) & bits:
            yield test


def line_count(passed: Passed) -> int:
    """So many lines a test passes in all: the fewer, the nearer it is to each."""
    return sum(lines.bit_count() for lines in passed.values())


@cache
def all_sources() -> dict[str, Source]:
    """Every module of these rooms by its name, read."""
    return {name: Source(file) for name, file in modules().items()}
