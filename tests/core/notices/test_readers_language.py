"""A notice holds names of the policy and never their words: whoever reads it reads their own language, whoever wrote it."""

import ast

import pytest
from sources import ROOT, calls, sources

# Said of a wish or a consent, whose words stand under several keys: in the company's language.
COMPANYS = {"core/guibin/archive_checks/jobs.py"}


def worded(source):
    """The details of notices in the source that are words already when they are stored, also by way of a variable."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    written = [(value, None) for value in details(tree)]
    written += [(value, function) for function in functions for value in details(function)]
    return [
        ast.unparse(one)
        for value, function in written
        for one in meant(value, function)
        if any(called(call).endswith("title") for call in calls(one))
    ]


def details(node):
    """What the notices written there say."""
    notices = (call for call in calls(node) if called(call) == "Notice")
    return [keyword.value for call in notices for keyword in call.keywords if keyword.arg == "details"]


def meant(value, function):
    """The expression, and what the names in it were given within the function."""
    given, waiting = [], [value]
    assigned = [node for node in ast.walk(function or ast.Module([])) if isinstance(node, ast.Assign)]
    while waiting:
        given.append(waiting.pop())
        names = names_in(given[-1])
        waiting += [
            node.value
            for node in assigned
            if node.value not in [*given, *waiting] and names & {name for to in node.targets for name in names_in(to)}
        ]
    return given


def names_in(node):
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def called(call):
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def test_no_notice_stores_words_of_one_language():
    stored = {str(path.relative_to(ROOT)): found for path, source in sources() if (found := worded(source))}

    assert stored.keys() == COMPANYS, stored


@pytest.mark.parametrize(
    "value", ['{"flow": act.policy.title("approval.x", act.language)}', 'dict(step=run.policy.title("y", z))']
)
def test_words_among_the_details_are_found(value):
    assert worded(f"Notice('decision_due', case, details={value})") != []


@pytest.mark.parametrize(
    "given", ['said = {"tier": act.policy.title("x", y)}', 'said = {}\n    said["tier"] = act.policy.title("x", y)']
)
def test_words_that_reach_the_details_by_a_variable_are_found(given):
    assert worded(f"def tell():\n    {given}\n    Notice('rose', case, details=said | more)") != []
