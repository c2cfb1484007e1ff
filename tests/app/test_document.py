"""The OpenAPI document tells the truth: what an address takes and every answer it gives."""

import re
from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar
from uuid import uuid4

import msgspec
import pytest
from msgspec import Meta, Struct

from guibin.app.document_moments import mark_moments, structs_in

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
async def document(client):
    return (await client.get("/api/v1/openapi.json")).json()


def operations(document):
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def values(node, name):
    """Every value under this key, wherever it stands."""
    if isinstance(node, dict):
        yield from (each for key, each in node.items() if key == name)
        node = list(node.values())
    for each in node if isinstance(node, list) else ():
        yield from values(each, name)


async def test_every_refusal_is_a_problem_document(document):
    for path, method, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert answer["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }, f"{method} {path} {status}"


async def test_an_operation_says_how_it_may_be_refused(document):
    complaint = document["paths"]["/api/v1/complaints/{complaint_id}"]["get"]["responses"]
    intake = document["paths"]["/api/v1/complaints"]["post"]["responses"]
    change = document["paths"]["/api/v1/customers/{customer_id}"]["patch"]["responses"]

    assert set(complaint) == {"200", "400", "401", "403", "404", "410", "422", "429", "503"}
    assert set(intake) == {"201", *["400", "401", "403", "404", "408", "409", "410", "413", "415", "422", "429", "503"]}
    assert set(change) == {
        "200",
        *["400", "401", "403", "404", "408", "409", "410", "412", "413", "415", "422", "429", "503"],
    }


async def test_what_needs_no_credential_says_so(document):
    assert document["paths"]["/api/v1/sessions"]["post"]["security"] == []
    assert document["paths"]["/api/v1/me"]["get"].get("security") != []


async def test_what_needs_no_credential_answers_as_described_whoever_asks_for_nothing(world, client, document):
    asked = [each for each in operations(document) if each[2].get("security") == []]
    async with world.client() as stranger:
        answers = {
            f"{who} {method} {path}": (
                await by.request(method, re.sub("{[^}]+}", str(uuid4()), path), json={})
            ).status_code
            for who, by in (("a stranger", stranger), ("a key", client))
            for path, method, _ in asked
        }

    described = {f"{method} {path}": set(operation["responses"]) for path, method, operation in asked}
    untold = {each: s for each, s in answers.items() if str(s) not in described[each.split(" ", 2)[2]]}
    assert ("delete /api/v1/sessions" in described, untold) == (True, {})


async def test_a_time_of_day_is_no_duration_and_patterns_are_those_of_the_document(document):
    opens = document["components"]["schemas"]["Window"]["properties"]["opens"]

    assert re.match(opens["pattern"], "09:00:00")
    patterns = [each for each in values(document, "pattern") if isinstance(each, str)]
    assert [each for each in patterns if r"\Z" in each] == []


async def test_patterns_mean_the_same_to_python_and_to_whoever_reads_the_document(document):
    """Where one knows more spaces, digits and letters than the other, they are named."""
    patterns = [each for each in values(document, "pattern") if isinstance(each, str)]

    assert [each for each in patterns if re.search(r"\\[dDwWSbB]", each)] == []
    assert [each for each in patterns if each.count(r"\s") != each.count(r"\s\x1c-\x1f\x85\ufeff")] == []


async def test_what_makes_clients_of_the_document_finds_no_word_for_a_schema_and_no_name_twice(document):
    schemas = document["components"]["schemas"]
    titles = [schema["title"] for schema in schemas.values()]

    assert titles == list(schemas)
    assert len({title.lower() for title in titles}) == len(titles)
    assert [each for each in values(document, "items") if isinstance(each, bool)] == []
    assert [each for each in values(document, "default") if isinstance(each, dict) and each] == []


async def test_an_operation_says_which_permission_it_needs(document):
    intake = document["paths"]["/api/v1/complaints"]["post"]
    silent = [
        path for path, _, each in operations(document) if not each.get("description") and each.get("security") != []
    ]

    assert (intake["description"], silent) == ("Needs complaints:write.", [])


async def test_lists_hold_one_kind_and_unknown_fields_are_excluded(document):
    key = document["components"]["schemas"]["NewApiKey"]

    assert key["properties"]["scopes"]["items"]["type"] == "string"
    assert key["additionalProperties"] is False


async def test_every_reference_leads_somewhere_and_names_are_short(document):
    schemas = document["components"]["schemas"]

    assert {each.rpartition("/")[2] for each in values(document, "$ref")} <= set(schemas)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) and "guibin" not in name for name in schemas)


