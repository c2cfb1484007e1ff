"""A complaint's level, an approval and a use of a right computed again: the same, and why not once a row, a fact or the policy changed."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import card_pack
import pytest
from cards import open_card_desk
from msgspec.structs import replace

from guibin import Entitlement
from guibin.packs import Packs, installed
from support import knowing


async def replayed(person, kind, decision):
    answer = await person.get(f"/api/v1/traces/{kind}/{decision}", headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 200, answer.text
    page = await person.get(f"/console/traces/{kind}/{decision}", headers={"Accept-Language": "zh-CN"})
    assert page.status_code == 200, page.text
    return answer.json()["replay"], page.text


async def forged(tenant, table, statement, row_id):
    """What whoever has the database can write into a row."""
    owner = await asyncpg.connect(tenant.world.owner_url)
    async with owner.transaction():
        await owner.execute(f"alter table {table} disable trigger user, no force row level security")
        assert await owner.execute(f"update {table} set {statement} where id = $1", UUID(row_id)) == "UPDATE 1"
        await owner.execute(f"alter table {table} enable trigger user, force row level security")
    await owner.close()


def same(word):
    return {"decided": word, "then": word, "now": word, "same": True, "because": []}


class TestLevels:
    async def test_a_level_by_keywords_is_the_same_until_the_policy_or_the_row_is_another(self, client, tenant, clock):
        auditor, admin = await tenant.staff("auditor", "auditor"), await tenant.staff("admin", "tenant_admin")
        case = (await client.post("/api/v1/complaints", json={"channel": "phone", "text": "我要起诉你们"})).json()
        before, page = await replayed(auditor, "complaint", case["id"])
        clock.set(clock.now + timedelta(hours=1))
        policy = (await admin.get("/api/v1/policy")).json()["complaints"]
        words = [each for each in policy["keywords"] if each["level"] != case["level"]]
        overrides = {"complaints": policy | {"keywords": words}}
        written = await admin.post("/api/v1/policy/versions", json={"overrides": overrides, "note": "少几个词"})
        assert written.status_code == 201, written.text
        clock.set(clock.now + timedelta(hours=1))
        changed, _ = await replayed(auditor, "complaint", case["id"])
        lower = policy["levels"][0]["name"]
        await forged(tenant, "complaint", f"level = '{lower}'", case["id"])
        other, wrong = await replayed(auditor, "complaint", case["id"])

        assert (case["level"], before, "与当时一致" in page) == ("3", same("3"), True)
        assert changed == same("3") | {
            "now": policy["default_level"],
            "because": [{"why": "policy", "what": ["0", "1"]}],
        }
        assert (other["decided"], other["then"], other["same"]) == (lower, "3", False)
        assert other["because"][0] == {"why": "changed", "what": []}
        assert "与当时不一致" in wrong

    async def test_what_somebody_gave_is_nothing_to_compute_and_a_later_word_is_not_the_first(self, client, tenant):
        auditor, agent = await tenant.staff("auditor", "auditor"), await tenant.staff("agent", "agent")
        told = {"channel": "phone", "text": "没有信号", "level": "2"}
        given = (await client.post("/api/v1/complaints", json=told)).json()
        by_words = (await client.post("/api/v1/complaints", json={"channel": "phone", "text": "我要起诉你们"})).json()
        lowered = {"level": "2", "reason": "已和解", "cause": "signal", "analysis": "误会"}
        assert (await agent.post(f"/api/v1/complaints/{by_words['id']}/level", json=lowered)).status_code < 300

        assert (await replayed(auditor, "complaint", given["id"]))[0] is None
        assert (await replayed(auditor, "complaint", by_words["id"]))[0] == same("3")


async def approved(client, tenant):
    """A special user that the responsible leader agreed to: the approval."""
    manager, serving = await tenant.staff("li", "manager"), await tenant.staff("wang", "account_manager")
    customer = (
        await client.post("/api/v1/customers", json={"number": "C-1", "name": "张三丽", "kind": "leader"})
    ).json()
    answers = {
        "customer_kind": "leader",
        "reason": "special contribution",
        "special_contribution": "donated the ring line of the old town",
        "network": "two_way",
        "equipment": "set_top_box",
        "programmes": "all",
        "starts_on": "2026-03-03",
        "ends_on": "2027-03-03",
    }
    body = {"customer_id": customer["id"], "scheme": "key_account", "tier": "key", "reason": "special contribution"}
    asked = await serving.post(
        "/api/v1/applications", json=body | {"form": "special_user_application", "answers": answers}
    )
    assert asked.status_code == 201, asked.text
    approval = asked.json()["approval_id"]
    return manager, approval


class TestApprovals:
    async def test_an_approval_comes_out_as_it_was_said_until_its_row_says_otherwise(self, client, tenant):
        auditor = await tenant.staff("auditor", "auditor")
        manager, approval = await approved(client, tenant)
        waits, _ = await replayed(auditor, "approval", approval)
        await manager.post(f"/api/v1/approvals/{approval}/decision", json={"approved": True, "reason": "agreed"})
        said, page = await replayed(auditor, "approval", approval)
        await forged(tenant, "approval_request", "outcome = 'rejected'", approval)
        turned, _ = await replayed(auditor, "approval", approval)
        await forged(tenant, "approval_request", "outcome = 'approved'", approval)
        other_role = "flow = jsonb_set(flow, '{steps,0,role}', '\"agent\"')"
        await forged(tenant, "approval_request", other_role, approval)
        stranger, wrong = await replayed(auditor, "approval", approval)

        assert (waits, said, "与当时一致" in page) == (same("waiting"), same("approved"), True)
        assert (turned["decided"], turned["then"], turned["same"]) == ("rejected", "approved", False)
        assert (stranger["same"], stranger["because"][0]["why"]) == (False, "steps")
        assert set(stranger["because"][0]["what"]) == {"agent", "manager"}
        assert "审批步骤与当时的制度和办理经过不符" in wrong

    async def test_another_step_of_todays_policy_would_still_wait(self, client, tenant, clock):
        auditor, admin = await tenant.staff("auditor", "auditor"), await tenant.staff("admin", "tenant_admin")
        manager, approval = await approved(client, tenant)
        await manager.post(f"/api/v1/approvals/{approval}/decision", json={"approved": True, "reason": "agreed"})
        flows = (await admin.get("/api/v1/policy")).json()["approvals"]
        name = (await manager.get(f"/api/v1/approvals/{approval}")).json()["flow"]
        longer = [
            each | {"steps": [*each["steps"], {"role": "tenant_admin"}]} if each["name"] == name else each
            for each in flows
        ]
        clock.set(clock.now + timedelta(hours=1))
        written = await admin.post(
            "/api/v1/policy/versions", json={"overrides": {"approvals": longer}, "note": "多一步"}
        )
        assert written.status_code == 201, written.text
        clock.set(clock.now + timedelta(hours=1))
        found, _ = await replayed(auditor, "approval", approval)

        assert found == same("approved") | {"now": "waiting", "because": [{"why": "policy", "what": ["0", "1"]}]}


class TestRights:
    @pytest.fixture(scope="session")
    def packs(self):
        rights = (Entitlement("personal", "gold", "lounge", quota=2, clause="S03-4"),)
        items = (replace(card_pack.PACK.service_items[0], name="lounge"),)
        return Packs({**installed(), "lounge": card_pack.plugin_of(service_items=items, entitlements=rights)})

    @pytest.fixture
    def application(self, shared_application, packs):
        app, clock = shared_application
        with knowing(app, packs):
            yield app, clock

    @pytest.fixture
    async def desk(self, world):
        return await open_card_desk(world)

    async def test_a_use_within_the_quota_is_the_same_whatever_was_used_since(self, desk, clock):
        auditor = await desk.tenant.staff("auditor", "auditor")
        customer = await desk.member(tier="gold")
        uses = []
        for _ in range(2):
            uses.append(await desk.post("redemptions", {"customer_id": customer, "item": "lounge"}, status=201))
            clock.set(clock.now + timedelta(minutes=1))
        found = [(await replayed(auditor, "redemption", each["id"]))[0] for each in uses]
        trace = (await auditor.get(f"/api/v1/traces/redemption/{uses[1]['id']}")).json()
        listed = (await auditor.get(f"/api/v1/traces/customers/{customer}")).json()

        assert found == [same("given")] * 2
        assert [each["value"] for each in trace["figures"]] == ["2", "1", "1"]
        assert (trace["rule"]["clause"], trace["decided_by"]) == ("S03-4", uses[1]["redeemed_by_name"])
        assert [each["kind"] for each in listed].count("redemption") == 2

    async def test_a_use_that_a_changed_row_leaves_no_room_for_is_not_the_same(self, desk, clock):
        auditor = await desk.tenant.staff("auditor", "auditor")
        customer = await desk.member(tier="gold")
        first = await desk.post("redemptions", {"customer_id": customer, "item": "lounge"}, status=201)
        clock.set(clock.now + timedelta(minutes=1))
        second = await desk.post("redemptions", {"customer_id": customer, "item": "lounge"}, status=201)
        await forged(desk.tenant, "redemption", "quantity = 2", first["id"])
        found, page = await replayed(auditor, "redemption", second["id"])

        assert found == {
            "decided": "given",
            "then": "refused",
            "now": "refused",
            "same": False,
            "because": [{"why": "changed", "what": ["lounge"]}],
        }
        assert "与当时不一致" in page

    async def test_units_taken_afterwards_and_an_end_on_the_same_day_are_told_apart_from_then(self, desk, clock):
        auditor = await desk.tenant.staff("auditor", "auditor")
        customer = await desk.member(tier="gold")
        use = await desk.post("redemptions", {"customer_id": customer, "item": "lounge"}, status=201)
        clock.set(clock.now + timedelta(minutes=1))
        await desk.post(f"customers/{customer}/membership/personal/ending", {"reason": "客户要求"}, status=200)
        ended, _ = await replayed(auditor, "redemption", use["id"])
        again = await desk.member(tier="gold")
        kept = await desk.post("redemptions", {"customer_id": again, "item": "lounge"}, status=201)
        clock.set(clock.now + timedelta(minutes=1))
        less = {"item": "lounge", "quantity": -1, "reason": "多记了一次"}
        await desk.post(f"customers/{again}/entitlements/adjustments", less, status=201)
        await desk.post(f"redemptions/{kept['id']}/reversal", {"reason": "没有来"}, status=201)
        await desk.post(f"customers/{again}/entitlements/adjustments", less, status=201)
        corrected, _ = await replayed(auditor, "redemption", kept["id"])

        assert ended == same("given")
        assert corrected == same("given") | {
            "now": "refused",
            "because": [{"why": "corrected", "what": ["lounge"]}],
        }

    async def test_whoever_may_read_neither_the_record_nor_rights_reads_no_trace_of_one(self, desk):
        customer = await desk.member(tier="gold")
        use = await desk.post("redemptions", {"customer_id": customer, "item": "lounge"}, status=201)
        other = await desk.tenant.staff("foreign", "account_manager", unit="other")
        admin = await desk.tenant.staff("admin", "tenant_admin")

        assert (await other.get(f"/api/v1/traces/redemption/{use['id']}")).status_code in (403, 404)
        assert (await admin.get(f"/api/v1/traces/redemption/{UUID(int=7)}")).status_code in (403, 404)
