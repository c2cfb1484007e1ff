"""What left and to whom, and what changed in who may do what."""

import pytest
from looking import CUSTOMER, PURPOSE


@pytest.fixture
async def auditor(tenant):
    return await tenant.staff("auditor", "auditor")


@pytest.fixture
async def opened(client):
    answer = await client.post("/api/v1/customers", json=CUSTOMER)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def got(client, path, **params):
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_what_left_says_to_whom_and_on_which_basis(client, tenant, auditor, opened):
    manager = await tenant.staff("manager", "manager")
    outside = {"leaves_to": "outside", "recipient": "成都市公安局", "legal_basis": "协查函 2026-11"}
    for new in (PURPOSE, PURPOSE | outside):
        answer = await manager.post(f"/api/v1/customers/{opened}/disclosures", json=new)
        assert answer.status_code in (200, 201), answer.text
    await manager.get("/api/v1/customers/export", params={"purpose": "月度核对名单"})

    found = await got(auditor, "/api/v1/departures", how="reveal")
    left = await got(auditor, "/api/v1/departures", outside="true")
    theirs = await got(auditor, "/api/v1/departures", customer_id=opened, how="reveal")

    assert [(each["recipient"], each["basis"], each["purpose"]) for each in found] == [
        ("成都市公安局", "协查函 2026-11", PURPOSE["purpose"]),
        ("", "", PURPOSE["purpose"]),
    ]
    assert [each["recipient"] for each in left] == ["成都市公安局"]
    assert [each["fields"] for each in theirs] == [["mobile"], ["mobile"]]
    assert (await got(auditor, "/api/v1/audit-entries", action="audit.departures"))[0]["customer_ids"] == [opened]


async def test_who_gained_and_lost_which_role_is_told(tenant, auditor):
    admin = await tenant.staff("admin", "tenant_admin")
    added = await admin.post(
        "/api/v1/staff", json={"login": "li.na", "name": "李娜", "roles": ["agent"], "password": "zhuhai-lantern-77"}
    )
    assert added.status_code == 201, added.text
    staff = added.json()["id"]
    changed = await admin.patch(f"/api/v1/staff/{staff}", json={"roles": ["manager"]})
    named = await admin.patch(f"/api/v1/staff/{staff}", json={"name": "李娜娜"})
    await admin.post(f"/api/v1/staff/{staff}/leaving", json={})

    assert (added.status_code, changed.status_code, named.status_code) == (201, 200, 200)
    found = [each for each in await got(auditor, "/api/v1/rights-changes", kind="role") if each["whom"] == "李娜娜"]

    assert [(each["action"], each["given"], each["taken"]) for each in found] == [
        ("staff.leave", [], ["manager"]),
        ("staff.change", [], []),
        ("staff.change", ["manager"], ["agent"]),
        ("staff.add", ["agent"], []),
    ]


async def test_failures_and_lock_outs_stand_apart_and_keys_are_named(client, tenant, auditor, world):
    admin = await tenant.staff("admin", "tenant_admin")
    key = await admin.post("/api/v1/keys", json={"name": "CRM", "scopes": ["customers:read"]})
    assert key.status_code == 201, key.text

    keys = await got(auditor, "/api/v1/rights-changes", kind="key")
    trouble = await got(auditor, "/api/v1/rights-changes", trouble="true")

    assert [(each["action"], each["whom"], each["trouble"]) for each in keys] == [("key.create", "CRM", False)]
    assert all(each["trouble"] for each in trouble)


async def test_a_version_of_the_policy_says_what_it_changed(client, tenant, auditor):
    admin = await tenant.staff("admin", "tenant_admin")
    for days in (20, 25):
        body = {"overrides": {"closing": {"reasons": ["left"], "restored_days": days}}, "note": f"改为{days}天"}
        answer = await admin.post("/api/v1/policy/versions", json=body)
        assert answer.status_code == 201, answer.text

    whole = (await auditor.get("/api/v1/policy/versions/2/changes")).json()
    listed = await got(auditor, "/api/v1/rights-changes", kind="policy")

    assert whole["before"] == 1
    assert whole["parts"] == [
        {
            "part": "closing",
            "elements": [{"name": "", "how": "changed", "clause": "", "figures": [["restored_days", "20", "25"]]}],
        }
    ]
    assert sorted(each["version"] for each in listed) == [1, 2]
    assert (await auditor.get("/api/v1/policy/versions/3/changes")).status_code == 404