async def test_a_parameter_is_never_null(document):
    for path, _, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            options = parameter["schema"].get("oneOf", [parameter["schema"]])
            assert {"type": "null"} not in options, f"{path} {parameter['name']}"


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("complaints?customer_id=null", "customer_id"),
        ("complaints?owner_id=NULL", "owner_id"),
        ("complaints?received_from=0", "received_from"),
        ("complaints?received_from=2026-03-01T08:00:00", "received_from"),
        ("audit-entries?since=1772323200", "since"),
        ("customers?not_contacted_since=0", "not_contacted_since"),
    ],
)
async def test_a_value_that_would_be_read_as_something_else_is_refused_by_name(client, address, field):
    answer = await client.get(f"/api/v1/{address}")

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_moment_with_its_offset_and_a_word_called_null_are_taken(client):
    moment = await client.get("/api/v1/complaints", params={"received_from": "2026-03-01T08:00:00+08:00"})
    word = await client.get("/api/v1/customers", params={"q": "null"})

    assert (moment.status_code, word.status_code) == (200, 200)


# Places in a program, what limits count from, which is an event, and what went out as texts.
NO_MOMENTS = {
    *("JobView.error_at", "JobsAttemptView.error_at", "TimeLimitView.counted_from", "PromiseView.counted_from"),
    *("NoticeContent.leaves_at", "TaskLine.due_at"),
}
Item = TypeVar("Item")


class Inner(Struct):
    when: datetime


class Listed(Struct, Generic[Item]):
    items: list[Item]


class Shapes(Struct):
    plain: datetime
    or_nothing: datetime | None
    bounded: Annotated[datetime, Meta(description="x")]
    many: list[datetime]
    at_most: tuple[datetime, ...] | None
    pair: tuple[datetime, str]
    by_name: dict[str, datetime]
    by_name_or_none: dict[str, datetime | None] | None
    inner: Inner
    day: date | None
    text: str
    word: str | None
    one_of: Literal["a", "b"] | None


def test_every_moment_says_that_it_is_one():
    moment, text = {"type": "string", "format": "date-time"}, {"type": "string"}
    structs = structs_in([Listed[Shapes]])
    references, components = msgspec.json.schema_components([*structs], ref_template="{name}")
    for reference, struct in zip(references, structs.values(), strict=True):
        mark_moments(components[reference["$ref"]], struct)

    said = components["Shapes"]["properties"]
    assert said["plain"] == moment
    assert said["or_nothing"] == {"anyOf": [moment, {"type": "null"}]}
    assert said["bounded"] == moment | {"description": "x"}
    assert said["many"] == {"type": "array", "items": moment}
    assert said["at_most"] == {"anyOf": [{"type": "array", "items": moment}, {"type": "null"}]}
    assert said["pair"]["prefixItems"] == [moment, text]
    assert said["by_name"]["additionalProperties"] == moment
    assert said["by_name_or_none"]["anyOf"][0]["additionalProperties"] == {"anyOf": [moment, {"type": "null"}]}
    assert said["day"]["anyOf"] == [text | {"format": "date"}, {"type": "null"}]
    assert (said["text"], said["word"]["anyOf"]) == (text, [text, {"type": "null"}])
    assert "format" not in str(said["one_of"])
    assert components["Inner"]["properties"]["when"] == moment


async def test_moments_of_the_api_are_moments_in_its_document(document):
    texts = {
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, said in schema.get("properties", {}).items()
        if field.endswith(("_at", "_since", "_from", "_until"))
        if {"type": "string"} in [said, *said.get("anyOf", ())]
    }

    assert texts == NO_MOMENTS
    assert document["components"]["schemas"]["ComplaintView"]["properties"]["received_at"]["format"] == "date-time"


# Of a policy's own words, of several things at once, or of what has none yet.
OPEN_STATES = {"ReplyLine", "Arriving", "BoardLine", "Decision", "PlanDue"}


async def test_the_states_of_things_are_those_there_are(document):
    texts = {
        name
        for name, schema in document["components"]["schemas"].items()
        for field, said in schema.get("properties", {}).items()
        if field in ("state", "handling_state", "direction") and {"type": "string"} in [said, *said.get("anyOf", ())]
    }

    assert texts == OPEN_STATES
    assert document["components"]["schemas"]["ComplaintView"]["properties"]["state"]["enum"] == [
        *("closed", "open", "resolved", "waiting")
    ]
