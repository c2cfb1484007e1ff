"""A demonstration company shows a believable week at its first start."""

import random

from acting import acting
from running import come_round

from guibin.archive_checks.jobs import LookOverArchives
from guibin.demonstration.days import Scene, enliven
from guibin.demonstration.plans import draw_plans
from guibin.policies.queries import effective_policy
from support import company_of

CUSTOMERS = 70


async def test_visits_contacts_urgent_complaints_a_desk_and_plans_are_there(tenant, client, world, clock):
    await tenant.unit("jinniu")
    manager = await tenant.staff("li.na", "account_manager", unit="jinniu")
    placed = {"account_manager_id": str(manager.staff_id), "org_unit_id": str(tenant.units["jinniu"])}
    for number in range(CUSTOMERS):
        new = {
            "number": f"DK{number:05d}",
            "name": "张三丽",
            "kind": "leader",
            "confidential": {"mobile": f"138{number:08d}"},
        }
        answer = await client.post("/api/v1/customers", json=new | placed)
        assert answer.status_code == 201, answer.text

    async with tenant.scope():
        policy = await effective_policy(world.packs, company_of(tenant), at=clock())
        scene = Scene(
            acting(by=tenant.principal(), now=clock(), policy=policy, company=company_of(tenant)), random.Random(1)
        )
        await enliven(scene)
        await draw_plans(scene)
    await come_round(tenant, LookOverArchives())

    async def listed(path):
        found = (await client.get(f"/api/v1/{path}", params={"limit": 200})).json()
        return found["items"] if isinstance(found, dict) else found

    visits = [visit["state"] for visit in await listed("visits")]
    assert (visits.count("carried_out"), visits.count("planned")) == (5, 5)
    assert len(await listed("interactions")) == 14 + 5 + 6
    complaints = await listed("complaints")
    assert [one["state"] for one in complaints] == ["open"] * 2
    assert all(one["warn_at"] <= clock().isoformat().replace("+00:00", "Z") <= one["due_at"] for one in complaints)
    desk = (await client.get("/api/v1/desks")).json()[0]
    assert (desk["org_unit_code"], desk["staff_ids"]) == ("jinniu", [str(manager.staff_id)])
    assert {one["rule"] for one in await listed("archive-findings")} == {"missing_phone"}
    waiting = {job["kind"] for job in await listed("jobs")}
    assert {"look_over_archives", "prepare_care", "filter_renewals"} <= waiting
    plans = await listed("relationship-plans")
    assert sorted((one["done"], one["account_manager_id"]) for one in plans) == [
        (0, str(manager.staff_id)),
        (1, str(manager.staff_id)),
    ]
    own = (await manager.get("/api/v1/work-plans")).json()["items"]
    assert [(one["span"], one["state"]) for one in own] == [("week", "handed_in")]
    assert len((await manager.get("/api/v1/work-logs")).json()["items"]) == 3
