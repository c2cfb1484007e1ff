"""VIPs of a rural credit cooperative with the pack's defaults, over HTTP (S12)."""

import pytest
from desk import open_desk

VIP = "cooperative_vip"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "banking")


async def member(desk, number, *, demand=(), fixed=(), **more):
    """A personal customer: a figure of the demand deposit per month before March 2026, and fixed deposits in order."""
    customer = await desk.customer(number, "personal", **more)
    given = [("demand_deposit", f"{2025 + (n + 2) // 12}-{(n + 2) % 12 + 1:02d}-28", a) for n, a in enumerate(demand)]
    given += [("fixed_deposit", f"2026-02-{n + 1:02d}", amount) for n, amount in enumerate(fixed)]
    facts = [
        {"customer_id": customer, "metric": metric, "occurred_on": day, "amount": {"amount": amount}}
        for metric, day, amount in given
    ]
    if facts:
        answer = await desk.client.post("/api/v1/facts", json={"facts": facts})
        assert answer.status_code == 201, answer.text
    await desk.consent(customer, VIP)
    return customer


CASES = {
    "demand exactly": (["50000.00"] * 12, [], True),
    "demand one fen under in one month": (["50000.00"] * 11 + ["49999.99"], [], False),
    "fixed exactly": ([], ["100000.00"], True),
    "fixed one fen under": ([], ["99999.99"], False),
    "fixed now, less before": ([], ["1.00", "100000.00"], True),
    "fixed before, less now": ([], ["100000.00", "99999.99"], False),
    "either is enough": (["-1.00"] * 12, ["100000.00"], True),
    "both one fen under": (["49999.99"] * 12, ["99999.99"], False),
    "younger than the year, measured against the whole of it": (["50000.00"], [], False),
    "younger than the year, enough all the same": (["600000.00"], [], True),
    "nothing on the account": (["0.00"] * 12, ["0.00"], False),
    "overdrawn": (["-50000.00"] * 12, [], False),
    "no figure at all": ([], [], False),
}


@pytest.mark.rule("S12-1")
async def test_either_deposit_is_enough_and_exactly_at_the_bound_is_in(desk):
    customers = {
        case: await member(desk, f"C{n}", demand=demand, fixed=fixed)
        for n, (case, (demand, fixed, _)) in enumerate(CASES.items())
    }

    assessed = await desk.assess(VIP, "2026-03-01")

    results = await desk.results(assessed["id"])
    earned = {case: results.get(customer, {}).get("tier") == "vip" for case, customer in customers.items()}
    assert earned == {case: is_in for case, (*_, is_in) in CASES.items()}


@pytest.mark.rule("S12-4")
async def test_each_outlet_has_account_managers_of_its_own(desk):
    for code in ("east", "west"):
        await desk.tenant.unit(code)
    full_time = await desk.tenant.staff("full", "account_manager", unit="east")
    part_time = await desk.tenant.staff("part", "agent", "account_manager", unit="east")
    other = await desk.tenant.staff("other", "account_manager", unit="west")
    customers = [
        await member(
            desk,
            f"C{n}",
            fixed=["100000"],
            org_unit_id=str(desk.tenant.units["east"]),
            account_manager_id=str(manager.staff_id),
        )
        for n, manager in enumerate((full_time, part_time))
    ]
    await desk.assess(VIP, "2026-03-01")

    async def mine(who):
        answer = await who.get("/api/v1/customers", params={"account_manager_id": str(who.staff_id)})
        return [one["id"] for one in answer.json()["items"]]

    assert [await mine(who) for who in (full_time, part_time, other)] == [[customers[0]], [customers[1]], []]
    assert (await part_time.get(f"/api/v1/customers/{customers[1]}/membership")).status_code == 200
    assert (await other.get(f"/api/v1/customers/{customers[1]}/membership")).status_code == 404
