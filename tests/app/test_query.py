"""What a caller gets for a word of the query that is not one: its name, the one that was meant, the values there are."""

import re

import pytest

PARAMETER = re.compile(r"\{[^}]+\}")
NOWHERE = "00000000-0000-7000-8000-000000000000"
METHODS = ("get", "post", "put", "patch", "delete")


def placed(path, operation):
    """The address with a number where a number belongs: what is nowhere stands in for the rest later."""
    for one in operation.get("parameters", ()):
        if one["in"] == "path" and one["schema"].get("type") == "integer":
            path = path.replace(f"{{{one['name']}}}", "1")
    return path


@pytest.fixture
async def document(client):
    return (await client.get("/api/v1/openapi.json")).json()


def operations(document):
    return [
        (
            method,
            placed(path, methods[method]),
            [one for one in methods[method].get("parameters", ()) if one["in"] == "query"],
        )
        for path, methods in document["paths"].items()
        for method in METHODS
        if method in methods and path.startswith("/api/v1/")
    ]


@pytest.fixture
async def ask(client, tenant):
    """Ask as a key that may do everything; what is for people, as one of them: an admin, or an auditor where it is theirs."""
    people = [await tenant.staff("zhou", "tenant_admin"), await tenant.staff("qin", "auditor")]

    async def asked(method, path, query):
        body = {"json": {}} if method not in ("get", "delete") else {}
        for who in (client, *people):
            answer = await who.request(method, PARAMETER.sub(NOWHERE, path), params=query, **body)
            if answer.status_code != 403:
                break
        return answer

    return asked


async def test_every_address_refuses_a_parameter_it_does_not_take(ask, document):
    passed_over = []
    for method, path, parameters in operations(document):
        required = [(one["name"], "2026-01-01") for one in parameters if one.get("required")]
        answer = await ask(method, path, [*required, ("surely_not", "1")])
        problem = answer.json() if answer.content else {}
        if (answer.status_code, [one["field"] for one in problem.get("errors", ())][:1]) != (400, ["surely_not"]):
            passed_over.append((method, path, answer.status_code, answer.text[:200]))

    assert len(operations(document)) > 300
    assert passed_over == []


async def test_every_parameter_of_the_document_is_taken_and_its_misspelling_names_it(ask, document):
    wrong = []
    for method, path, parameters in operations(document):
        for one in parameters:
            misspelt = one["name"] + "s"
            answer = await ask(method, path, [(misspelt, "1")])
            fixes = {error["field"]: error.get("fix", "") for error in answer.json()["errors"]}
            if answer.status_code != 400 or not fixes.get(misspelt, "").startswith(f"did you mean {one['name']}?"):
                wrong.append((method, path, one["name"], answer.text[:200]))

    assert wrong == []


async def test_what_an_address_cannot_do_without_is_named(ask, document):
    wanting, wrong = 0, []
    for method, path, parameters in operations(document):
        required = sorted(one["name"] for one in parameters if one.get("required"))
        if not required:
            continue
        wanting += 1
        answer = await ask(method, path, [])
        if (answer.status_code, [one["field"] for one in answer.json()["errors"]]) != (400, required):
            wrong.append((method, path, answer.text[:200]))

    assert wanting > 3
    assert wrong == []


async def test_a_parameter_given_twice_is_refused(client):
    answer = await client.get("/api/v1/customers", params=[("kind", "leader"), ("kind", "group")])

    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": "kind", "rule": "given once", "fix": "leave all but one out"}]


async def test_a_value_that_is_none_of_those_there_are_is_answered_with_them(ask, document):
    silent, asked = [], 0
    for method, path, parameters in operations(document):
        required = [(one["name"], "2026-01-01") for one in parameters if one.get("required")]
        for one in parameters:
            values = _values(document, one["schema"])
            if not values:
                continue
            asked += 1
            query = [pair for pair in required if pair[0] != one["name"]]
            answer = await ask(method, path, [*query, (one["name"], "surely_not")])
            told = {error["field"]: _told(error) for error in answer.json()["errors"]}
            if answer.status_code != 400 or told.get(one["name"]) != values:
                silent.append((path, one["name"], answer.text[:300]))

    assert asked > 10
    assert silent == []


@pytest.mark.parametrize(
    ("path", "body", "field", "values"),
    [
        (
            "/api/v1/customers",
            {"number": "1", "name": "王", "kind": "leader", "sex": "m"},
            "sex",
            {"male", "female", ""},
        ),
        (
            f"/api/v1/customers/{NOWHERE}/corrections",
            {"reason": "x", "changes": {"sex": "m"}},
            "changes.sex",
            {"male", "female", ""},
        ),
        (
            f"/api/v1/customers/{NOWHERE}/consents",
            {"purpose": "x", "answer": "m"},
            "answer",
            {"granted", "refused", "withdrawn"},
        ),
    ],
)
async def test_a_field_whose_value_is_none_of_those_there_are_is_answered_with_them(client, path, body, field, values):
    answer = await client.post(path, json=body)

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["rule"]) == (400, field, "a value there is")
    assert _told(error) == values


async def test_a_link_that_was_passed_on_with_words_of_the_messenger_still_opens(world):
    answer = await world.client().get("/s/nothing", params={"from": "singlemessage"})

    assert answer.status_code != 400


def _told(error):
    return set(error.get("fix", "").removeprefix("one of: ").split(", "))


def _values(document, schema):
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    several = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    found = [value for one in several for value in _values(document, one)] or schema.get("enum", [])
    return {value for value in found if value is not None}


@pytest.mark.parametrize("word", [{"points": "1"}, {"points": "25"}, {"period": "x" * 11}])
async def test_what_is_described_keeps_its_bounds(client, word):
    answer = await client.get("/api/v1/figures/complaints/trend", params={"period": "2015-07", **word})

    assert answer.status_code == 400, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [*word]
