"""A secret that is shown once is in no kept answer: whoever repeats the request is not shown it again."""

from litestar.handlers import HTTPRouteHandler

from guibin.repeats.actions import SHOWN_ONCE
from guibin_tenants.scope import fetch

SECRETS = {"token", "secret", "password", "key_text", "api_key", "codes"}
REPEAT = {"Idempotency-Key": "once"}
ENDPOINT = {"url": "https://example.com/hook", "event_types": ["complaint_received"]}


async def test_a_repeat_is_not_shown_a_keys_text_again(tenant):
    admin = await tenant.staff("admin", "tenant_admin")
    new = {"name": "crm", "scopes": ["customers:read"]}

    first = await admin.post("/api/v1/keys", json=new, headers=REPEAT)
    again = await admin.post("/api/v1/keys", json=new, headers=REPEAT)

    assert (first.status_code, again.status_code, again.json()["type"]) == (201, 410, "/problems/answer-not-repeated")
    assert first.json()["token"] not in again.text
    assert len((await admin.get("/api/v1/keys")).json()) == 1


async def test_a_repeat_is_not_shown_a_webhooks_secret_again(client, tenant):
    first = await client.post("/api/v1/webhooks", json=ENDPOINT, headers=REPEAT)
    assert first.status_code == 201, first.text
    path = f"/api/v1/webhooks/{first.json()['webhook']['id']}/secrets"
    second = await client.post(path, json={}, headers=REPEAT | {"Idempotency-Key": "two"})

    again = [
        await client.post("/api/v1/webhooks", json=ENDPOINT, headers=REPEAT),
        await client.post(path, json={}, headers=REPEAT | {"Idempotency-Key": "two"}),
    ]

    assert second.status_code == 201
    assert [one.status_code for one in again] == [410, 410]
    async with tenant.scope():
        assert [bytes(row["body"]) for row in await fetch("select body from idempotency_record")] == [b"", b""]


async def test_every_answer_with_a_secret_says_so(world):
    document = (await world.client().get("/api/v1/openapi.json")).json()
    marked = {
        route.path_format
        for route in world.litestar.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler) and handler.opt.get(SHOWN_ONCE) and handler.resolve_include_in_schema()
    }
    showing = {
        path
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        # A session is no answer that is kept: it is made outside of what a key is honoured for.
        if method == "post" and path != "/api/v1/sessions" and _fields(operation, document) & SECRETS
    }

    assert len(showing) == 9
    # An address that opens a file for a minute, and a code that opens a wall display, are shown once, too.
    assert marked == showing | {"/api/v1/files/{file_id}/disclosures", "/api/v1/wall-displays"}


def _fields(operation, document):
    """The names of the fields of what it answers when all is well, at any depth."""
    found, seen = set(), set()
    waiting = [answer for status, answer in operation["responses"].items() if status < "300"]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        if not isinstance(one, dict):
            continue
        reference = one.get("$ref", "")
        if reference and reference not in seen:
            seen.add(reference)
            waiting.append(document["components"]["schemas"][reference.rsplit("/", 1)[-1]])
        found |= set(one.get("properties", ()))
        waiting += one.values()
    return found
