"""Every rule that a field may break, and how it is put right, is said in the reader's language: neither is read as the English it is
written in."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest
from pack_values import all_packs
from sources import calls, trees

from guibin.app import pages
from guibin.console.reasons import worded
from guibin.profiles.closing import OPEN_CASES

# Who is told, and the place of the rule among its arguments; how to put it right follows it.
TOLD = {"FieldError": 1, "Invalid.at": 1, "PolicyProblem": 2}
TOLD_LATER = {"FieldProblem": 2}
# Those that pass on a rule given to them, and those that say what is wrong with a row of a file.
PASSED_ON = {"_unreadable": 1, "_wrong": 0, "there_is": 3, "each_once": 2, "a_tier": 3}
OF_ROWS = {"problem": 3, "RowProblem": 4}
# What only the command line says, in English as all it says.
COMMANDS = (
    "core/guibin/cli/",
    "core/guibin/operation/",
    "core/guibin/testing/",
    "tenants/guibin_tenants/directory.py",
    "tenants/guibin_tenants/settings.py",
)
# Said of the very case: `test_what_an_archive_waits_for_is_said_in_words`.
OF_THE_CASE = {"7: see to them or end them first"}
# What is to be typed, and no sentence.
TYPED = {"10:30 …", "CNY", "09:00-12:00 13:30-18:00"}


@cache
def named_calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Every call, with what is called."""
    return [(ast.unparse(call.func), call) for call in calls(tree)]


def rules(told: dict[str, int] = TOLD, name: str = "rule") -> Iterator[tuple[str, str]]:
    """Each as it is written, with a figure in place of what is filled in, in quotes where it is quoted, and where."""
    for place, tree in trees().items():
        if place.startswith(COMMANDS):
            continue
        named = names_in(tree)
        for called, call in named_calls(tree):
            if (at := told.get(called)) is not None:
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


def passing_on(tree: ast.AST) -> Iterator[str]:
    """The functions that tell a rule which was given to them."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            given = {each.arg for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)}
            for called, call in named_calls(function):
                if (at := TOLD.get(called)) is not None:
                    said = call.args[at] if len(call.args) > at else None
                    if isinstance(said, ast.Name) and said.id in given:
                        yield function.name


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
        for called, call in named_calls(node) if names else ():
            if (at := TOLD.get(called)) is not None:
                said = call.args[at] if len(call.args) > at else None
                if isinstance(said, ast.Name) and said.id in names:
                    yield call


def filled(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return repr("7") if getattr(part, "conversion", -1) == ord("r") else "7"


def texts(said: ast.expr | None) -> Iterator[str]:
    """What stands there; nothing of what is only known when it runs."""
    match said:
        case ast.Constant(value=str(rule)):
            yield rule
        case ast.JoinedStr(values):
            yield "".join(filled(part) for part in values)
        case ast.IfExp():
            yield from texts(said.body)
            yield from texts(said.orelse)


def test_no_rule_is_told_out_of_a_tuple():
    hidden = "for rule, fix in ((GIVEN, 'a'),):\n    FieldError('x', rule, fix)\n[FieldError(a, b) for a, b in found]"
    assert [call.lineno for call in passed_along(ast.parse(hidden))] == [2, 3]
    found = {f"{place}:{call.lineno}" for place, tree in trees().items() for call in passed_along(tree)}
    assert found == set()


def test_whoever_passes_on_a_rule_is_known():
    found = {name for place, tree in trees().items() if not place.startswith(COMMANDS) for name in passing_on(tree)}
    # `Invalid.at` is called by its class's name.
    assert found == PASSED_ON.keys() | {"at"}


@pytest.fixture(scope="module")
def words():
    return pages.studio_of(all_packs()).words


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_rule_has_its_words(words, language):
    found = {rule: at for rule, at in rules(TOLD | PASSED_ON | OF_ROWS) if rule and rule not in OF_THE_CASE}

    def says(key, **values):
        return words.of(key, language, **values)

    assert len(found) > 300
    assert {rule: at for rule, at in found.items() if not worded(rule, says, words.has)} == {}
    if language == "zh-CN":
        english = {rule for rule in found if worded(rule, says, words.has).isascii()}
        assert english == set()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_what_an_archive_waits_for_is_said_in_words(words, language):
    counts = ", ".join(f"{place} {kind}" for place, kind in enumerate(OPEN_CASES, 1))

    def says(key, **values):
        return words.of(key, language, **values)

    said = worded(f"{counts}: see to them or end them first", says, words.has)

    assert len(OPEN_CASES) > 5
    assert all(
        words.has(f"waits.{kind}") and says(f"waits.{kind}", count=str(place)) in said
        for place, kind in enumerate(OPEN_CASES, 1)
    )


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
