"""Every sentence of a refusal is told in the caller's language: what can be raised, and what routes answer."""

import ast
import re
import time
from http import HTTPStatus
from pathlib import Path

import pytest
from litestar.routes import HTTPRoute

from guibin.app import problems
from guibin.console.forms import detailed
from guibin.console.sentences import Sentences, known
from guibin_tenants.refusals import Refusal

ROOT = Path(__file__).parents[2]
HAN = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")
# What only whoever operates the service meets, at a start or by a command, and packs' makers.
OPERATORS = (
    "guibin/cli/",
    "guibin/operation/",
    "guibin/testing/",
    "guibin/conformance/",
    "app/bounds",
    "app/proxies",
    "files/stores",
    "guibin_tenants/registry",
    "guibin_tenants/directory",
    "guibin_tenants/cells",
    "guibin_tenants/purges",
)
# These say names and figures alone.
WORDLESS = {"7 7", "7: 7"}
# As the document shows an address, a command or a header.
CODE = re.compile(r"`[^`]*`|(?:POST|PUT|DELETE) \S+|Standard Webhooks|guibin \S+ \S+")
REAL = problems.unsaid
# An id of nothing, without letters: a group of them alone would read as a word.
NOBODYS = "10000000-0000-4000-8000-000000000001"


def _kinds(kind=Refusal):
    for each in kind.__subclasses__():
        yield each.__name__
        yield from _kinds(each)


def _said(node):
    """The sentence with 7 for whatever stands in it; None for one that is made elsewhere."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(part.value if isinstance(part, ast.Constant) else "7" for part in parts)
        case ast.BinOp(left=left, right=right) if _said(left) is not None and _said(right) is not None:
            return _said(left) + _said(right)
        case ast.IfExp(body=body, orelse=orelse):
            return _said(body) or _said(orelse)
    return None


def _detail(call, kinds):
    """What the call of a refusal says of its case."""
    named = next((word.value for word in call.keywords if word.arg == "detail"), None)
    match call.func:
        case ast.Name(id=name) if name in kinds:
            return named or next(iter(call.args), None)
        case ast.Attribute(value=ast.Name(id=name), attr="at") if name in kinds:
            return named
        case ast.Name(id="refuse"):
            return named or next(iter(call.args[1:]), None)
    return None


def _sentences():
    kinds, found = set(_kinds()), set()
    for folder in (ROOT / "core/guibin", ROOT / "tenants/guibin_tenants", ROOT / "plugins"):
        for file in folder.rglob("*.py"):
            if any(part in file.as_posix() for part in OPERATORS):
                continue
            calls = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
            found |= {_said(detail) for call in calls if (detail := _detail(call, kinds)) is not None}
    return found - {None, ""}


def test_every_sentence_that_is_raised_has_its_chinese(world):
    studio, raised = world.litestar.state.studio, _sentences()

    chinese = {said: detailed(said, studio) for said in raised if not HAN.search(said)}

    assert len(chinese) > 450
    assert {said for said, told in chinese.items() if not HAN.search(told)} - WORDLESS == set()
    assert [told for told in chinese.values() if ENGLISH.search(CODE.sub("", told))] == []


def test_what_stands_in_a_sentence_stands_in_its_chinese_and_names_are_told_in_words():
    told = known().chinese("The request C-7 is withdrawn")

    assert told == "申请 C-7 状态是已撤回"

    assert known().chinese("Nobody ever said this") == ""


def test_of_several_sentences_that_fit_the_one_that_says_most_is_told():
    both = Sentences({"There is no {a}": "没有{a}", "There is no customer {a}": "没有客户 {a}"}, {})

    assert both.chinese("There is no customer 7") == "没有客户 7"


def test_what_a_caller_made_long_is_gone_through_once():
    """What stands in a gap comes from callers: 2,000 signs that fit many places were once gone through for twenty seconds."""
    begun = time.process_time()
    for part in (" of ", ", ", " is ", ": "):
        known().chinese(f"No{part * 1_000}at all")

    assert time.process_time() - begun < 5


def test_gaps_that_stand_side_by_side_or_at_an_edge_are_filled():
    sentences = Sentences({"{a}: {b}, not {c}": "{c}而非{b}（{a}）", "of {a}": "{a}的"}, {})

    assert sentences.chinese("x: y, z, not w") == "w而非y、z（x）"
    assert sentences.chinese("of ") == "的"
    assert sentences.chinese("of") == ""


def _asked(app):
    """Every route of the API with every method, for things that there are not."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/v1/"):
            path = re.sub(r"\{[^}:]*:uuid\}", NOBODYS, route.path)
            path = re.sub(r"\{[^}]*\}", "nothing-such", path)
            for method in sorted(route.methods - {"OPTIONS", "HEAD"}):
                yield method, path


async def _refused(app, clients):
    """What each client is told, over all routes, as (client, method, path, sentence)."""
    for method, path in _asked(app):
        sent = {} if method == "GET" else {"json": {"no_such_field": "x"}}
        for name, client in clients.items():
            if path.endswith(("/events", "/stream")):
                continue
            answer = await client.request(method, path, **sent)
            # Who is in no company's scope yet is told in Chinese, as at the sign-in page.
            if name == "en, company" and answer.status_code != HTTPStatus.FORBIDDEN:
                continue
            if answer.status_code >= 400 and "problem+json" in answer.headers["content-type"]:
                told = answer.json()
                said = [told["title"], told.get("detail", ""), *(e["rule"] for e in told.get("errors", ()))]
                for sentence in filter(None, said):
                    yield name, method, path, sentence


@pytest.fixture
def as_served(monkeypatch):
    """Who names no language is answered in their company's."""
    monkeypatch.setattr(problems, "unsaid", REAL)


async def test_no_route_refuses_in_another_language_than_the_caller_s(world, as_served):
    company = await world.tenant()
    english = await world.tenant(language="en")
    clients = {
        "zh, no scope": await company.client("audit:read"),
        "zh, every scope": await company.client(),
        "zh asked for": await english.client(),
        "en, company": await english.client("audit:read"),
        "en asked for": await company.client(),
    }
    clients["zh asked for"].headers["Accept-Language"] = "zh-CN"
    clients["en asked for"].headers["Accept-Language"] = "en"

    told = [each async for each in _refused(world.litestar, clients)]

    assert len({path for _, _, path, _ in told}) > 300
    assert {name for name, *_ in told} == set(clients)
    assert [each for each in told if each[0].startswith("zh") and ENGLISH.search(CODE.sub("", each[3]))] == []
    assert [each for each in told if each[0].startswith("zh") and not HAN.search(each[3])] == []
    assert [each for each in told if each[0].startswith("en") and HAN.search(each[3])] == []
