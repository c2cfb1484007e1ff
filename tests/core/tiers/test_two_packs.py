"""One customer in the schemes of two packs: each judges by its own facts, and is called as its own pack calls it."""

from desk import open_desk


async def test_a_customer_of_two_packs_holds_a_tier_of_each_under_its_own_title(world):
    desk = await open_desk(world, "banking", "telecom")
    policy = (await desk.client.get("/api/v1/policy")).json()
    club = next(scheme for scheme in policy["schemes"] if scheme["name"] == "vip_club")
    overrides = {"schemes": [{**club, "customer_kinds": ["subscriber", "personal"]}]}
    written = await desk.client.post("/api/v1/policy/versions", json={"overrides": overrides})
    assert written.status_code == 201, written.text
    customer = await desk.customer("1", "personal")
    await desk.consent(customer, "personal_vip")
    await desk.fact(customer, "deposit", "2026-02-15", amount="50000")
    await desk.fact(customer, "credit_score", "2026-02-15", value=60)
    await desk.fact(customer, "bill", "2026-02-15", amount="80")
    await desk.fact(customer, "tenure", "2026-02-15", value=24)

    for scheme in ("personal_vip", "vip_club"):
        await desk.assess(scheme, "2026-03-01")

    answer = await desk.membership(customer, "zh-CN")
    assert {held["scheme"]: held["tier"] for held in answer["current"]} == {"personal_vip": "gold", "vip_club": "gold"}
    titles = {one["scheme"]: [c["title"] for c in one["criteria"]] for one in answer["explanations"]}
    assert titles == {"personal_vip": ["钻石级", "白金级", "金级"], "vip_club": ["钻石卡", "金卡", "银卡"]}
    sentences = {one["scheme"]: one["sentence"] for one in answer["explanations"]}
    assert ("金级" in sentences["personal_vip"], "金卡" in sentences["vip_club"]) == (True, True)
