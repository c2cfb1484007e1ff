"""Days nobody means and errors of formulas: no request body and no import takes them, whatever field they stand in."""

import copy
import re

import pytest
from bodies import FORMATS, Writing
from tables import Tables, wrong

from guibin.complaints.importing import COLUMNS as COMPLAINT
from guibin.notation.plausible import RULE
from guibin.notation.spelling import FAILED
from guibin.profiles.exporting import ORDER_COLUMNS
from guibin.profiles.sheet_rows import COLUMNS as CUSTOMER
from guibin.records.importing import COLUMNS as CONTACT
from guibin.spreadsheets.importing import BadRows

PARAMETER = re.compile(r"\{(\w+)\}")
SOME_ID = "018f2b7e-0000-7000-8000-000000000000"
DAYS = ("0026-03-01", "1800-03-01", "2500-03-01")
CUSTOMERS = "/api/v1/customers"
# What an import fills, by the route that fills it as well.
FILLED = {
    CUSTOMERS: {"name", "employer", "department", "position"},
    f"{CUSTOMERS}/{{customer_id}}/orders": {"number", "product"},
    "/api/v1/interactions": {"content", "need", "handling", "place", "number"},
    "/api/v1/complaints": {"text"},
    "/api/v1/facts": {"metric", "source", "source_ref", "label"},
}
SOUND = {
    "customers": {"number": "A1", "name": "张三", "kind": "leader"},
    "orders": {"customer_number": "A1", "number": "D1", "product": "体育包", "price": "10", "started_on": "2026-01-01"}
    | {"ends_on": "2027-01-01"},
    "interactions": {"customer_number": "A1", "channel": "phone", "happened_at": "2026-02-01T10:00:00+08:00"}
    | {"content": "报修"},
    "complaints": {
        "customer_number": "A1",
        "source": "crm",
        "source_number": "7",
        "channel": "phone",
        "text": "没有信号",
    }
    | {"received_at": "2026-02-01T10:00:00+08:00"},
    "facts": {"customer_number": "A1", "metric": "spending", "occurred_on": "2026-02-01", "value": "10"},
}
FIELDS = {
    "customers": (*CUSTOMER, "mobile", "address"),
    "orders": ORDER_COLUMNS,
    "interactions": CONTACT,
    "complaints": COMPLAINT,
    "facts": ("customer_number", "metric", "occurred_on", "value", "source", "source_ref", "label"),
}


CALENDAR = {
    "name": SOME_ID,
    "time_zone": "Asia/Shanghai",
    "closed_on": [FORMATS["date"]],
    "open_on": [FORMATS["date"]],
    "day_hours": [{"on": FORMATS["date"], "windows": [{"opens": "08:30:00", "closes": "12:00:00"}]}],
    "confirmed_until": FORMATS["date"],
}
# What the document alone does not tell: values of a form of their own.
GIVEN = {
    "/api/v1/policy/versions": {"overrides": {}},
    "/api/v1/visits/{visit_id}/record": {"method": "visit"},
    "/api/v1/campaigns": {"seed": "a"},
    "/api/v1/duty-rosters/{roster_id}/rotations": {"starts": "18:00:00", "ends": "08:30:00"},
    "/api/v1/policy/proposals": {"part": "care", "overrides": {}},
    **{
        path: {"overrides": {}, "figures": {}, "brought_back": []}
        for path in ("/api/v1/policy/overrides", "/api/v1/policy/checks", "/api/v1/policy/simulations")
    },
    "/api/v1/improvement-measures": {"period": "2026-W09"},
    **{path: {"calendar": CALENDAR} for path in ("/api/v1/calendars/{name}", "/api/v1/calendars/{name}/previews")},
}


@pytest.fixture
async def writing(client):
    return Writing((await client.get("/api/v1/openapi.json")).json())


def leaves(value, path=()):
    """Every value within a body, with the way to it."""
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, step))
    else:
        yield path, value


def changed(body, path, value):
    other = copy.deepcopy(body)
    place = other
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return other


async def send(client, method, path, body):
    answer = await client.request(method, PARAMETER.sub(SOME_ID, path), json=body)
    errors = answer.json().get("errors", []) if answer.status_code == 422 else []
    return answer, {(error["field"].rpartition(".")[2], error["rule"]) for error in errors}


