"""Departments set the standards of their own part, and whoever must comply reads what changed (S04-4, S08-4, S04-6, S01-13)."""

from datetime import timedelta

import pytest
from desk import open_desk
from running import come_round, work_off

from guibin.policy_changes.jobs import RemindPolicyReaders
from guibin_tenants.scope import fetch_value

PROPOSALS = "/api/v1/policy/proposals"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "banking")


@pytest.fixture
async def bank(desk):
    await desk.tenant.unit("moyu")
    staff = desk.tenant.staff
    return {
        "corporate": await staff("corporate", "corporate_department"),
        "personal": await staff("personal", "personal_department"),
        "international": await staff("international", "international_department"),
        "president": await staff("president", "president"),
        "branch": await staff("branch", "branch_head", unit="moyu"),
        "lin": await staff("lin", "account_manager", unit="moyu"),
    }


def figure(name, value, unit="CNY"):
    return {"settings": [{"name": name, "value": value, "unit": unit}]}


async def propose(who, part, overrides, **more):
    return await who.post(PROPOSALS, json={"part": part, "overrides": overrides, "note": "标准调整"} | more)


async def setting(desk, name):
    policy = (await desk.client.get("/api/v1/policy")).json()
    return next(one["value"] for one in policy["settings"] if one["name"] == name)


async def told(desk, who, kind):
    await work_off(desk.tenant)
    found = (await who.get("/api/v1/notices")).json()["items"]
    return [one for one in found if one["kind"] == kind]


async def heard(desk, who, kind):
    """As `told`, however long ago somebody signed in."""
    async with desk.tenant.scope():
        return await fetch_value(
            "select count(*) from staff_notice where staff_id = $1 and kind = $2", who.staff_id, kind
        )


async def decide(who, approval_id, approved, reason="同意"):
    return await who.post(f"/api/v1/approvals/{approval_id}/decision", json={"approved": approved, "reason": reason})


@pytest.mark.rule("S04-4")
async def test_the_corporate_department_drafts_and_the_president_puts_in_force(desk, bank):
    before = await setting(desk, "corporate_deposit_gold")
    proposed = await propose(bank["corporate"], "corporate_standards", figure("corporate_deposit_gold", 600_000_000))
    waiting = await setting(desk, "corporate_deposit_gold")
    own = await decide(bank["corporate"], proposed.json()["approval_id"], True)
    decided = await decide(bank["president"], proposed.json()["approval_id"], True)

    assert proposed.status_code == 201, proposed.text
    (change,) = proposed.json()["changes"]
    assert (change["old"]["zh"], change["new"]["zh"], change["clause"]) == (
        "5,000,000.00 元",
        "6,000,000.00 元",
        "S04-1",
    )
    assert (before, waiting) == (500_000_000, 500_000_000)
    assert (own.status_code, decided.status_code) == (403, 200)
    assert await setting(desk, "corporate_deposit_gold") == 600_000_000


@pytest.mark.rule("S04-4")
async def test_what_the_president_refuses_leaves_nothing(desk, bank):
    proposed = (
        await propose(bank["corporate"], "corporate_standards", figure("corporate_deposit_gold", 600_000_000))
    ).json()
    twice = await propose(bank["corporate"], "corporate_standards", figure("corporate_deposit_gold", 700_000_000))
    await decide(bank["president"], proposed["approval_id"], False, "时机不成熟")

    assert twice.status_code == 409
    assert (await bank["corporate"].get(f"{PROPOSALS}/{proposed['id']}")).json()["outcome"] == "rejected"
    assert await setting(desk, "corporate_deposit_gold") == 500_000_000
    assert (await desk.client.get("/api/v1/policy/versions")).json() == []
    assert await told(desk, bank["lin"], "policy_announced") == []


@pytest.mark.rule("S08-4")
@pytest.mark.rule("S04-6")
@pytest.mark.parametrize(
    ("who", "part", "name", "value", "unit"),
    [
        ("personal", "personal_standards", "deposit_gold", 6_000_000, "CNY"),
        ("international", "international_standards", "settlement_gold", 60_000_000, "USD"),
    ],
)
async def test_the_other_departments_set_their_own(desk, bank, who, part, name, value, unit):
    proposed = await propose(bank[who], part, figure(name, value, unit))

    assert (proposed.status_code, proposed.json()["outcome"]) == (201, "approved"), proposed.text
    assert await setting(desk, name) == value


