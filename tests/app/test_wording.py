"""Refusals that stand in an answer as data, not as a problem, are told in the language of whoever asks, wherever that may be."""

import ast
import re
from pathlib import Path

import pytest
from litestar.routes import HTTPRoute
from msgspec import Struct

from guibin.app.wording import chinese
from guibin.approvals.bulk import NotDecided
from guibin.bundles.actions import BundleComparison
from guibin.commands.actions import CarriedOut
from guibin.transfers.queries import Report, TransferView, Wrong
from guibin.web.wording import carries, in_words, said_in
from guibin_tenants.refusals import FieldError, Refusal

CORE = Path(__file__).parents[2] / "core/guibin"
HAN = re.compile("[\u4e00-\u9fff]")
# Where a caught refusal's own English is made part of something, and why that is not told to anybody as it is.
KEPT = {
    "audit/attempts.py": "the record keeps the kind alone",
    "bundles/actions.py": "FieldError, and NotPortable, which is a problem",
    "commands/actions.py": "CarriedOut.said",
    "approvals/bulk.py": "NotDecided",
    "company_packs/screens.py": "told by a page in words of its own",
    "company_packs/upgrades.py": "fields of another Invalid",
    "service_requests/screens.py": "told by a page in words of its own",
    "complaints/importing.py": "RowProblem, told by the wording of files",
    "messages/screens.py": "fields of another Invalid; what a server said",
    "operation/pack_upgrades.py": "the operator's",
    "overview/actions.py": "fields of another Invalid",
    "profiles/importing.py": "RowProblem, told by the wording of files",
    "records/importing.py": "RowProblem, told by the wording of files",
    "transfers/jobs.py": "Report and Wrong",
    "transfers/of_packs.py": "a rule of the row",
    "transfers/offers.py": "RowProblem, told by the wording of files",
    "transfers/steps.py": "RowProblem, told by the wording of files",
}
# Only whoever operates the service meets these.
OPERATORS = re.compile(
    r"guibin\.(cli|operation|exits|testing|conformance|app\.(proxies|bounds)|files\.stores)|guibin_tenants\.(registry|directory|cells|keyring|purges)"
)
# Told by the one handler of requests, and by pages in words of their own.
TELL = ("app/", "cli/", "console/", "conformance/", "web/", "watch/", "scim/")


def _kinds(kind=Refusal):
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


def _is_told(kind):
    return kind.__module__.startswith(("guibin.", "guibin_tenants.")) and not OPERATORS.match(kind.__module__)


def _caught(tree, names):
    """Reads of what a caught refusal says, but for its fields handed on to the pages' own words."""
    for handler in (node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name):
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if not any(isinstance(kind, ast.Name) and kind.id in names for kind in kinds):
            continue
        for node in (one for line in handler.body for one in ast.walk(line)):
            of = node.value if isinstance(node, ast.Attribute) else None
            if isinstance(of, ast.Name) and of.id == handler.name and node.attr in ("detail", "title", "fields"):
                yield node


def test_nowhere_else_is_what_a_refusal_said_made_part_of_something():
    names = {kind.__name__ for kind in _kinds()} | {"Refusal"}
    found = set()
    for file in CORE.rglob("*.py"):
        place = file.relative_to(CORE).as_posix()
        if not place.startswith(TELL) and any(_caught(ast.parse(file.read_text(encoding="utf-8")), names)):
            found.add(place)

    assert found - KEPT.keys() == set()


def test_each_view_in_which_one_stands_says_so():
    assert (said_in(NotDecided), said_in(CarriedOut)) == (("title", "detail"), ("said",))
    assert (said_in(Report), said_in(Wrong), said_in(FieldError)) == (("problem",), ("reason",), ("rule", "fix"))
    assert carries(TransferView)
    assert carries(BundleComparison)
    assert not carries(int | None)


def _answers(app):
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/v1/"):
            for handler, _ in route.route_handler_map.values():
                if carries(handler.parsed_fn_signature.return_type.annotation):
                    yield route.path


def test_every_kind_of_refusal_is_told_in_such_an_answer(world):
    """Each title there is, and each sentence and rule of a sample, in each view that holds one."""
    studio = world.litestar.state.studio
    told = {kind.title: chinese(kind.title, studio) for kind in _kinds() if _is_told(kind)}

    assert len(list(_answers(world.litestar))) > 10
    assert [title for title, said in told.items() if not HAN.search(said) and not HAN.search(title)] == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2 of 5 are left, 3 were asked for", "还剩 2（共 5），要 3"),
        ("required", "请填写。"),
        ("Some fields are not valid; until_on: today or a day to come", None),
        ("Nobody ever said this", "Nobody ever said this"),
        ("客户不在场", "客户不在场"),
    ],
)
def test_a_sentence_a_rule_and_several_of_them_are_told_and_what_is_in_no_words_of_ours_stays(world, said, expected):
    found = chinese(said, world.litestar.state.studio)

    assert found == expected if expected else HAN.search(found) and "; " not in found


def test_only_what_is_marked_is_told_and_what_has_none_is_the_same_object():
    class Inner(Struct, frozen=True):
        problems: list[FieldError]

    class Outer(Struct, frozen=True):
        title: str
        inner: dict[str, Inner]

    plain = Outer("required", {})
    full = Outer("required", {"a": Inner([FieldError("x", "required", value="required")])})
    told = in_words([full], str.upper)

    assert in_words(plain, str.upper) is plain
    assert told == [Outer("required", {"a": Inner([FieldError("x", "REQUIRED", value="required")])})]
