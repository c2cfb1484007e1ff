"""What has a version is not changed unseen: every address that changes such a thing compares `If-Match`, all others refuse it."""

import re

import pytest
from bodies import Writing

from guibin_tenants.scope import fetch, fetch_value

# Beyond what the rows of nonsense are filled with.
STALE = {"If-Match": '"999999999"'}
# Where the path of a thing begins, with the table its version is in.
SUBJECTS = {
    "/api/v1/customers/{customer_id}": "customer",
    "/api/v1/complaints/{complaint_id}": "complaint",
    "/api/v1/service-requests/{request_id}": "service_request",
    "/api/v1/department-requests/{request_id}": "department_request",
    "/api/v1/receptions/{reception_id}": "reception",
    "/api/v1/visits/{visit_id}": "visit",
    "/api/v1/views/{view_id}": "list_view",
    "/api/v1/signals/{signal_id}": "signal",
    "/api/v1/outages/{outage_id}": "outage",
    "/api/v1/tasks/{task_id}": "task",
}
PARAMETER = re.compile(r"\{[^}]+\}")
CHANGES = ("post", "put", "patch", "delete")


@pytest.fixture
async def caller(two):
    company, _, rows = two
    return await company.client(), company, str(rows["complaint"])


@pytest.fixture
async def document(client):
    return (await client.get("/api/v1/openapi.json")).json()


def compares(operation):
    return any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ()))


def changes(document):
    return [
        (method, path, methods[method])
        for path, methods in document["paths"].items()
        for method in CHANGES
        if method in methods and path.startswith("/api/v1/")
    ]


def table_of(path):
    return next((table for start, table in SUBJECTS.items() if f"{path}/".startswith(f"{start}/")), None)


def shows_a_version(document, path):
    answer = document["paths"][path].get("get", {}).get("responses", {}).get("200", {})
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return (
        path.endswith("}")
        and {"id", "version"} <= document["components"]["schemas"].get(name, {}).get("properties", {}).keys()
    )


def test_what_is_shown_with_a_version_is_named_here(document):
    assert {path for path in document["paths"] if shows_a_version(document, path)} == set(SUBJECTS)


def test_every_change_of_such_a_thing_takes_if_match_and_no_other(document):
    assert len(changes(document)) > 150
    assert [path for _, path, operation in changes(document) if compares(operation) != bool(table_of(path))] == []


async def test_a_change_of_a_version_that_is_no_more_is_refused_and_writes_nothing(caller, document):
    client, company, identifier = caller
    writing, answers = Writing(document), {}
    async with company.scope():
        before = {table: await fetch(f"select * from {table}") for table in sorted(set(SUBJECTS.values()))}
    for method, path, operation in changes(document):
        if compares(operation):
            body = (
                {"json": writing.body(method, path, ids={"": identifier}, text="x")}
                if "requestBody" in operation
                else {}
            )
            answer = await client.request(method, PARAMETER.sub(identifier, path), headers=STALE, **body)
            answers[method, path] = (answer.status_code, answer.json()["detail"])

    assert len(answers) > 60
    assert [
        key for key, (status, detail) in answers.items() if status != 412 or "version 999999999" not in detail
    ] == []
    async with company.scope():
        assert before == {table: await fetch(f"select * from {table}") for table in before}


async def test_a_change_of_the_version_there_is_goes_on_as_without_the_header(caller, document):
    client, company, identifier = caller
    writing, differing, tried = Writing(document), [], 0
    for method, path, operation in changes(document):
        if not compares(operation) or method == "delete":
            continue
        async with company.scope():
            version = await fetch_value(f"select version from {table_of(path)} where id = $1", identifier)
        asked = (
            {"json": writing.body(method, path, ids={"": identifier}, text="x")} if "requestBody" in operation else {}
        )
        address = PARAMETER.sub(identifier, path)
        seen = await client.request(method, address, headers={"If-Match": f'"{version}"'}, **asked)
        tried += 1
        if seen.status_code < 400:
            continue
        plain = await client.request(method, address, **asked)
        if (seen.status_code, seen.json()["type"]) != (plain.status_code, plain.json()["type"]):
            differing.append((method, path, seen.text[:200], plain.text[:200]))

    assert tried > 50
    assert differing == []


@pytest.mark.parametrize("address", ["/api/v1/complaints", "/api/v1/org-units", "/api/v1/redemptions"])
async def test_elsewhere_the_header_is_refused_and_not_passed_over(client, address):
    answer = await client.post(address, json={}, headers=STALE)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "If-Match")


async def test_of_two_who_saw_the_same_version_the_second_is_refused(client):
    made = await client.post("/api/v1/complaints", json={"text": "没有画面", "channel": "phone"})
    path = f"/api/v1/complaints/{made.json()['id']}"
    shown = await client.get(path)
    seen = {"If-Match": shown.headers["etag"]}
    first = await client.post(
        f"{path}/level",
        json={"level": "2", "reason": "多部门", "cause": "signal", "analysis": "线路老化"},
        headers=seen,
    )
    second = await client.post(f"{path}/resolution", json={"remedy": "更换"}, headers=seen)
    after = await client.get(path)

    assert made.headers["etag"] == shown.headers["etag"] == '"1"'
    assert (first.status_code, first.headers["etag"]) == (201, '"2"')
    assert (second.status_code, second.json()["detail"]) == (412, "You changed version 1, the current one is 2")
    assert (after.json()["resolutions"], after.headers["etag"]) == ([], '"2"')
