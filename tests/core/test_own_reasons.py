"""A reason that the product itself writes into a company's rows is in the company's language, and not the programmer's."""

import ast
import tomllib

import pytest
from desk import open_desk
from sources import CORE, ROOT, calls, sources

from guibin_tenants.scope import fetch_value

TEXTS = {language: tomllib.loads((CORE / f"texts/{language}.toml").read_text("utf-8")) for language in ("zh", "en")}
# What is written for people to read, as keywords of calls name it.
READ_BY_PEOPLE = {"reason", "note", "remedy", "remark", "comment"}
# Rooms that write nothing into a company's rows.
ELSEWHERE = {"cli", "conformance", "demonstration", "live", "testing"}
# Names of a state that pages have words for, by the function that takes them; and an SQL expression.
NAMES = {"Found", "sla.relimit", "SIGNED.wider"}
# Compared, and written nowhere.
UNWRITTEN = {"compare"}


def literals(value):
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield from (text for part in parts for text in literals(part))
        case ast.BoolOp(values=parts):
            yield from (text for part in parts for text in literals(part))
        case ast.IfExp(body=one, orelse=other):
            yield from (text for part in (one, other) for text in literals(part))


def fixed_reasons(source):
    """Words of ours that stand in the source as what people read: with a letter in them."""
    return [
        text
        for call in calls(ast.parse(source))
        if ast.unparse(call.func) not in NAMES
        for keyword in call.keywords
        if keyword.arg in READ_BY_PEOPLE
        for text in literals(keyword.value)
        if any(map(str.isalpha, text)) and text not in UNWRITTEN
    ]


def test_no_reason_stands_in_the_source():
    assert {
        str(path.relative_to(ROOT)): found for path, source in sources(ELSEWHERE) if (found := fixed_reasons(source))
    } == {}


@pytest.mark.parametrize(
    "source",
    [
        'act(reason="answered anew")',
        'act(reason=new.reason or "moved")',
        'act(note="seeded" if first else "")',
        'act(reason=f"moved to {unit}")',
    ],
)
def test_a_reason_in_the_source_is_found(source):
    assert fixed_reasons(source) != []


def test_every_reason_of_ours_has_its_words_in_both_languages():
    asked = {
        argument.value
        for _, source in sources(ELSEWHERE)
        for call in calls(ast.parse(source))
        if isinstance(call.func, ast.Attribute) and call.func.attr == "own_reason"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    }

    assert len(asked) > 3
    assert [set(TEXTS[language]["own_reason"]) for language in ("zh", "en")] == [asked, asked]


async def test_what_a_dissolved_unit_closed_says_so_in_the_companys_language(world):
    desk = await open_desk(world, "telecom")
    for code in ("grand", "plain"):
        await desk.tenant.unit(code)
        new = {"org_unit_id": str(desk.tenant.units[code]), "kind": "vip_room", "name": "贵宾室"}
        assert (await desk.client.post("/api/v1/desks", json=new)).status_code == 201

    address = f"/api/v1/org-units/{desk.tenant.units['grand']}/dissolution"
    body = {"successor_id": str(desk.tenant.units["plain"]), "reason": "合并"}
    answer = await desk.client.post(address, json=body)

    assert answer.status_code in (200, 201), answer.text
    async with desk.tenant.scope():
        said = await fetch_value("select closing_reason from desk where closed_at is not null")
    assert said == TEXTS["zh"]["own_reason"]["dissolved"]
