"""T25: every operation of the OpenAPI document against what nobody should send: a clear problem, never a fault of ours."""

import json
import re
from uuid import uuid4

import pytest

PARAMETER = re.compile(r"\{[^}]+\}")
METHODS = ("get", "post", "put", "patch", "delete")
NASTY = (
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    10**400,
    1e308,
    "",
    " ",
    "\x00",
    "a\x00b",
    "'; drop table customer; --",
    "１２３",
    "𠮷㛃·😀",
    "=HYPERLINK(0)",
    "9" * 5_000,
    "2026-02-30",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    str(uuid4()),
    [],
    [None],
    ["x"] * 300,
    {},
    {"a": {"b": {"c": []}}},
)
TYPES = {
    type(None): {"null"},
    bool: {"boolean"},
    int: {"integer", "number"},
    float: {"integer", "number"},
    str: {"string"},
    list: {"array"},
    dict: {"object"},
}
# What lenient readers take for a whole number, a figure, a yes or a no.
OTHERWISE = (
    ("integer", "5"),
    ("number", "5"),
    ("boolean", 0),
    ("boolean", 1),
    ("boolean", "true"),
    ("boolean", "off"),
    ("null", "null"),
)
EVERY_TYPE = ("null", "boolean", "integer", "number", "string", "array", "object")
BODIES = (
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b"\xff\xfe\x00",
    '{"text": "没有信号"}'.encode("gb18030"),
    b"[" * 2_000 + b"]" * 2_000,
    b'{"a": 1e999}',
    b'{"a": 1, "a": 2}',
)
QUERIES = ("", "\x00", "'", "-1", "0", "99999999999999999999", "2026-02-30", "１", "x" * 3_000, "%", "_", "\\", "null")


@pytest.fixture
async def document(client):
    return (await client.get("/api/v1/openapi.json")).json()


def operations(document):
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods and path.startswith("/api/v1/"):
                yield method, path, methods[method]


def resolved(document, schema):
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def sample(document, schema, depth=0):
    """Something that fits the schema, so that one nasty field at a time is all that is wrong."""
    schema = resolved(document, schema)
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return sample(document, schema[several][0], depth + 1)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        if depth > 6:
            return {}
        wanted = schema.get("required", [])
        return {name: sample(document, schema["properties"][name], depth + 1) for name in wanted}
    if kind == "array":
        return [sample(document, schema["items"], depth + 1)] if schema.get("minItems") else []
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    formats = {"uuid": str(uuid4()), "date": "2026-03-02", "date-time": "2026-03-02T02:00:00Z"}
    return formats.get(schema.get("format", ""), "phone" if kind == "string" else None)


def nasty_for(document, schema):
    """All that is of a type the field takes, and one of each type it does not: those are refused before anybody reads
    them."""
    taken = types_of(document, schema)
    refused = {}
    for value in NASTY:
        if taken & TYPES[type(value)]:
            yield value
        else:
            refused.setdefault(type(value), value)
    yield from refused.values()


def types_of(document, schema):
    """The JSON types the schema takes; every type when it does not say."""
    schema = resolved(document, schema)
    several = [one for key in ("oneOf", "anyOf", "allOf") for one in schema.get(key, ())]
    if several:
        return set().union(*(types_of(document, one) for one in several))
    kinds = schema.get("type", EVERY_TYPE)
    return {kinds} if isinstance(kinds, str) else set(kinds)


def bodies_of(document, operation):
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return
    good = sample(document, schema)
    yield from (json.dumps(value) for value in ({}, {"surely_unknown": 1}))
    if not isinstance(good, dict):
        return
    for name in resolved(document, schema).get("properties", {}):
        for value in nasty_for(document, resolved(document, schema)["properties"][name]):
            yield json.dumps(good | {name: value}, ensure_ascii=False)
        yield json.dumps({other: value for other, value in good.items() if other != name})


def found_fault(answer):
    problem = answer.headers.get("content-type") == "application/problem+json"
    if answer.status_code >= 500 or (answer.status_code >= 400 and not problem) or "Traceback" in answer.text:
        return f"{answer.status_code} {answer.text[:200]}"
    return None


async def test_no_body_makes_a_fault(client, document):
    faults = []
    for method, path, operation in operations(document):
        address = PARAMETER.sub(str(uuid4()), path)
        for body in [*BODIES, *bodies_of(document, operation)] if method != "get" else []:
            answer = await client.request(method, address, content=body, headers={"Content-Type": "application/json"})
            if fault := found_fault(answer):
                faults.append(f"{method.upper()} {path} with {body[:120]!r}: {fault}")

    assert faults == []


