"""A request repeated with its Idempotency-Key: the same answer, which is a look like the first one or is not given at all."""

from uuid import UUID

import pytest
from looking import CUSTOMER, PURPOSE

from guibin_tenants.keyring import (
    KeyringError,
    Place,
    forget,
    joint_key,
    known_subject_keys,
    seal,
    subject_keys,
    unseal,
)
from guibin_tenants.scope import execute, fetch_value
from guibin_tenants.tables import new_id

KEY = {"Idempotency-Key": "once"}
NOT_REPEATED = (410, "/problems/answer-not-repeated")


async def opened(client, **changes):
    answer = await client.post("/api/v1/customers", json=CUSTOMER | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def entries(client, action):
    return (await client.get("/api/v1/audit-entries", params={"action": action})).json()["items"]


@pytest.mark.rule("S07-8", "S12-5")
async def test_a_value_shown_again_is_on_record_again(client):
    customer = await opened(client)
    path = f"/api/v1/customers/{customer['id']}/disclosures"

    first, *again = [await client.post(path, json=PURPOSE, headers=KEY) for _ in range(3)]

    assert first.json()["values"] == {"mobile": ["13800138000"]}
    assert [(answer.status_code, answer.content) for answer in again] == [(201, first.content)] * 2
    assert len(await entries(client, "customer.disclose")) == 1
    repeats = await entries(client, "answer.repeat")
    assert [entry["customer_ids"] for entry in repeats] == [[customer["id"]]] * 2


async def test_an_answer_about_no_customer_needs_no_entry(client):
    body = {"text": "没有信号", "channel": "phone"}

    first, again = [await client.post("/api/v1/complaints", json=body, headers=KEY) for _ in range(2)]

    assert (again.status_code, again.content) == (201, first.content)
    assert await entries(client, "answer.repeat") == []


@pytest.mark.rule("S12-5")
async def test_erasure_closes_every_answer_the_customer_was_shown_in(client, tenant):
    customer = await opened(client)
    path = f"/api/v1/customers/{customer['id']}"
    complaint = {"text": "没有信号", "channel": "phone", "customer_id": customer["id"]}
    requests = {
        "disclosure": (f"{path}/disclosures", PURPOSE),
        "complaint": ("/api/v1/complaints", complaint),
        "consent": (f"{path}/consents", {"purpose": "vip", "answer": "granted"}),
    }
    for key, (where, body) in requests.items():
        first = await client.post(where, json=body, headers={"Idempotency-Key": key})
        assert first.status_code == 201, first.text

    await client.delete(path)
    again = [
        await client.post(where, json=body, headers={"Idempotency-Key": key}) for key, (where, body) in requests.items()
    ]

    assert [(answer.status_code, answer.json()["type"]) for answer in again] == [NOT_REPEATED] * 3
    assert "do not send it again" in again[0].json()["detail"]
    async with tenant.scope():
        assert await fetch_value("select count(*) from complaint") == 1


async def test_a_key_made_anew_after_erasure_opens_no_old_answer(client, tenant):
    customer = await opened(client)
    path = f"/api/v1/customers/{customer['id']}"
    await client.post(f"{path}/disclosures", json=PURPOSE, headers=KEY)
    await client.delete(path)
    async with tenant.scope():
        await subject_keys([UUID(customer["id"])])
        await execute("update customer set erased_at = null where id = $1", customer["id"])

    again = await client.post(f"{path}/disclosures", json=PURPOSE, headers=KEY)

    assert again.status_code == 500
    assert "13800138000" not in again.text


async def test_what_is_not_seen_any_more_is_not_shown_again(tenant):
    admin, person = await tenant.staff("admin", "tenant_admin"), await tenant.staff("person", "agent")
    first, again = [await person.post("/api/v1/customers", json=CUSTOMER, headers=KEY) for _ in range(2)]

    changed = await admin.put("/api/v1/field-rights/agent", json={"rights": {"class.confidential": "hidden"}})
    after = await person.post("/api/v1/customers", json=CUSTOMER, headers=KEY)

    assert (first.status_code, again.content, changed.status_code) == (201, first.content, 204)
    assert "mobile" in first.json()["masked"]
    assert (after.status_code, after.json()["type"]) == NOT_REPEATED


@pytest.mark.rule("S02-6")
async def test_a_customer_who_went_behind_the_wall_is_not_shown_again(client, tenant):
    await tenant.unit("jinniu")
    await tenant.unit("wuhou")
    customer = await opened(client, org_unit_id=str(tenant.units["jinniu"]))
    path = f"/api/v1/customers/{customer['id']}"
    own = await tenant.staff("own", "account_manager", unit="jinniu")
    first = await own.post(f"{path}/disclosures", json=PURPOSE, headers=KEY)
    await client.post(f"{path}/assignment", json={"org_unit_id": str(tenant.units["wuhou"])})

    again = await own.post(f"{path}/disclosures", json=PURPOSE, headers=KEY)

    assert first.status_code == 201
    assert (again.status_code, again.json()["type"]) == NOT_REPEATED


async def test_who_may_do_less_than_then_is_shown_nothing_again(client, tenant, world):
    customer = await opened(client)
    path = f"/api/v1/customers/{customer['id']}/disclosures"
    manager = await tenant.staff("manager", "account_manager")
    first = await manager.post(path, json=PURPOSE, headers=KEY)
    changed = await client.patch(f"/api/v1/staff/{manager.staff_id}", json={"roles": ["agent"]})

    again = await manager.post(path, json=PURPOSE, headers=KEY)

    assert (first.status_code, changed.status_code) == (201, 200)
    assert (again.status_code, again.json()["type"]) == NOT_REPEATED


async def test_one_callers_key_is_nobody_elses(client, tenant):
    customer = await opened(client)
    path = f"/api/v1/customers/{customer['id']}/disclosures"
    other = await tenant.client("customers:read")
    await client.post(path, json=PURPOSE, headers=KEY)

    answer = await other.post(path, json=PURPOSE, headers=KEY)

    assert answer.status_code == 403


async def test_a_joint_key_takes_every_subject_in_any_order(tenant):
    first, second = new_id(), new_id()
    place = Place("idempotency_record", "body", new_id())
    async with tenant.scope() as scope:
        sealed = seal(await joint_key(await subject_keys([first, second])), place, "二人")
        key = await joint_key(await known_subject_keys([second, first]))
        assert (unseal(key, place, sealed), scope.opened) == ("二人", {first, second})
        for fewer in ([first], [second], []):
            with pytest.raises(KeyringError):
                unseal(await joint_key(await known_subject_keys(fewer)), place, sealed)
        await forget(second)
        assert set(await known_subject_keys([first, second])) == {first}
        scope.rollback_only = True
