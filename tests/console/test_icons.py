"""Every icon that pages ask for is among those that are built: a missing one is found here, not by whoever opens the page."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = (ROOT / "core", ROOT / "plugins")
# From `icon(` up to the bracket that closes it, as templates write it; brackets stand at most one deep inside.
CALL = re.compile(r"\bicon\(((?:[^()]|\([^()]*\))*)\)")
# Neither what is compared with nor the key of a table is an icon.
QUOTED = re.compile(r"(?<!== )'([a-z0-9-]+)'(?!:)")
# Other words inside of the calls that choose an icon and are none.
CHOOSING = {"dark"}


def of_templates() -> Iterator[tuple[str, str]]:
    for folder in CODE:
        for file in folder.rglob("*.html"):
            for call in CALL.findall(file.read_text(encoding="utf-8")):
                yield from ((file.name, name) for name in QUOTED.findall(call) if name not in CHOOSING)


def of_code() -> Iterator[tuple[str, str]]:
    for folder in CODE:
        for file in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword) and node.arg == "icon":
                    yield from ((file.name, name) for name in _icons(node.value))
                elif isinstance(node, ast.Assign) and "_ICONS" in {getattr(name, "id", "") for name in node.targets}:
                    yield from ((file.name, name) for name in _values(node.value))


def _icons(value: ast.expr) -> Iterator[str]:
    """The words that the expression can be; what it compares with is none of them."""
    match value:
        case ast.Constant(value=str(name)):
            yield name
        case ast.IfExp(body=body, orelse=orelse):
            yield from _icons(body)
            yield from _icons(orelse)
        case ast.Subscript(value=ast.Dict(values=values)):
            for one in values:
                yield from _icons(one)


def _values(table: ast.expr) -> Iterator[str]:
    assert isinstance(table, ast.Dict)
    for one in table.values:
        yield from _icons(one)


def test_every_icon_that_is_asked_for_is_built():
    built = set((ROOT / "assets/icons.txt").read_text(encoding="utf-8").split())
    asked = [*of_templates(), *of_code()]
    assert len(asked) > 150
    missing = sorted({f"{where} asks for {name}" for where, name in asked if name not in built})
    assert not missing, f"add to assets/icons.txt, then run `make assets`: {missing}"
