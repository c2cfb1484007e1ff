"""Every route that writes for a customer, made from the OpenAPI document: an open archive takes it, one that ended does not."""

import re
from uuid import UUID

import pytest
import redis.asyncio as redis
from bodies import Writing
from ended import end, opened_archives
from mails import mail, open_door

from guibin.catalog import TABLES
from guibin_tenants import org_units
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import TenantTable, new_id

WALLED = [table for table in TABLES if issubclass(table, TenantTable)]
PARAMETER = re.compile(r"\{(\w+)\}")
EARLIER, MONEY = "2026-03-01T09:00:00+08:00", {"amount": "1.00", "currency": "CNY"}
CUSTOMER = "/api/v1/customers/{customer_id}"
# What the document alone does not tell: values of the policy, and fields that do not go together (None: left out).
GIVEN = {
    "/api/v1/applications": {
        "kind": "tier",
        "scheme": "key_account",
        "tier": "key",
        "expires_on": None,
        "form": None,
        "answers": None,
    },
    "/api/v1/interactions": {"happened_at": EARLIER},
    "/api/v1/service-requests": {"item": "enquiry", "situation": None, "received_at": EARLIER, "answers": None},
    "/api/v1/complaints": {"received_at": EARLIER, "level": None, "complainant_id": None, "follows_id": None}
    | {"on_behalf": None, "special": None},
    "/api/v1/department-requests": {"task": "assistance", "about": None, "within_hours": None},
    "/api/v1/tasks": {"role": "manager"},
    "/api/v1/receptions": {"leaves_at": "2026-03-09T12:00:00+08:00", "protocol": None, "venue_id": None},
    "/api/v1/lapses": {"happened_at": EARLIER},
    "/api/v1/hotline-calls": {"rang_at": EARLIER},
    "/api/v1/customer-reviews": {"rhythm": None, "escalation": None},
    "/api/v1/materials-given": {"material": "service_guide", "given_on": None},
    "/api/v1/work-logs": {"worked_on": "2026-03-02"},
    "/api/v1/relationship-plans": {"year": 2026, "measures": None},
    CUSTOMER: {"birthday": None, "birthday_lunar": None, "fields": None},
    f"{CUSTOMER}/appraisals": {"scheme": "key_account"},
    f"{CUSTOMER}/corrections": {"changes": {"position": "顾问"}},
    f"{CUSTOMER}/orders": {"price": MONEY, "ends_on": "2027-03-10"},
    f"{CUSTOMER}/orders/{{order_id}}/corrections": {"price": MONEY, "started_on": None, "ends_on": None},
    f"{CUSTOMER}/occasions": {"happened_lunar": None},
    f"{CUSTOMER}/relatives": {"birthday": "1950-01-01"},
}
# What needs more than a customer and a body; the tables that these write to refuse by themselves.
MORE_NEEDED = {
    # Of an archive that is out of sight: tests/core/emergencies.
    "/api/v1/emergency-accesses",
    # A form with a file: tests/core/files.
    f"{CUSTOMER}/files",
    # By these an archive ends and is open again: tests/core/profiles/test_closing.py.
    f"{CUSTOMER}/closings",
    f"{CUSTOMER}/reopenings",
    # The other archive, and choices: tests/core/profiles/test_merging.py.
    f"{CUSTOMER}/merges",
    f"{CUSTOMER}/merges/{{merge_id}}/undoing",
    # A customer of a kind that is recognised before it registers: tests/core/tiers/test_registration.py.
    f"{CUSTOMER}/endorsements",
    f"{CUSTOMER}/membership/{{scheme}}/ending",
    f"{CUSTOMER}/entitlements/adjustments",
    f"{CUSTOMER}/e-cards",
    f"{CUSTOMER}/links/{{link_id}}/ending",
    "/api/v1/redemptions",
    "/api/v1/card-applications",
    "/api/v1/upward-reports",
    "/api/v1/registers/{name}/entries",
    "/api/v1/new-services/{service_id}/tellings",
    "/api/v1/new-services/{service_id}/trials",
    "/api/v1/activities/{activity_id}/invitations",
    "/api/v1/offers/{offer_id}/purchases",
    # An auditor of the whole company, who takes home what is in the log of any archive: tests/core/evidence/test_log.py.
    "/api/v1/evidence/packs",
}
# A former customer complains, calls, writes, takes a consent back, asks what is known and is given a copy of it, and somebody is
# asked to do what that needs; an archive moves with its org unit; how somebody served them then is still put on record when found.
CLOSED_TAKES = {
    f"{CUSTOMER}/assignment",
    f"{CUSTOMER}/consents",
    f"{CUSTOMER}/copies",
    f"{CUSTOMER}/disclosures",
    f"{CUSTOMER}/relatives/disclosures",
    "/api/v1/interactions",
    "/api/v1/hotline-calls",
    "/api/v1/hotline-calls/{call_id}/match",
    "/api/v1/mails/{mail_id}/match",
    "/api/v1/complaints",
    "/api/v1/department-requests",
    "/api/v1/tasks",
    "/api/v1/lapses",
}
ERASED_TAKES = {f"{CUSTOMER}/assignment"}


