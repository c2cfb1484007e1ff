"""What matters most is done only shortly after somebody proved who they are: exports, keys, policy, the rules of signing in."""

from datetime import timedelta

import pyotp
import pytest
from litestar.handlers import HTTPRouteHandler
from msgspec import structs

from guibin.app.guards import CONFIRMED
from support import PASSWORD

CONFIRMATION = "/api/v1/sessions/confirmation"
KEY = {"name": "crm", "scopes": ["customers:read"]}
PART = {"HX-Request-Type": "partial"}


@pytest.fixture(autouse=True)
def soon_asked(world, monkeypatch):
    """As installed: a quarter of an hour."""
    middleware = world.litestar.state.scope_middleware
    monkeypatch.setattr(middleware, "bounds", structs.replace(middleware.bounds, confirm_minutes=15))


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


def later(world, minutes):
    world.clock.set(world.clock() + timedelta(minutes=minutes))


async def makes_key(client):
    return (await client.post("/api/v1/keys", json=KEY)).status_code


async def test_a_key_is_made_only_shortly_after_the_password_was_told(world, admin):
    at_once = await makes_key(admin)
    later(world, 15)
    refused = await admin.post("/api/v1/keys", json=KEY)
    wrong = await admin.post(CONFIRMATION, json={"password": "another horse"})
    still = await makes_key(admin)
    right = await admin.post(CONFIRMATION, json={"password": PASSWORD})

    assert at_once == 201
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/confirm-anew")
    assert "POST /api/v1/sessions/confirmation" in refused.json()["detail"]
    assert (wrong.status_code, wrong.json()["errors"][0]["field"], still) == (422, "password", 403)
    assert (right.status_code, await makes_key(admin)) == (204, 201)
    assert (await admin.get("/api/v1/me")).status_code == 200


async def test_a_customers_copy_leaves_only_shortly_after_the_password_was_told(world, tenant):
    manager = await tenant.staff("manager", "manager")
    manager.headers["Accept-Language"] = "zh-CN"
    opened = await manager.post("/api/v1/customers", json={"number": "K-1", "kind": "leader", "name": "周敏"})
    person = opened.json()["id"]
    asked = {"purpose": "客户本人到厅查询", "legal_basis": "个人信息保护法第四十五条"}
    later(world, 20)

    by_api = await manager.post(f"/api/v1/customers/{person}/copies", json=asked)
    by_page = await manager.post(f"/console/customers/{person}/copy", data=asked, headers=PART)
    relatives = await manager.post(f"/api/v1/customers/{person}/relatives/disclosures", json={"purpose": "核对联系人"})
    await manager.post(CONFIRMATION, json={"password": PASSWORD})
    then = await manager.post(f"/console/customers/{person}/copy", data=asked, headers=PART)

    assert [each.status_code for each in (by_api, by_page, relatives)] == [403] * 3
    assert by_page.headers["x-guibin-confirm"] == "asked"
    assert "周敏" not in by_api.text + by_page.text
    assert (then.status_code, "attachment" in then.headers["content-disposition"]) == (200, True)


async def test_a_code_of_the_second_factor_confirms_too_and_each_once(world, admin):
    app = pyotp.TOTP((await admin.post("/api/v1/me/second-factor")).json()["secret"])
    code = app.at(int(world.clock().timestamp()))
    await admin.post("/api/v1/me/second-factor/confirmation", json={"code": code})
    later(world, 20)
    code = app.at(int(world.clock().timestamp()))

    answers = [(await admin.post(CONFIRMATION, json={"code": code})).status_code for _ in range(2)]

    assert (answers, await makes_key(admin)) == ([204, 422], 201)


async def test_unlocking_confirms_and_another_session_does_not(world, tenant, admin):
    other = world.client()
    signed_in = await other.post(
        "/api/v1/sessions", json={"company": tenant.slug, "login": "admin", "password": PASSWORD}
    )
    other.headers["X-CSRF-Token"] = signed_in.json()["csrf"]
    later(world, 20)
    await admin.post("/console/lock")

    await admin.post("/console/unlock", data={"password": PASSWORD})

    assert (await makes_key(admin), await makes_key(other)) == (201, 403)


