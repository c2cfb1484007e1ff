"""S07-26: what is exported imports again and changes nothing, facts and complaints too."""

import pytest
from acting import acting
from tables import Tables, counts
from targets import go_by, level

from guibin.complaints.exporting import SAID, export_complaints
from guibin.complaints.importing import import_complaints
from guibin.policies.queries import effective_policy
from guibin.spreadsheets.mapping import Mapping
from guibin.tiers.exporting import export_facts
from guibin.tiers.importing import import_facts
from support import company_of


@pytest.fixture
async def customer(client):
    answer = await client.post("/api/v1/customers", json={"number": "0012", "name": "锦江宾馆", "kind": "group"})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.mark.rule("S07-26")
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_facts_come_back_as_they_went(client, tenant, world, customer, tmp_path, ending):
    facts = [
        {"metric": "spending", "occurred_on": "2026-02-01", "amount": {"amount": amount, "currency": "CNY"}}
        for amount in ("298.50",)
    ]
    facts.append({"metric": "spending", "occurred_on": "2026-02-02", "amount": {"amount": "-12.00", "currency": "CNY"}})
    facts.append({"metric": "terminals", "occurred_on": "2026-02-01", "value": 12, "source": "", "source_ref": "=1+1"})
    answer = await client.post("/api/v1/facts", json={"facts": [fact | {"customer_id": customer} for fact in facts]})
    assert answer.status_code == 201, answer.text
    file = tmp_path / f"facts.{ending}"

    async with tenant.scope():
        policy = await effective_policy(world.packs, company_of(tenant), at=world.clock())
        written = await export_facts(file, acting(by=tenant.principal(), now=world.clock()))
        done = await import_facts(file, Mapping(), acting(by=tenant.principal(), now=world.clock(), policy=policy))

    assert (written, done.created, done.updated, done.unchanged) == (3, 0, 0, 3)


@pytest.mark.rule("S07-26", "S07-27")
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_complaints_come_back_and_come_in_elsewhere(
    client, tenant, other_tenant, world, customer, tmp_path, ending
):
    for text in ("机顶盒没有信号", "=HYPERLINK(1)"):
        new = {"customer_id": customer, "text": text, "channel": "phone"}
        assert (await client.post("/api/v1/complaints", json=new)).status_code == 201
    file = tmp_path / f"complaints.{ending}"

    async def load(company):
        async with company.scope():
            policy = await effective_policy(world.packs, company_of(company), at=world.clock())
            return await import_complaints(
                file,
                Mapping(),
                acting(
                    by=company.principal(),
                    now=world.clock(),
                    policy=policy,
                    company=company_of(company),
                    hooks=world.packs.hooks_of(company.view.packs),
                ),
            )

    async with tenant.scope():
        written = await export_complaints(file, acting(by=tenant.principal(), now=world.clock()))
    here = await load(tenant)
    elsewhere = await other_tenant.client()
    await elsewhere.post("/api/v1/customers", json={"number": "0012", "name": "锦江宾馆", "kind": "group"})
    there = await load(other_tenant)

    assert (written, here.created, here.unchanged, there.created) == (2, 0, 2, 2)
    texts = {
        one["text"]
        for one in [
            (await elsewhere.get("/api/v1/complaints/" + item["id"])).json()
            for item in (await elsewhere.get("/api/v1/complaints")).json()["items"]
        ]
    }
    assert texts == {"机顶盒没有信号", "=HYPERLINK(1)"}


# Each field that an export carries, with a value that is not its default.
OPINION = {
    "text": "画面太暗",
    "channel": "web",
    "kind": "opinion",
    "level": "3",
    "received_at": "2026-03-01T02:00:00Z",
    "on_behalf": True,
    "special": True,
}


@pytest.mark.rule("S07-26", "S07-27")
async def test_all_that_was_said_of_a_complaint_comes_in_elsewhere(client, tenant, other_tenant, world, tmp_path):
    assert sorted(OPINION) == sorted(SAID)
    assert (await client.post("/api/v1/complaints", json=OPINION)).status_code == 201

    file = await Tables(world, tenant, tmp_path).takes("complaints")
    there = Tables(world, other_tenant, tmp_path)
    first, again = await there.brings("complaints", file), await there.brings("complaints", file)

    elsewhere = await other_tenant.client()
    (listed,) = (await elsewhere.get("/api/v1/complaints")).json()["items"]
    form = (await elsewhere.get(f"/api/v1/complaints/{listed['id']}")).json()
    assert {name: form[name] for name in OPINION} == OPINION
    assert (counts(first), counts(again)) == ((1, 0, 0, 0), (0, 0, 1, 0))


async def test_what_a_level_asks_for_is_no_difference_from_a_file_that_does_not(client, tenant, world, tmp_path):
    await go_by(client, level("1", 5, milestones=()), level("3", 12, milestones=(), always_follow_up=True))
    heading = ("source_number", "text", "channel", "received_at", "level", "special")
    row = ("7", "没有信号", "phone", "2026-03-01T10:00:00+08:00", "3")
    tables = Tables(world, tenant, tmp_path)

    await tables.table("complaints", heading, (*row, "no"))
    same = await tables.table("complaints", heading, (*row, "no"))
    await tables.table("complaints", heading, ("8", *row[1:4], "1", "no"))
    other = await tables.table("complaints", heading, ("8", *row[1:4], "1", "yes"))

    held = {item["level"]: item["special"] for item in (await client.get("/api/v1/complaints")).json()["items"]}
    assert held == {"3": True, "1": False}
    assert (counts(same), counts(other)) == ((0, 0, 1, 0), (0, 0, 0, 1))
