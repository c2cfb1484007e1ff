"""Every rule that a field may break is said in the reader's language: none reaches a page as the English it is written in."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from pack_values import all_packs

from guibin.app import pages
from guibin.console.reasons import worded

ROOT = Path(__file__).parents[2]
# Who is told, and the place of the rule among its arguments.
TOLD = {"FieldError": 1, "Invalid.at": 1, "PolicyProblem": 2}
# What only the command line says, in English as all it says.
COMMANDS = ("core/guibin/cli/", "tenants/guibin_tenants/settings.py")


def rules() -> Iterator[tuple[str, str]]:
    """Each as it is written, with a figure in place of what is filled in, and where."""
    for folder in ("core", "tenants", "plugins"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            place = str(file.relative_to(ROOT))
            if place.startswith(COMMANDS):
                continue
            for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and (at := TOLD.get(ast.unparse(call.func))) is not None:
                    said = call.args[at] if len(call.args) > at else None
                    said = said or next((each.value for each in call.keywords if each.arg == "rule"), None)
                    yield from ((rule, f"{place}:{call.lineno}") for rule in texts(said))


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


@pytest.fixture(scope="module")
def words():
    return pages.studio_of(all_packs()).words


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_rule_has_its_words(words, language):
    found = dict(rules())

    def says(key, **values):
        return words.of(key, language, **values)

    assert len(found) > 300
    assert {rule: at for rule, at in found.items() if not worded(rule, says, words.has)} == {}
    if language == "zh-CN":
        english = {rule for rule in found if worded(rule, says, words.has).isascii()}
        assert english == set()
