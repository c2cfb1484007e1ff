"""Behind each figure: the rows it counts are as many as it says, how it went, how units compare; within the wall, on record."""

from datetime import UTC, datetime, timedelta

import pytest
from desk import Desk, open_desk

from guibin.insight.counts import COUNTS, count_of
from guibin.insight.figures import FIGURES, KINDS, figures_of
from guibin.periods.counts import COUNTED_ABOVE
from guibin.policies.queries import effective_policy
from guibin_tenants.scope import execute

MARCH = "2026-03"
FIGURE = "/api/v1/figures"

PACKS = ("banking", "cable_tv", "hotel", "retail", "telecom")
# What is counted in every pack's year.
COUNTED = ("complaints_received", "customers", "members_at_end", "cadence_met", "vips_invited", "staff_trained")
OPENED = datetime(2025, 12, 3, 2, 0, tzinfo=UTC)
# Two customers of every tier of the policy, from before the year.
_MEMBERS = """insert into membership (id, customer_id, scheme, tier, starts_on, since_on, basis, reason, ended_because, recorded_at)
  select gen_random_uuid(), c.id, $1, $2, '2025-12-10', '2025-12-10', 'exception', '', '', $3 from customer c where c.id = any ($4::uuid[])"""


async def filled(desk, clock):
    """Two customers of every tier, people of every post, a complaint each, and then a year."""
    clock.set(OPENED)
    async with desk.tenant.scope():
        policy = await effective_policy(desk.tenant.world.packs, desk.tenant.context(), at=OPENED)
    for post in ("account_manager", "agent"):
        await desk.tenant.staff(f"a-{post}", post)
    first = list[str]()
    for scheme in policy.schemes:
        for tier in scheme.tiers:
            kind = scheme.customer_kinds[0] if scheme.customer_kinds else policy.customer_kinds[0]
            two = [await desk.customer(f"{scheme.name}-{tier.name}-{n}", kind) for n in range(2)]
            async with desk.tenant.scope():
                await execute(_MEMBERS, scheme.name, tier.name, OPENED, two)
            first.append(two[0])
    clock.set(datetime(2026, 1, 5, 2, 0, tzinfo=UTC))
    for each in first:
        await received(desk, each)
    clock.set(datetime(2027, 1, 4, 2, 0, tzinfo=UTC))
    return policy


async def everything(client, name, **params):
    """All rows of a figure's part, page by page."""
    page = await got(client, name, "rows", limit=200, **params)
    rows = page["items"]
    while page["next"]:
        page = await got(client, name, "rows", limit=200, cursor=page["next"], **params)
        rows += page["items"]
    return rows


@pytest.fixture
async def desk(tenant, client):
    return Desk(tenant, client)