def written_otherwise(document, schema, at=""):
    """Where a figure, a yes or a no stands in a body that fits, and what another language would take for one."""
    schema = resolved(document, schema)
    kinds = types_of(document, schema)
    yield from ((at, value) for kind, value in OTHERWISE if kind in kinds and not kinds & TYPES[type(value)])
    for name, below in schema.get("properties", {}).items():
        if at.count(".") < 2:
            yield from written_otherwise(document, below, f"{at}.{name}" if at else name)


def put_at(body, at, value):
    first, _, rest = at.partition(".")
    return {**body, first: put_at(body.get(first) or {}, rest, value) if rest else value}


async def test_bodies_are_read_as_what_they_say(client, tenant, document):
    person, taken, tried = await tenant.staff("person", "tenant_admin"), [], 0
    for method, path, operation in operations(document):
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        good = sample(document, schema) if schema else None
        for at, value in written_otherwise(document, schema) if isinstance(good, dict) else ():
            answer = await client.request(method, PARAMETER.sub(str(uuid4()), path), json=put_at(good, at, value))
            if answer.status_code == 403:
                # What a person alone may do.
                answer = await person.request(method, PARAMETER.sub(str(uuid4()), path), json=put_at(good, at, value))
            tried += 1
            if answer.status_code != 400:
                taken.append(f"{method.upper()} {path} with {at}={value!r}: {answer.status_code} {answer.text[:200]}")

    assert taken == []
    assert tried > 100


async def test_a_rhythm_is_switched_by_yes_and_no_only(client):
    (first, *_) = (await client.get("/api/v1/timetable")).json()

    answer = await client.put(f"/api/v1/timetable/{first['name']}", json={"off": 0})

    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": "off", "rule": "true or false", "value": "0"}]
    assert (await client.get("/api/v1/timetable")).json()[0] == first


@pytest.mark.parametrize(
    ("per_hour", "status"), [("50.0", 200), ("5e1", 200), ("50.5", 400), ("1e400", 400), ('"50"', 400)]
)
async def test_a_whole_number_is_whole_however_it_is_written(client, per_hour, status):
    answer = await client.put(
        "/api/v1/look-up-limits",
        content=f'{{"person_per_hour": {per_hour}}}',
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.json()["person_per_hour"] == 50


async def test_query_and_path_are_text_and_stay_so(client):
    answer = await client.get("/api/v1/customers", params={"limit": "5"})

    assert answer.status_code == 200


async def test_no_query_makes_a_fault(client, document):
    faults = []
    for method, path, operation in operations(document):
        address = PARAMETER.sub(str(uuid4()), path)
        for parameter in operation.get("parameters", ()):
            if parameter["in"] != "query":
                continue
            for value in QUERIES:
                answer = await client.request(method, address, params={parameter["name"]: value})
                if fault := found_fault(answer):
                    faults.append(f"{method.upper()} {path}?{parameter['name']}={value[:40]!r}: {fault}")

    assert faults == []


@pytest.mark.parametrize("value", ["%00", "x" * 3_000, "..%2f..%2fetc", "'", "１２３", "%ff"])
async def test_no_path_makes_a_fault(client, document, value):
    faults = []
    for method, path, _ in operations(document):
        if "{" in path:
            answer = await client.request(method, PARAMETER.sub(value, path), json=None if method == "get" else {})
            if fault := found_fault(answer):
                faults.append(f"{method.upper()} {path} with {value!r}: {fault}")

    assert faults == []


async def test_an_oversize_body_is_refused_before_it_is_read_whole(client):
    sent = 0

    async def endless():
        nonlocal sent
        yield b'{"text": "'
        for _ in range(40):
            sent += 1
            yield b"x" * 1024 * 1024

    answer = await client.post("/api/v1/complaints", content=endless(), headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    assert (await client.get("/api/v1/complaints")).json()["items"] == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""])
async def test_another_content_type_is_no_fault(client, content_type):
    body = json.dumps({"text": "没有信号", "channel": "phone"})

    answer = await client.post("/api/v1/complaints", content=body, headers={"Content-Type": content_type})

    assert found_fault(answer) is None


async def test_an_unknown_method_or_path_is_a_problem(client):
    missing = await client.get("/api/v1/nothing-here")
    method = await client.put("/api/v1/me")

    assert [found_fault(answer) for answer in (missing, method)] == [None, None]
    assert (missing.status_code, method.status_code) == (404, 405)
