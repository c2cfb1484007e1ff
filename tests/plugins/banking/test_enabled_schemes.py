"""A cooperative has no corporate list, a commercial bank no cooperative members: each enables what it uses."""

from datetime import timedelta

from desk import open_desk

from .test_personal import VIP, known


async def use(desk, clock, *schemes):
    clock.set(clock() + timedelta(minutes=1))
    overrides = {"enabled_schemes": list(schemes)} if schemes else {}
    answer = await desk.client.post("/api/v1/policy/versions", json={"overrides": overrides, "note": "our schemes"})
    assert answer.status_code == 201, answer.text


async def test_a_scheme_that_is_off_assesses_grants_and_owes_nothing_and_comes_back_as_it_was(world, clock):
    desk = await open_desk(world, "banking")
    customer = await known(desk, "P1", deposit="1000000")
    await desk.assess(VIP, "2026-03-01")

    async def granted():
        held = (await desk.client.get(f"/api/v1/customers/{customer}/entitlements")).json()["items"]
        owed = (await desk.client.get("/api/v1/contact-cadence")).json()["items"]
        return len(held), len(owed)

    before = await granted()
    await use(desk, clock, "cooperative_vip")
    refused = await desk.assess(VIP, "2026-03-02", status=422)
    put_up = await desk.client.post(
        "/api/v1/applications", json={"customer_id": customer, "scheme": VIP, "tier": "gold", "reason": "重点客户"}
    )
    off = await granted()
    await use(desk, clock)

    assert before == (11, 1)
    assert (refused["errors"][0]["field"], put_up.status_code, put_up.json()["errors"][0]["field"]) == (
        "scheme",
        422,
        "scheme",
    )
    assert off == (0, 0)
    assert (await granted(), await desk.tier(customer, VIP)) == (before, "diamond")
