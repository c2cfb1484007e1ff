"""Where a rule is: the values that packs give it, and the code that names it."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from guibin.policy.packs import Pack

RULE = re.compile(r"S\d{2}-\d+")
# Above this many characters a value is told by its name alone: `guibin pack show` has it whole.
VALUE_CHARS_MAX = 300
# What finds and tells rules runs none: the rules named here are examples.
_EXAMPLES_ONLY = frozenset(f"core/guibin/regulations/{name}.py" for name in ("pages", "places", "rules"))


class Value(Struct, frozen=True):
    """What a pack says for a rule: `place` is the way to it, `text` the value as the pack's source would write it."""

    pack: str
    place: str
    text: str


class Place(Struct, frozen=True, order=True):
    """A file below the checkout, and the function, class or constant in it that names the rule."""

    file: str
    name: str


def values_by_rule(packs: Mapping[str, Pack]) -> dict[str, list[Value]]:
    """Rule → every value of these packs that names it as its clause, in the packs' own order."""
    found: dict[str, list[Value]] = {}
    for pack, value in packs.items():
        for place, struct in _structs(value, ""):
            for rule in dict.fromkeys(RULE.findall(getattr(struct, "clause", None) or "")):
                found.setdefault(rule, []).append(Value(pack, place or "the pack", _text(struct)))
    return found


def code_by_rule(root: Path) -> dict[str, list[Place]]:
    """Rule → the places in core, tenants and plugins below `root` whose comments, docstrings or values name it."""
    found: dict[str, set[Place]] = {}
    for file in sorted(file for folder in ("core", "tenants", "plugins") for file in (root / folder).rglob("*.py")):
        source = file.read_text(encoding="utf-8")
        if file.relative_to(root).as_posix() in _EXAMPLES_ONLY or not RULE.search(source):
            continue
        names = _names(ast.parse(source))
        for line, rule in _mentions(source):
            place = Place(file.relative_to(root).as_posix(), names.get(line, "the module"))
            found.setdefault(rule, set()).add(place)
    return {rule: sorted(places) for rule, places in found.items()}


def _structs(value: Any, place: str) -> Iterator[tuple[str, Struct]]:
    if isinstance(value, Struct):
        yield place, value
        for name in value.__struct_fields__:
            yield from _structs(getattr(value, name), f"{place}.{name}" if place else name)
    elif isinstance(value, tuple | list):
        for number, each in enumerate(value):
            yield from _structs(each, f"{place}[{getattr(each, 'name', number)}]")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _structs(each, f"{place}[{key}]")


def _text(struct: Struct) -> str:
    """The value without its clause and without what is as it is by default."""
    given = []
    for field in msgspec.structs.fields(struct):
        value = getattr(struct, field.name)
        default = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
        if field.name != "clause" and value != default:
            given.append(f"{field.name}={_text(value) if isinstance(value, Struct) else _plain(value)}")
    whole = f"{type(struct).__name__}({', '.join(given)})"
    name = getattr(struct, "name", None)
    return whole if len(whole) <= VALUE_CHARS_MAX else f"{type(struct).__name__}(name={name!r}, …)"


def _plain(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"({', '.join(_text(each) if isinstance(each, Struct) else repr(each) for each in value)})"
    return repr(value)


def _names(tree: ast.Module) -> dict[int, str]:
    """Line → the innermost function, class or module constant that it belongs to."""
    names: dict[int, str] = {}

    def walk(node: ast.AST, inside: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = _name_of(child, top=isinstance(node, ast.Module))
            here = f"{inside}.{name}" if inside and name else name or inside
            if name:
                first = min([child.lineno, *(each.lineno for each in getattr(child, "decorator_list", ()))])  # type: ignore[attr-defined]  # statements have lines
                names.update(dict.fromkeys(range(first, (child.end_lineno or first) + 1), here))  # type: ignore[attr-defined]  # as above
            walk(child, here)

    walk(tree, "")
    return names


def _name_of(node: ast.AST, *, top: bool) -> str:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    if top and isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if top and isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return ""


def _mentions(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            for number, line in enumerate(token.string.splitlines()):
                yield from ((token.start[0] + number, rule) for rule in RULE.findall(line))