async def test_the_company_says_within_how_many_minutes(world, admin):
    said = await admin.put("/api/v1/sign-in-rules", json={"confirm_minutes": 60, "session_hours": 2})
    later(world, 59)
    within = await makes_key(admin)
    later(world, 1)

    assert said.json() == {
        "second_factor_roles": [],
        "confirm_minutes": 60,
        "idle_minutes": None,
        "session_hours": 2,
    }
    assert (within, await makes_key(admin)) == (201, 403)


async def test_a_session_ends_after_the_companys_hours_however_it_is_used(world, tenant, admin):
    await admin.put("/api/v1/sign-in-rules", json={"session_hours": 1})
    client = await tenant.staff("li.wei", "agent")
    answers = []
    for _ in range(3):
        later(world, 25)
        answers.append((await client.get("/api/v1/me")).status_code)

    assert answers == [200, 200, 401]


async def test_guesses_shut_it_and_failures_are_on_record(world, tenant, admin):
    answers = [(await admin.post(CONFIRMATION, json={"password": f"guess {n}"})).status_code for n in range(11)]

    assert answers == [422] * 10 + [429]
    everything = await tenant.client()
    found = await everything.get("/api/v1/audit-entries", params={"action": "session.confirm_refused"})
    assert len(found.json()["items"]) == 10


async def test_a_key_is_asked_for_nothing_and_confirms_nothing(world, tenant):
    key = await tenant.client()
    later(world, 60)

    assert (await makes_key(key), (await key.post(CONFIRMATION, json={"password": PASSWORD})).status_code) == (201, 401)


async def test_who_only_has_the_cookie_confirms_nothing(world, admin):
    later(world, 20)
    csrf = admin.headers.pop("X-CSRF-Token")
    refused = (await admin.post(CONFIRMATION, json={"password": PASSWORD})).status_code
    admin.headers["X-CSRF-Token"] = csrf

    assert (refused, await makes_key(admin)) == (403, 403)


async def test_by_page_it_is_asked_and_then_goes_on(world, admin):
    later(world, 20)
    admin.headers["Accept-Language"] = "zh-CN"
    rules = {"second_factor_roles": ["manager"]}

    part = await admin.post("/console/sign-ins/rules", data=rules, headers=PART)
    asked = await admin.get("/console/confirm", headers=PART)
    wrong = await admin.post("/console/confirm", data={"password": "another horse"}, headers=PART)
    right = await admin.post("/console/confirm", data={"password": PASSWORD}, headers=PART)
    again = await admin.post("/console/sign-ins/rules", data=rules, headers=PART)

    assert (part.status_code, part.headers["x-guibin-confirm"]) == (403, "asked")
    assert ("请再确认一次" in asked.text, wrong.status_code) == (True, 422)
    assert (right.status_code, right.headers["hx-trigger"]) == (200, "guibin:confirmed")
    assert again.status_code == 200


async def test_a_page_of_its_own_leads_to_what_was_wanted(admin):
    wanted = "/console/confirm?next=/console/sessions"
    page = await admin.get(wanted)
    right = await admin.post(wanted, data={"password": PASSWORD}, headers=PART)

    assert (page.status_code, right.headers["hx-redirect"]) == (200, "/console/sessions")


