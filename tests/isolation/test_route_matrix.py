"""T3: every route × another tenant's ids, generated from the OpenAPI document: as if the id did not exist."""

import hashlib
import re
from uuid import uuid4

from guibin_tenants.principals import Predicate
from guibin_tenants.scope import tenant_scope

from .matrix import TENANT_TABLES

METHODS = ("get", "post", "put", "patch", "delete")
PARAMETER = re.compile(r"\{[^}]+\}")
# Bodies that get past validation are each slice's own tests; here every body is the empty object.


async def _routes(client):
    document = (await client.get("/api/v1/openapi.json")).json()
    return [
        (method, path)
        for path, operations in document["paths"].items()
        for method in METHODS
        if method in operations and path.startswith("/api/v1/") and "{" in path
    ]


async def _fingerprint(tenant):
    parts = []
    async with tenant_scope(tenant.id) as scope:
        for table in TENANT_TABLES:
            name = table._meta.tablename
            parts.append(
                await scope.connection.fetchval(f"select md5(string_agg(t::text, '|' order by id)) from {name} t")
            )
    return hashlib.md5("|".join(str(p) for p in parts).encode()).hexdigest()


async def test_another_tenants_ids_answer_as_ids_that_do_not_exist(world, two):
    a, b, rows = two
    (everywhere,) = set(rows.values())
    client = await b.client()
    before = await _fingerprint(a)
    differences = []
    for method, path in await _routes(client):
        nowhere = await _call(client, method, path, uuid4())
        answer = await _call(client, method, path, everywhere)
        if answer != nowhere:
            differences.append(f"{method.upper()} {path}: {answer} not {nowhere}")

    assert differences == []
    assert await _fingerprint(a) == before


async def test_there_are_routes_to_try(world, two):
    client = await two[1].client("*")

    assert len(await _routes(client)) >= 3


async def test_every_handler_says_who_may_call_it(world):
    app = world.litestar
    unsaid = [
        f"{sorted(handler.http_methods)} {path}"
        for route in app.routes
        for path, handler in [(route.path, h) for h in getattr(route, "route_handlers", ())]
        if path.startswith("/api/v1/")
        and not isinstance(handler.opt.get("needs"), Predicate | str)
        and "OPTIONS" not in handler.http_methods
    ]

    assert unsaid == []


async def test_no_credential_opens_nothing(world, two):
    client = world.client()
    for method, path in await _routes(client):
        answer = await client.request(method, PARAMETER.sub(str(uuid4()), path), json={})

        assert (method, path, answer.status_code) == (method, path, 401)


async def _call(client, method, path, identifier):
    answer = await client.request(method, PARAMETER.sub(str(identifier), path), json=None if method == "get" else {})
    text = answer.text.replace(str(identifier), "ID")
    return answer.status_code, text
