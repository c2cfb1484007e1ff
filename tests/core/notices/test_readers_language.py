"""A notice holds names of the policy and never their words: whoever reads it reads their own language, whoever wrote it."""

import ast
from pathlib import Path

import pytest

import guibin

CORE = Path(guibin.__file__).parent
PLUGINS = CORE.parents[1] / "plugins"


def worded(source):
    """The details of notices in the source that are words already when they are stored."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg == "details" and any(
                isinstance(inner, ast.Attribute) and inner.attr == "title" for inner in ast.walk(keyword.value)
            ):
                found.append(ast.unparse(keyword.value))
    return found


def test_no_notice_stores_words_of_one_language():
    stored = {
        str(path.relative_to(CORE.parents[1])): found
        for root in (CORE, PLUGINS)
        for path in root.rglob("*.py")
        if (found := worded(path.read_text("utf-8")))
    }

    assert stored == {}


@pytest.mark.parametrize(
    "value", ['{"flow": act.policy.title("approval.x", act.language)}', 'dict(step=run.policy.title("y", z))']
)
def test_words_among_the_details_are_found(value):
    assert worded(f"Notice('decision_due', case, details={value})") != []