async def test_everything_that_matters_most_asks(world):
    """What may be asked for without a confirmation is decided here: a new export, key or rule that does not ask turns it red."""
    asking = {
        f"{method} {route.path_format}"
        for route in world.litestar.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler) and handler.opt.get(CONFIRMED)
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    }

    assert asking == {
        "POST /api/v1/emergency-accesses",
        "POST /console/emergency-accesses/new",
        "POST /api/v1/exports",
        "GET /api/v1/exports/{transfer_id}/file",
        "POST /api/v1/list-exports",
        "POST /api/v1/customers/{customer_id}/copies",
        "POST /console/customers/{customer_id}/copy",
        "POST /api/v1/customers/{customer_id}/relatives/disclosures",
        "POST /api/v1/register-archives/{archive_id}/disclosures",
        "POST /api/v1/keys",
        "POST /api/v1/keys/{key_id}/rotations",
        "POST /console/keys/texts/{key_id}/do/{command}",
        "POST /console/webhooks/spans/{webhook_id}/do/{command}",
        "POST /api/v1/webhooks",
        "POST /api/v1/webhooks/{webhook_id}/secrets",
        "POST /api/v1/webhooks/{webhook_id}/replays",
        "POST /console/webhooks/secrets/{webhook_id}/do/{command}",
        "POST /api/v1/bundle-imports",
        "POST /console/bundle/import",
        "POST /api/v1/staff/{staff_id}/terms",
        "PATCH /api/v1/staff/{staff_id}/terms/{term_id}",
        "POST /console/people/terms/{term_id}/do/{command}",
        "POST /api/v1/wall-displays",
        "POST /console/wall-displays/new",
        "POST /api/v1/policy/versions",
        "POST /api/v1/policy/proposals",
        "PATCH /api/v1/policy/overrides",
        "POST /api/v1/policy/draft/versions",
        "POST /api/v1/policy/restorations",
        "POST /api/v1/policy/cancellations",
        "POST /console/policy/draft",
        "POST /console/policy/own/{section}/form",
        "POST /console/policy/versions/{version}",
        "PUT /api/v1/enabled-packs/{name}",
        "POST /api/v1/enabled-packs/{name}/ending",
        "POST /console/pack-switches/{name}/{to}",
        "PUT /api/v1/enabled-packs/{name}/upgrade",
        "DELETE /api/v1/enabled-packs/{name}/upgrade",
        "POST /console/pack-upgrades/{name}",
        "POST /console/pack-upgrades/{name}/ending",
        "PUT /api/v1/look-up-limits",
        "PUT /api/v1/sign-in-rules",
        "POST /api/v1/me/second-factor",
        "DELETE /api/v1/me/second-factor",
        "POST /api/v1/me/second-factor/recovery-codes",
        "POST /api/v1/staff/{staff_id}/password",
        "POST /api/v1/staff/{staff_id}/password-links",
        "POST /api/v1/staff/invitations",
        "PUT /api/v1/identity-provider",
        "PUT /api/v1/provisioning",
        "DELETE /api/v1/provisioning",
        "DELETE /api/v1/identity-provider",
        "POST /api/v1/me/passkeys/challenges",
        "DELETE /api/v1/me/passkeys/{passkey_id}",
        "POST /console/passkeys/asked",
        "POST /console/passkeys/{passkey_id}/removal",
        "PUT /api/v1/staff-addresses/{staff_id}",
        "POST /console/sign-ins/invitations",
        "DELETE /api/v1/staff/{staff_id}/second-factor",
        "POST /console/imports/exports",
        "GET /console/imports/{transfer_id}/file",
        "POST /console/lists/{name}/export",
        "POST /console/policy/parts/{part}",
        "POST /console/people/accounts/{company_id}/do/{command}",
        "POST /console/people/returns/{staff_id}/do/{command}",
        "POST /console/people/{staff_id}/do/{command}",
        "POST /console/people/{staff_id}/rights",
        "POST /api/v1/staff/{staff_id}/return",
        "POST /api/v1/roles",
        "PATCH /api/v1/roles/{role_id}",
        "DELETE /api/v1/roles/{role_id}",
        "POST /console/roles/new",
        "POST /console/roles/{role_id}",
        "POST /console/roles/{role_id}/do/{command}",
        "POST /console/identity-provider/settings/{company_id}/do/{command}",
        "POST /console/identity-provider/chats/{company_id}/do/{command}",
        "POST /console/identity-provider/rules/{rule_id}/do/{command}",
        "POST /console/provisioning/settings/{company_id}/do/{command}",
        "POST /console/provisioning/rules/{rule_id}/do/{command}",
        "POST /console/provisioning/keys/{company_id}/do/{command}",
        "PUT /api/v1/field-rights/{role}",
        "POST /console/field-rights/{role}",
        "PUT /api/v1/posts/{post}/roles",
        "POST /console/posts/{post}",
        "PUT /api/v1/evidence/targets",
        "POST /api/v1/evidence/packs",
        "POST /api/v1/evidence/targets/{target_id}/trials",
        "POST /console/evidence/pack",
        "POST /console/evidence/targets/company/{company_id}/do/{command}",
        "POST /console/evidence/targets/{target_id}/do/{command}",
        "POST /api/v1/scripts/{script_id}/activations",
        "POST /console/scripts/switch/{script_id}/do/{command}",
        "POST /console/sign-ins/rules",
        "POST /console/sign-ins/{staff_id}/do/{command}",
        "POST /console/second-factor",
        "POST /console/second-factor/recovery-codes",
        "POST /console/second-factor/taking-away",
    }