@pytest.fixture
async def archives(client):
    return await opened_archives(client)


@pytest.fixture
async def writes(client, tenant, archives):
    """Sends every write that names a customer, about one of the archives, `text` in every text: status by path."""
    writing = Writing((await client.get("/api/v1/openapi.json")).json())
    staff = await tenant.staff("li.na", "manager", "tenant_admin")
    # Of whom a lapse is recorded, and whom a complaint is against: never whoever records it.
    other = await tenant.staff("wang.fang", "account_manager")
    async with tenant.scope():
        unit = str((await org_units.head_office()).id)
    door = await open_door(client, tenant.world.clock)
    orders = {state: await _order(tenant, customer_id) for state, customer_id in archives.items()}

    async def send(state, text):
        ids = {"": archives[state], "customer_id": archives[state], "of_customer_id": archives["other"]}
        ids |= dict.fromkeys(("org_unit_id", "to_unit_id", "unit_id"), unit) | {"order_id": orders[state]}
        ids |= dict.fromkeys(("owner_id", "account_manager_id"), str(staff.staff_id))
        ids |= dict.fromkeys(("staff_id", "against_id"), str(other.staff_id))
        ids |= {"mail_id": await _mail(door, state), "call_id": await _call(client)}
        found = {}
        for method, path in writing.routes():
            if not writing.names_customer(method, path) or path in MORE_NEEDED:
                continue
            body = writing.body(method, path, ids=ids, text=text) | GIVEN.get(path, {})
            body = {name: value for name, value in body.items() if value is not None}
            at = PARAMETER.sub(lambda name, ids=ids: ids[name[1]], path)
            found[path] = await staff.request(method, at, json=_said(body, text))
        return found

    return send


def _said(body, text):
    return {name: text if value == "欧阳海棠" else value for name, value in body.items()}


async def _mail(door, state):
    """A mail of nobody's known."""
    return (await door.hand(mail(message_id=f"<{state}@qq.com>")))["id"]


async def _call(client):
    """A call whose number is withheld."""
    answer = await client.post("/api/v1/hotline-calls", json={})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def _order(tenant, customer_id):
    order_id = new_id()
    async with tenant.scope():
        await execute(
            "insert into product_order (id, customer_id, number, product, price, currency, started_on, ends_on, created_at)"
            " values ($1, $2, $3, '体育包', 1, 'CNY', '2026-01-01', '2027-01-01', now())",
            order_id,
            UUID(customer_id),
            f"D-{order_id}",
        )
    return str(order_id)


def taken(answers):
    return {path for path, answer in answers.items() if answer.status_code < 300}


async def test_an_open_archive_takes_every_write(writes):
    answers = await writes("open", "欧阳海棠")

    refused = {path: answer.text for path, answer in answers.items() if answer.status_code >= 300}
    assert refused == {}
    assert len(answers) > 20


async def test_a_closed_archive_takes_what_a_former_customer_does(client, tenant, archives, writes):
    await end(client, tenant, archives)

    answers = await writes("closed", "欧阳海棠")

    assert taken(answers) == CLOSED_TAKES
    others = {path: answer for path, answer in answers.items() if path not in CLOSED_TAKES}
    assert {answer.json()["type"] for answer in others.values()} == {"/problems/archive-closed"}


async def test_an_erased_one_takes_nothing(client, tenant, archives, writes):
    await end(client, tenant, archives)

    answers = await writes("erased", "东方不败札记")

    assert taken(answers) == ERASED_TAKES
    others = [answer for path, answer in answers.items() if path not in ERASED_TAKES]
    assert {answer.json()["type"] for answer in others} <= {"/problems/archive-erased", "/problems/not-found"}
    assert await where(tenant, "东方不败札记") == set()


async def where(tenant, text):
    """Tables and columns in which the text stands, of every table."""
    found = set()
    async with tenant.scope():
        for table in WALLED:
            name = table._meta.tablename
            rows = await fetch(
                f"select distinct e.key from {name} t, jsonb_each_text(to_jsonb(t)) e where e.value like $1",
                f"%{text}%",
            )
            found |= {f"{name}.{row['key']}" for row in rows}
    return found


# Where what was written about an erased customer stands on, and why.
STAYS = {
    "audit_entry.purpose": "why somebody was shown values in clear",
    "consent.note": "how the consent was given: its proof is kept with it",
    "consent.purpose": "a code",
    "disclosure.legal_basis": "whom the customer's data went to, and why, is owed to the customer and the authority",
    "disclosure.purpose": "as its legal basis",
    "disclosure.recipient": "as its legal basis",
    "hotline_call.reference": "the switch's own number: said twice, it is one call",
    "product_order.product": "what was sold",
    "team_member.part": "what a member of staff does",
}


async def test_what_was_written_over_http_is_gone_with_the_customer(client, tenant, archives, writes, database):
    canary = "东方不败札记"
    await writes("erased", canary)
    assert len(await where(tenant, canary)) > 20

    await end(client, tenant, archives)

    assert await where(tenant, canary) - set(STAYS) == set()
    async with redis.from_url(database.redis) as store:
        values = [await store.dump(key) async for key in store.scan_iter()]
    assert [value for value in values if canary.encode() in (value or b"")] == []
