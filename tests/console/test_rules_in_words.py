"""Every rule that a field may break, and how it is put right, is said in the reader's language: neither is read as the English it is
written in."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from pack_values import all_packs

from guibin.app import pages
from guibin.console.reasons import worded

ROOT = Path(__file__).parents[2]
# Who is told, and the place of the rule among its arguments; how to put it right follows it.
TOLD = {"FieldError": 1, "Invalid.at": 1, "PolicyProblem": 2}
TOLD_LATER = {"FieldProblem": 2}
# What only the command line says, in English as all it says.
COMMANDS = (
    "core/guibin/cli/",
    "core/guibin/operation/",
    "core/guibin/testing/",
    "tenants/guibin_tenants/directory.py",
    "tenants/guibin_tenants/settings.py",
)
# What is to be typed, and no sentence.
TYPED = {"10:30 …", "CNY", "09:00-12:00 13:30-18:00"}


def rules(told: dict[str, int] = TOLD, name: str = "rule") -> Iterator[tuple[str, str]]:
    """Each as it is written, with a figure in place of what is filled in, and where."""
    for folder in ("core", "tenants", "plugins"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            place = str(file.relative_to(ROOT))
            if place.startswith(COMMANDS):
                continue
            tree = ast.parse(file.read_text(encoding="utf-8"))
            named = names_in(tree)
            for call in ast.walk(tree):
                if isinstance(call, ast.Call) and (at := told.get(ast.unparse(call.func))) is not None:
                    said = call.args[at] if len(call.args) > at else None
                    said = said or next((each.value for each in call.keywords if each.arg == name), None)
                    meant = named.get(said.id, ()) if isinstance(said, ast.Name) else (said,)
                    yield from ((rule, f"{place}:{call.lineno}") for one in meant for rule in texts(one))


def names_in(tree: ast.AST) -> dict[str, list[ast.expr]]:
    """What the names of a module stand for, wherever they are given something, alone or several at once."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                several = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                pairs = zip(target.elts, node.value.elts, strict=True) if several else [(target, node.value)]
                for name, value in pairs:
                    if isinstance(name, ast.Name):
                        found.setdefault(name.id, []).append(value)
    return found


def passed_along(tree: ast.AST) -> Iterator[ast.Call]:
    """Where a rule is told that was one of several things in a tuple: what it says is seen by no test here."""
    for node in ast.walk(tree):
        loops = getattr(node, "generators", [node] if isinstance(node, ast.For) else [])
        names = {
            name.id
            for loop in loops
            if isinstance(loop.target, ast.Tuple)
            for name in ast.walk(loop.target)
            if isinstance(name, ast.Name)
        }
        for call in ast.walk(node) if names else ():
            if isinstance(call, ast.Call) and (at := TOLD.get(ast.unparse(call.func))) is not None:
                said = call.args[at] if len(call.args) > at else None
                if isinstance(said, ast.Name) and said.id in names:
                    yield call


def texts(said: ast.expr | None) -> Iterator[str]:
    """What stands there; nothing of what is only known when it runs."""
    match said:
        case ast.Constant(value=str(rule)):
            yield rule
        case ast.JoinedStr(values):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in values)
        case ast.IfExp():
            yield from texts(said.body)
            yield from texts(said.orelse)


def test_no_rule_is_told_out_of_a_tuple():
    hidden = "for rule, fix in ((GIVEN, 'a'),):\n    FieldError('x', rule, fix)\n[FieldError(a, b) for a, b in found]"
    assert [call.lineno for call in passed_along(ast.parse(hidden))] == [2, 3]
    found = {
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for folder in ("core", "tenants", "plugins")
        for file in sorted((ROOT / folder).rglob("*.py"))
        for call in passed_along(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert found == set()


@pytest.fixture(scope="module")
def words():
    return pages.studio_of(all_packs()).words


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_rule_has_its_words(words, language):
    found = {rule: at for rule, at in rules() if rule}

    def says(key, **values):
        return words.of(key, language, **values)

    assert len(found) > 300
    assert {rule: at for rule, at in found.items() if not worded(rule, says, words.has)} == {}
    if language == "zh-CN":
        english = {rule for rule in found if worded(rule, says, words.has).isascii()}
        assert english == set()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_how_to_put_it_right_has_its_words(words, language):
    """What is filled in is left out: it is mostly a list of what there is."""
    places = {name: at + 1 for name, at in (TOLD | TOLD_LATER).items() if name != "PolicyProblem"}
    found = {fix: at for fix, at in rules(places, "fix") if fix and "7" not in fix and fix not in TYPED}

    def says(key, **values):
        return words.of(key, language, **values)

    assert len(found) > 100
    assert {fix: at for fix, at in found.items() if not worded(fix, says, words.has)} == {}
    if language == "zh-CN":
        assert {fix for fix in found if worded(fix, says, words.has).isascii()} == set()
