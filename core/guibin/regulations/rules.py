"""The rules Guibin executes, and which of them a test proves."""

import ast
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from msgspec import Struct


class Rule(Struct, frozen=True):
    """One rule: `id` such as S07-23, the pack that supplies its policy, and the tests that prove it.

    `regulation` is the title of the text it comes from, `rule` our paraphrase.
    """

    id: str
    regulation: str
    pack: str
    rule: str
    proved_by: tuple[str, ...] = ()


def all_rules(tests: Path | None) -> list[Rule]:
    """Every rule in order, with the tests below `tests` that carry its marker."""
    text = files("guibin.regulations").joinpath("rules.toml").read_text(encoding="utf-8")
    proofs = proofs_in(tests) if tests is not None else {}
    return [
        Rule(
            id=name,
            regulation=regulation["title"],
            pack=entry["pack"],
            rule=entry["rule"],
            proved_by=tuple(sorted(proofs.get(name, ()))),
        )
        for regulation in tomllib.loads(text).values()
        for name, entry in regulation.items()
        if isinstance(entry, dict)
    ]


def proofs_in(tests: Path) -> dict[str, set[str]]:
    """Rule → tests marked with it, read from the sources."""
    found: dict[str, set[str]] = {}
    for file in sorted(tests.rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        everywhere = set(_marked(getattr(_module_mark(tree), "value", None)))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not function.name.startswith(
                "test_"
            ):
                continue
            rules = {rule for decorator in function.decorator_list for rule in _marked(decorator)} | everywhere
            for rule in rules:
                found.setdefault(rule, set()).add(f"{file.relative_to(tests)}::{function.name}")
    return found


def _module_mark(tree: ast.Module) -> ast.Assign | None:
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in statement.targets
        ):
            return statement
    return None


def _marked(node: ast.AST | None) -> Iterator[str]:
    if node is None:
        return
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "rule":
            yield from (a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str))