async def received(desk, customer):
    """A complaint of the customer's."""
    body = {"customer_id": customer, "channel": "phone", "text": "机顶盒无信号"}
    answer = await desk.client.post("/api/v1/complaints", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def got(client, name, what, status=200, **params):
    answer = await client.get(f"{FIGURE}/{name}/{what}", params={"period": MARCH, **params})
    assert answer.status_code == status, answer.text
    return answer.json()


async def report(client, kind, **params):
    answer = await client.get(f"/api/v1/reports/{kind}", params={"period": MARCH, **params})
    return {one["definition"]["name"]: one for one in answer.json()["figures"]}


def test_every_count_of_one_statement_says_what_it_counts():
    silent = [name for name in (*COUNTS, *COUNTED_ABOVE) if not count_of(name).rows]

    assert silent == []


@pytest.mark.rule("S10-5")
async def test_the_rows_are_as_many_as_the_figure_says(desk):
    for n in range(3):
        await received(desk, await desk.customer(f"P{n}", "leader"))
    shown = {}
    for kind in ("complaints", "retention", "service", "tiers"):
        shown |= await report(desk.client, kind)
    wrong = []
    for figure in FIGURES:
        for part in ("numerator", "denominator"):
            if not getattr(figure, part):
                continue
            found = await got(desk.client, figure.name, "rows", part=part, limit=200)
            if sum(row["times"] for row in found["items"]) != shown[figure.name][part]:
                wrong.append((figure.name, part, found["items"], shown[figure.name][part]))

    assert wrong == []
    assert shown["complaints_received"]["numerator"] == 3


@pytest.mark.parametrize("pack", PACKS)
async def test_the_rows_of_every_figure_of_a_pack_add_up_to_it(world, clock, pack):
    desk = await open_desk(world, pack)
    policy = await filled(desk, clock)
    lead = await desk.tenant.client()
    wrong, counted = [], set()
    for kind in KINDS:
        for name, line in (await report(lead, kind, period="2026")).items():
            parts = [part for part in ("numerator", "denominator") if line[part] is not None]
            rows = {part: await everything(lead, name, period="2026", part=part) for part in parts}
            told = {part: sum(row["times"] for row in found) for part, found in rows.items()}
            wrong += [(name, part, told[part], line[part]) for part in parts if told[part] != line[part]]
            counted |= {name} if any(told.values()) else set()

    assert wrong == []
    assert {figure.name for figure in figures_of(policy)} >= counted >= {*COUNTED}


async def test_whoever_has_no_training_is_a_row_by_name_and_only_ones_own_count(tenant, client, clock):
    clock.set(OPENED)
    for code in ("east", "west"):
        await tenant.unit(code)
        await tenant.staff(f"agent-{code}", "agent", unit=code)
    clock.set(datetime(2027, 1, 4, 2, 0, tzinfo=UTC))
    lead = await tenant.staff("lead", "manager", unit="east")

    asked = {"period": "2026", "part": "denominator"}
    every = await everything(client, "staff_trained", **asked)
    mine = await everything(lead, "staff_trained", **asked)

    assert sorted(row["staff_name"] for row in every) == ["agent-east", "agent-west"]
    assert [(row["subject"], row["staff_name"], row["number"], row["times"]) for row in mine] == [
        ("staff", "agent-east", "2026", 1)
    ]
    assert (await report(lead, "service", period="2026"))["staff_trained"]["denominator"] == 1


@pytest.mark.rule("S07-9")
async def test_whom_a_rhythm_counts_is_named_with_the_spans(desk, tenant):
    first, second = [await desk.customer(f"P{n}", "leader") for n in range(2)]
    tenant.world.clock.set(tenant.world.clock() + timedelta(days=62))
    client = await tenant.staff("later", "manager")
    told = (await report(client, "service", period="2026-04"))["reviews_done"]

    due = await got(client, "reviews_done", "rows", period="2026-04", part="denominator")
    done = await got(client, "reviews_done", "rows", period="2026-04")

    spans = {each["id"]: each["number"].split(", ") for each in due["items"]}
    assert (told["numerator"], told["denominator"]) == (0, 8)
    assert (spans.keys(), sum(map(len, spans.values()))) == ({first, second}, 8)
    assert spans[first] == spans[second] == ["2026-W14", "2026-W15", "2026-W16", "2026-W17"]
    assert all(each["subject"] == "customer" and each["customer_name"] for each in due["items"])
    assert done["items"] == []


async def test_a_group_and_a_page_are_part_of_the_rows(desk):
    for n in range(3):
        await received(desk, await desk.customer(f"P{n}", "leader"))
    (share,) = (await report(desk.client, "complaints"))["complaints_received"]["shares"]

    grouped = await got(desk.client, "complaints_received", "rows", group=share["key"])
    other = await got(desk.client, "complaints_received", "rows", group="nothing")
    first = await got(desk.client, "complaints_received", "rows", limit=2)
    rest = await got(desk.client, "complaints_received", "rows", limit=2, cursor=first["next"])

    assert (len(grouped["items"]), other["items"]) == (3, [])
    assert len({each["id"] for each in first["items"] + rest["items"]}) == 3
    assert all(each["number"] and each["customer_name"] for each in grouped["items"])


async def test_an_outlet_sees_its_own_rows_and_they_are_on_record(tenant, desk):
    for code in ("east", "west"):
        await tenant.unit(code)
        body = {"number": code, "name": f"{code}客户", "kind": "leader", "org_unit_id": str(tenant.units[code])}
        await received(desk, (await desk.client.post("/api/v1/customers", json=body)).json()["id"])
    lead = await tenant.staff("lead", "manager", unit="east")

    mine = await got(lead, "complaints_received", "rows")
    theirs = await lead.get(
        f"{FIGURE}/complaints_received/rows", params={"period": MARCH, "org_unit_id": str(tenant.units["west"])}
    )
    units = await got(desk.client, "complaints_received", "units")
    entries = await (await tenant.staff("auditor", "auditor")).get(
        "/api/v1/audit-entries", params={"action": "figure_row.search"}
    )

    assert [each["customer_name"] for each in mine["items"]] == ["east客户"]
    assert theirs.status_code == 404
    assert {each["org_unit_name"]: each["numerator"] for each in units} == {"east": 1, "west": 1}
    assert [each["customer_ids"] for each in entries.json()["items"]] == [[mine["items"][0]["customer_id"]]]


async def test_a_trend_goes_back_period_by_period(desk):
    await received(desk, await desk.customer("P1", "leader"))

    found = await got(desk.client, "complaints_received", "trend", points=3)
    unknown = await got(desk.client, "nothing", "trend", 404)
    wrong = await got(desk.client, "complaints_received", "trend", 422, period="2026-13")

    assert [(each["period"], each["value"]) for each in found["points"]] == [
        ("2026-01", 0),
        ("2026-02", 0),
        ("2026-03", 1),
    ]
    assert unknown["status"] == 404
    assert wrong["errors"][0]["field"] == "period"
