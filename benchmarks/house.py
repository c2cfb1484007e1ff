"""The house in figures: lines, rooms, floors, circles, arguments, names, and reaches into other rooms' tables.

`make house` prints each figure beside its target and the bound that CI holds (`benchmarks/house.toml`).
`--detail NAME` lists what a figure counts; `--picture FILE` writes the rooms by floors as a page.
"""

import argparse
import ast
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
CORE = ROOT / "core" / "guibin"
BOUNDS = Path(__file__).with_suffix(".toml")
# Modules that know every room: they are above all floors.
COMPOSITION = frozenset(
    {"app", "cli", "operation", "demonstration", "conformance", "testing", "slices", "timetable", "worker", "catalog"}
)
# The home of text patterns.
PATTERNS = "guibin.policy.words"
_READ = re.compile(r"\b(?:from|join)\s+(?:only\s+)?([a-z_]+)", re.IGNORECASE)
_WRITE = re.compile(r"\b(?:insert\s+into|delete\s+from|update(?:\s+only)?)\s+([a-z_]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Module:
    """One source file of the core: its dotted name, the room it lies in, its lines and its syntax."""

    path: Path
    name: str
    room: str
    lines: int
    tree: ast.Module


@dataclass
class House:
    """Every figure as the list of what it counts; the length of the list is the figure."""

    found: dict[str, list[str]] = field(default_factory=dict)

    def figures(self) -> dict[str, int]:
        """Each figure's name and value."""
        return {
            name: int(items[0]) if name in ("lines", "lines of pages", "floors") else len(items)
            for name, items in self.found.items()
        }


def measured() -> House:
    """Read the core's sources and count."""
    modules = list(_modules())
    names = {module.name: module for module in modules}
    imports = {module.name: set(_imports(module, names)) for module in modules}
    house = House()
    rooms = sorted({module.room for module in modules if module.path.parent != CORE})
    between = _between_rooms(imports, names)
    house.found["lines"] = [str(sum(module.lines for module in modules if not _of_pages(module)))]
    house.found["lines of pages"] = [str(sum(module.lines for module in modules if _of_pages(module)))]
    house.found["rooms"] = rooms
    house.found["floors"] = [str(max(_floors(between).values(), default=0))]
    house.found["modules in circles"] = sorted(name for circle in _circles(imports) for name in circle)
    house.found["rooms in circles"] = sorted(name for circle in _circles(between) for name in circle)
    house.found["upward imports"] = sorted(_upward(imports, names))
    house.found["loose files"] = sorted(module.path.name for module in modules if module.path.parent == CORE)
    arguments = [(module, *each) for module in modules for each in _arguments(module)]
    house.found["functions over four arguments"] = [f"{m.name}.{name}: {n}" for m, name, n in arguments if n > 4]
    house.found["functions over six arguments"] = [f"{m.name}.{name}: {n}" for m, name, n in arguments if n > 6]
    house.found["file names used once"] = _used_once([each for each in modules if not _of_pages(each)])
    reads, writes = _reaches(modules, imports, names)
    house.found["reads of tables of a room not imported"] = reads
    house.found["writes to another room's tables"] = writes
    house.found["text patterns outside their home"] = sorted(_patterns(modules))
    return house


# What people see is counted beside the features it shows: the console's own room, each slice's files of its pages, and what
# it declares for the list of work that is owed.
_PAGES = frozenset(
    {
        "screens.py",
        "choices.py",
        "timeline.py",
        "ribbon.py",
        "marks.py",
        "cells.py",
        "panels.py",
        "stages.py",
        "typed.py",
        "owed.py",
    }
)


def _of_pages(module: Module) -> bool:
    in_app = module.room == "app" and (module.path.stem.endswith("pages") or module.path.name == "people.py")
    return module.room in ("console", "work", "overview") or module.path.name in _PAGES or in_app


def _modules() -> Iterator[Module]:
    for path in sorted(CORE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        inside = path.relative_to(CORE).with_suffix("").parts
        parts = inside[:-1] if inside[-1] == "__init__" else inside
        room = inside[0]
        yield Module(path, ".".join(("guibin", *parts)), room, text.count("\n"), ast.parse(text))


def _imports(module: Module, names: dict[str, Module]) -> Iterator[str]:
    package = module.name if module.path.name == "__init__.py" else module.name.rpartition(".")[0]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join((*up, *([base] if base else [])))
            for each in node.names:
                whole = f"{base}.{each.name}"
                if whole in names:
                    yield whole
                elif base in names:
                    yield base
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "import_module":
            yield from (each.value for each in node.args if isinstance(each, ast.Constant) and each.value in names)


def _between_rooms(imports: dict[str, set[str]], names: dict[str, Module]) -> dict[str, set[str]]:
    between: dict[str, set[str]] = defaultdict(set)
    for importer, imported in imports.items():
        here = names[importer].room
        between[here] |= {names[each].room for each in imported} - {here}
    between.pop("__init__", None)
    return {room: others - {"__init__"} for room, others in between.items()}


def _circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Strongly connected components of more than one node (Tarjan's, by repeated reachability)."""
    reach = {node: _reachable(node, graph) for node in graph}
    circles: list[set[str]] = []
    for node in graph:
        circle = {other for other in reach[node] if node in reach.get(other, ())}
        if len(circle) > 1 and circle not in circles:
            circles.append(circle)
    return circles


def _reachable(start: str, graph: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for following in graph.get(todo.pop(), ()):
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return seen


def _floors(between: dict[str, set[str]]) -> dict[str, int]:
    """Room → its floor, the lowest first: above every room it imports. A circle shares one floor."""
    member = {room: min(circle) for circle in _circles(between) for room in circle}
    folded: dict[str, set[str]] = defaultdict(set)
    for room, others in between.items():
        here = member.get(room, room)
        folded[here] |= {member.get(other, other) for other in others} - {here}
    height: dict[str, int] = {}
    for room in TopologicalSorter(folded).static_order():
        height[room] = 1 + max((height[below] for below in folded.get(room, ())), default=0)
    return {room: height[member.get(room, room)] for room in between.keys() | member.keys() | height.keys()}


def _upward(imports: dict[str, set[str]], names: dict[str, Module]) -> Iterator[str]:
    """Imports of a composition root by a room that is none."""
    for importer, imported in imports.items():
        if names[importer].room not in COMPOSITION:
            yield from (
                f"{importer} → {each}" for each in imported if names[each].room in COMPOSITION and each != importer
            )


def _arguments(module: Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield node.name, sum(each.arg not in ("self", "cls") for each in given)


def _used_once(modules: list[Module]) -> list[str]:
    """Of slices (rooms with an `api.py`) and loose files: a name that stands once says nothing to whoever knows another."""
    slices = {module.room for module in modules if module.path.name == "api.py"}
    counted = Counter(module.path.name for module in modules if module.room in slices or module.path.parent == CORE)
    return sorted(name for name, count in counted.items() if count == 1)


def _tables(modules: list[Module]) -> dict[str, str]:
    """Table name → the room whose `tables.py` (or `…_tables.py`) declares it."""
    homes: dict[str, str] = {}
    for module in modules:
        if not module.path.stem.endswith("tables"):
            continue
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                named = {each.arg: each.value for each in node.keywords}.get("tablename")
                name = named.value if isinstance(named, ast.Constant) else _snake(node.name)
                homes[str(name)] = module.room
    return homes


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _reaches(
    modules: list[Module], imports: dict[str, set[str]], names: dict[str, Module]
) -> tuple[list[str], list[str]]:
    """What SQL in strings reads and writes of other rooms' tables: reads without an import of the room, and any write.

    A table's name that is an argument, as in `walls.in_sight("customer", …)`, is not seen here and needs no import: rooms
    below those of cases ask so whether a row is behind a wall, and what the wall is `Keys` say, from which tenancy makes
    it. A value that a room above gives at import (`guibin_tenants.above`) is counted where it is written.
    """
    homes = _tables(modules)
    reads: list[str] = []
    writes: list[str] = []
    for module in modules:
        known = {names[each].room for each in imports[module.name]} | {module.room}
        for text, line in _texts(module.tree):
            written = {name for name in _WRITE.findall(text) if name in homes}
            where = f"{module.path.relative_to(ROOT)}:{line}"
            writes += [f"{where} {name} of {homes[name]}" for name in sorted(written) if homes[name] != module.room]
            read = {name for name in _READ.findall(text) if name in homes} - written
            reads += [f"{where} {name} of {homes[name]}" for name in sorted(read) if homes[name] not in known]
    return reads, writes


def _texts(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every string of the module that is not a docstring, an f-string's parts joined."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (str(part.value) if isinstance(part, ast.Constant) else " ? " for part in node.values)
            yield "".join(parts), node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings | inside:
            yield node.value, node.lineno


def _patterns(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        for node in ast.walk(module.tree) if module.name != PATTERNS else ():
            if isinstance(node, ast.keyword) and node.arg == "pattern":
                yield f"{module.path.relative_to(ROOT)}:{node.value.lineno} {ast.unparse(node.value)}"


def picture() -> str:
    """The page `docs/rooms.md`: every room on its floor, what it is for, and the floors' next ones it leans on."""
    modules = list(_modules())
    names = {module.name: module for module in modules}
    between = _between_rooms({module.name: set(_imports(module, names)) for module in modules}, names)
    floors = _floors(between)
    purposes = {module.room: _purpose(module) for module in modules if module.name.count(".") == 1}
    lines = ["# Rooms", "", "Made by `make docs` from the imports: do not edit.", ""]
    lines += [
        "A room imports only rooms on floors below its own.",
        "",
        "| floor | room | holds | imports |",
        "|---|---|---|---|",
    ]
    for room, floor in sorted(floors.items(), key=lambda each: (-each[1], each[0])):
        below = ", ".join(sorted(between.get(room, ()), key=lambda each: (-floors[each], each)))
        lines.append(f"| {floor} | `{room}` | {purposes.get(room, '')} | {below} |")
    return "\n".join(lines) + "\n"


def _purpose(module: Module) -> str:
    return (ast.get_docstring(module.tree) or "").partition("\n")[0]


def bounds() -> dict[str, dict[str, int]]:
    """Figure → `target`, and `bound`: what CI holds today."""
    return tomllib.loads(BOUNDS.read_text(encoding="utf-8"))


def worse(figures: dict[str, int], held: dict[str, dict[str, int]]) -> list[str]:
    """A sentence for every figure above its bound."""
    return [
        f"{name}: {figures[name]}, the bound is {each['bound']} (make house; `--detail '{name}'` lists them)"
        for name, each in held.items()
        if figures[name] > each["bound"]
    ]


def main() -> None:
    """Print the figures, or what one of them counts."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--detail", help="list what this figure counts")
    asked.add_argument("--picture", type=Path, help="write the page of the rooms here")
    given = asked.parse_args()
    detail = given.detail
    if given.picture:
        given.picture.write_text(picture(), encoding="utf-8")
        return
    house = measured()
    if detail:
        print("\n".join(house.found[detail]))
        return
    figures, held = house.figures(), bounds()
    table = Table("figure", "today", "bound", "target", box=None)
    for name, value in figures.items():
        each = held.get(name, {})
        table.add_row(name, str(value), str(each.get("bound", "")), str(each.get("target", "")))
    Console().print(table)
    for sentence in worse(figures, held):
        print(sentence)


if __name__ == "__main__":
    main()