async def test_no_request_body_takes_a_day_nobody_means(client, writing):
    taken, tried = [], set()
    for method, path in writing.routes():
        body = writing.body(method, path, ids={"": SOME_ID}, text="欧阳")
        body = body | GIVEN.get(path, {}) if isinstance(body, dict) else body
        for way, value in leaves(body):
            field = [step for step in way if isinstance(step, str)][-1:]
            if value not in (FORMATS["date"], FORMATS["date-time"]):
                continue
            tried.add((method, path, way))
            for day in DAYS:
                answer, errors = await send(client, method, path, changed(body, way, day + value[10:]))
                if (field[0], RULE) not in errors:
                    taken.append((method, path, way, day, answer.status_code, answer.text[:200]))

    assert taken == []
    assert len(tried) > 50


@pytest.mark.parametrize("shown", ["#N/A", "#REF!", " #VALUE! ", "＃N/A"])
async def test_what_an_import_fills_is_no_error_of_a_formula_over_the_api_either(client, writing, shown):
    for path, fields in FILLED.items():
        body = writing.body("post", path, ids={"": SOME_ID}, text="欧阳")
        for way, _ in leaves(body):
            if way[-1] in fields:
                _, errors = await send(client, "post", path, changed(body, way, shown))
                assert (way[-1], FAILED) in errors, (path, way)
                fields = fields - {way[-1]}
        assert fields == set()


@pytest.mark.parametrize(
    "given",
    [
        {"confidential": {"address": "#N/A"}},
        {"confidential": {"mobile": ["13800138000", "#N/A"]}},
        {"preferences": {"newspaper": "#N/A"}},
    ],
)
async def test_nor_among_the_fields_of_an_archive(client, given):
    body = {"number": "A1", "name": "张三", "kind": "leader"}
    (part, values), *_ = given.items()

    answer = await client.post(CUSTOMERS, json=body | given)
    opened = await client.post(CUSTOMERS, json=body)
    change = {"reason": "更正", "changes": given}
    corrected = await client.post(f"{CUSTOMERS}/{opened.json()['id']}/corrections", json=change)

    for refused in (answer, corrected):
        errors = [(error["field"], error["rule"]) for error in refused.json()["errors"]]
        assert (refused.status_code, errors) == (422, [(f"{part}.{name}", FAILED) for name in values])


@pytest.mark.parametrize(("kind", "column"), [(kind, column) for kind, known in FIELDS.items() for column in known])
async def test_no_import_takes_the_error_of_a_formula(world, tenant, client, tmp_path, kind, column):
    await client.post(CUSTOMERS, json=SOUND["customers"])
    row = SOUND[kind] | {column: "#N/A"}

    with pytest.raises(BadRows) as refused:
        await Tables(world, tenant, tmp_path).table(kind, tuple(row), tuple(row.values()))

    assert [one.reason for one in refused.value.problems if (one.row, one.column) == (2, column)].count(FAILED) == 1


BORN = {
    "solar": ("2026-03-12", {"birthday": "2026-03-12"}),
    "lunar": ("2026-06-01", {"birthday": {"year": 2026, "month": 6, "day": 1}}),
}


@pytest.mark.parametrize("calendar", BORN)
async def test_nobody_is_born_in_the_future_by_the_api_or_an_import(world, tenant, client, tmp_path, calendar):
    written, body = BORN[calendar]
    archive = SOUND["customers"]
    row = archive | {"birthday": written, "birthday_calendar": calendar}

    answer = await client.post(CUSTOMERS, json=archive | body)
    with pytest.raises(BadRows) as refused:
        await Tables(world, tenant, tmp_path).table("customers", tuple(row), tuple(row.values()))
    opened = await client.post(CUSTOMERS, json=archive)
    corrected = await client.post(
        f"{CUSTOMERS}/{opened.json()['id']}/corrections", json={"reason": "更正", "changes": body}
    )
    relative = await client.post(
        f"{CUSTOMERS}/{opened.json()['id']}/relatives", json={"relation": "child", "name": "小明"} | body
    )

    problems = [(one.column, one.reason) for one in refused.value.problems]
    assert problems == [("birthday", "not in the future")]
    assert wrong(refused) == [(2, "birthday")]
    for other in (answer, corrected, relative):
        assert [(error["field"], error["rule"]) for error in other.json()["errors"]] == problems


async def test_who_is_born_today_is_taken(client):
    today = {"birthday": "2026-03-02"}

    assert (await client.post(CUSTOMERS, json=SOUND["customers"] | today)).status_code == 201