@pytest.mark.rule("S04-4")
@pytest.mark.rule("S08-4")
async def test_nobody_changes_what_is_anothers(desk, bank):
    not_mine = await propose(bank["personal"], "corporate_standards", figure("corporate_deposit_gold", 1))
    smuggled = await propose(
        bank["personal"],
        "personal_standards",
        {
            "settings": [
                *figure("deposit_gold", 6_000_000)["settings"],
                *figure("corporate_deposit_gold", 1)["settings"],
            ]
        },
    )
    outlet = await propose(bank["branch"], "personal_standards", figure("deposit_gold", 1))
    clerk = await propose(bank["lin"], "personal_standards", figure("deposit_gold", 1))
    whole = await bank["personal"].post("/api/v1/policy/versions", json={"overrides": figure("deposit_gold", 1)})

    assert [one.status_code for one in (not_mine, smuggled, outlet, clerk, whole)] == [403] * 5
    assert not_mine.json()["errors"][0]["field"] == "part"
    (error,) = smuggled.json()["errors"]
    assert (error["field"], "corporate_standards (corporate_department)" in error["fix"]) == (
        "overrides.settings.corporate_deposit_gold",
        True,
    )
    assert (await desk.client.get("/api/v1/policy/versions")).json() == []


@pytest.mark.rule("S04-4")
async def test_a_version_that_is_scheduled_keeps_what_was_set_meanwhile(desk, bank):
    later = (desk.tenant.world.clock() + timedelta(days=10)).isoformat()
    await desk.client.post(
        "/api/v1/policy/versions",
        json={"overrides": figure("settlement_gold", 70_000_000, "USD"), "effective_from": later},
    )
    await propose(bank["personal"], "personal_standards", figure("deposit_gold", 6_000_000))
    policy = (await desk.client.get("/api/v1/policy", params={"at": later})).json()
    values = {one["name"]: one["value"] for one in policy["settings"]}

    assert (values["settlement_gold"], values["deposit_gold"]) == (70_000_000, 6_000_000)


@pytest.mark.rule("S01-13")
async def test_whoever_must_comply_is_told_the_old_and_the_new_and_confirms(desk, bank):
    await propose(bank["personal"], "personal_standards", figure("deposit_gold", 6_000_000))
    (notice,) = await told(desk, bank["lin"], "policy_announced")
    path = f"/api/v1/policy/announcements/{notice['subject_id']}"
    confirmed = await bank["lin"].post(f"{path}/readings")
    stranger = await bank["international"].get(path)
    readers = (await desk.client.get(f"{path}/readers")).json()

    assert "50,000.00 元 → 60,000.00 元" in notice["text"]
    assert (confirmed.status_code, confirmed.json()["read_at"] is not None) == (201, True)
    assert await told(desk, bank["president"], "policy_announced") == []
    assert (stranger.json()["concerns_me"], stranger.status_code) == (False, 200)
    assert {(one["staff_name"], one["state"]) for one in readers} >= {("lin", "read"), ("branch", "unread")}


@pytest.mark.rule("S01-13")
async def test_whoever_has_not_read_it_in_time_is_reminded_and_their_leader_hears(desk, bank):
    await propose(bank["personal"], "personal_standards", figure("deposit_gold", 6_000_000))
    (notice,) = await told(desk, bank["lin"], "policy_announced")
    await bank["branch"].post(f"/api/v1/policy/announcements/{notice['subject_id']}/readings")
    desk.tenant.world.clock.now += timedelta(days=6, hours=23)
    await come_round(desk.tenant, RemindPolicyReaders())
    early = await heard(desk, bank["lin"], "policy_unread")
    desk.tenant.world.clock.now += timedelta(days=1)
    await come_round(desk.tenant, RemindPolicyReaders())

    assert early == 0
    assert await heard(desk, bank["lin"], "policy_unread") == 1
    assert await heard(desk, bank["branch"], "policy_unread") == 0
    assert await heard(desk, bank["branch"], "policy_unread_below") == 1


@pytest.mark.rule("S01-13")
async def test_a_key_reads_for_nobody_and_whoever_wrote_it_by_a_key_need_not_read_it(desk, bank):
    admin = await desk.tenant.staff("chief", "tenant_admin", "manager", "personal_department")
    made = await admin.post("/api/v1/keys", json={"name": "自动", "scopes": ["policy:read", "policy:write"]})
    assert made.status_code == 201, made.text
    by_key = desk.tenant.world.client(made.json()["token"])
    overrides = figure("deposit_gold", 6_000_000)
    written = await by_key.post("/api/v1/policy/versions", json={"overrides": overrides, "note": "密钥写的"})
    assert written.status_code == 201, written.text
    (notice,) = await told(desk, bank["lin"], "policy_announced")
    path = f"/api/v1/policy/announcements/{notice['subject_id']}"

    by_machine = await by_key.post(f"{path}/readings")
    desk.tenant.world.clock.now += timedelta(days=8)
    await come_round(desk.tenant, RemindPolicyReaders())
    chief = await desk.tenant.sign_in("chief")
    readers = {one["staff_name"] for one in (await chief.get(f"{path}/readers")).json()}
    owed = [one for one in (await chief.get("/api/v1/work")).json()["items"] if one["kind"] == "policy_reading"]

    assert (by_machine.status_code, by_machine.json()["type"]) == (403, "/problems/read-in-person")
    assert (await chief.get(path)).json()["concerns_me"] is False
    assert "lin" in readers
    assert "chief" not in readers
    assert owed == []
    assert await heard(desk, admin, "policy_announced") == 0
    assert await heard(desk, admin, "policy_unread") == 0
