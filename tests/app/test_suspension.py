"""A suspended company: 403 on every route there is, for its keys and its signed-in people; others do not notice."""

import re
from uuid import uuid4

from guibin_tenants import registry
from guibin_tenants.scope import fetch_value
from support import PASSWORD

PARAMETER = re.compile(r"\{[^}]+\}")
METHODS = ("get", "post", "put", "patch", "delete")
# Whoever signs in has no credential yet (a test of its own), and a key neither signs out nor has a password.
SESSIONS = "/api/v1/sessions"
# Passkeys have a test of their own (core/administration/test_passkeys.py).
PASSKEYS = tuple(
    f"{SESSIONS}/{path}"
    for path in (
        "passkey",
        "passkey/challenges",
        "second-factor/passkey",
        "second-factor/challenges",
        "confirmation/passkey",
        "confirmation/challenges",
    )
)
PASSWORDS, FORGOTTEN = "/api/v1/me/password", "/api/v1/password-resets"
# What a session is told of the person behind it.
PROOFS = {f"{SESSIONS}/second-factor": {"code": "123456"}, f"{SESSIONS}/confirmation": {"password": PASSWORD}}


def routes(document):
    return [
        (method, path)
        for path, operations in document["paths"].items()
        for method in METHODS
        if method in operations
        and path.startswith("/api/v1/")
        and path not in (SESSIONS, PASSWORDS, FORGOTTEN, *PASSKEYS, *PROOFS)
    ]


async def answers(client, document):
    found = set()
    for method, path in routes(document):
        address = PARAMETER.sub(lambda _: str(uuid4()), path)
        answer = await client.request(method, address, json=None if method == "get" else {})
        found.add((method, path, answer.status_code, answer.json().get("type")))
    return found


async def test_every_route_answers_403_to_keys_and_sessions(world, tenant, client, owner):
    document = (await client.get("/api/v1/openapi.json")).json()
    person = await tenant.staff("admin", "tenant_admin")
    served = [(await one.get("/api/v1/me")).status_code for one in (client, person)]
    await registry.suspend(owner, tenant.slug, because="unpaid", now=world.clock())
    # Another process did that, which tells this one in a moment (test_revoked.py).
    world.litestar.state.scope_middleware.remembered.forget_all()
    async with tenant.scope():
        before = await fetch_value("select count(*) from audit_entry")

    refused = [await answers(one, document) for one in (client, person)]
    change = await person.put(PASSWORDS, json={"present": PASSWORD, "new": "another horse battery"})
    proofs = [(await person.post(path, json=body)).status_code for path, body in PROOFS.items()]
    sign_out = await person.delete(SESSIONS)

    everywhere = {(method, path, 403, "/problems/tenant-suspended") for method, path in routes(document)}
    async with tenant.scope():
        after = await fetch_value("select count(*) from audit_entry")
    assert served == [200, 200]
    assert len(everywhere) > 250
    assert [found ^ everywhere for found in refused] == [set(), set()]
    assert (change.status_code, proofs, sign_out.status_code, after) == (403, [403, 403], 403, before)


async def test_nobody_of_it_signs_in_and_its_neighbour_is_served(world, tenant, other_tenant, owner):
    await tenant.staff("li.wei")
    neighbour = await other_tenant.client()
    await registry.suspend(owner, tenant.slug, because="unpaid", now=world.clock())
    who = {"company": tenant.slug, "login": "li.wei", "password": PASSWORD}

    right = await world.client().post("/api/v1/sessions", json=who)
    wrong = await world.client().post("/api/v1/sessions", json=who | {"password": "another password"})

    assert (right.status_code, right.json()["type"]) == (403, "/problems/tenant-suspended")
    assert "set-cookie" not in right.headers
    # That it is suspended is told to nobody who does not belong to it.
    assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/unauthenticated")
    assert (await neighbour.get("/api/v1/me")).status_code == 200


async def test_it_is_served_again_when_it_is_resumed(world, tenant, owner):
    client = await tenant.client()
    await registry.suspend(owner, tenant.slug, because="unpaid", now=world.clock())
    refused = (await client.get("/api/v1/me")).status_code
    await registry.resume(owner, tenant.slug)

    assert (refused, (await client.get("/api/v1/me")).status_code) == (403, 200)
