"""Campaigns beside each other: whom each reached, what came of it and what it cost, within the wall, in one statement however many."""

import pytest
from desk import open_desk
from statements import counted

BOARD, CAMPAIGNS, PAGE = "/api/v1/campaign-board", "/api/v1/campaigns", "/console/campaigns"


@pytest.fixture
async def desk(world):
    desk = await open_desk(world, "retail")
    scheme = (await desk.client.get("/api/v1/policy")).json()["schemes"][0]
    desk.scheme, desk.kind = scheme["name"], scheme["customer_kinds"][0]
    for number in range(4):
        await desk.customer(str(number), desk.kind)
    return desk


async def start(desk, client=None, **more):
    body = {"title": "春季回馈", "segment": {"scheme": desk.scheme}, "control_percent": 25, "seed": "s1", **more}
    answer = await (client or desk.client).post(CAMPAIGNS, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def sent(desk, path, body, status=201):
    answer = await desk.client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def lines(client):
    answer = await client.get(BOARD)
    assert answer.status_code == 200, answer.text
    return {each["id"]: each for each in answer.json()["items"]}


async def reached(desk, campaign, response):
    """The first who is to be contacted is, and answers."""
    page = await desk.client.get(f"{CAMPAIGNS}/{campaign}/members", params={"open_only": "true"})
    member = page.json()["items"][0]
    await sent(desk, f"/api/v1/campaign-members/{member['id']}/contact", {"channel": "phone"})
    await sent(desk, f"/api/v1/campaign-members/{member['id']}/responses", {"kind": response})
    return member["customer_id"]


@pytest.mark.rule("S06-4")
async def test_it_says_whom_each_reached_and_what_came_of_it(desk):
    spring, autumn = await start(desk), await start(desk, title="秋季回馈", budget=500)
    bought = await reached(desk, spring, "bought")

    found = await lines(desk.client)

    first, second = found[spring], found[autumn]
    assert (first["to_contact"], first["control"], first["contacted"], first["responded"]) == (3, 1, 1, 1)
    assert (first["results"]["contacted"]["bought"], first["results"]["raised_lift"]) == (1, 0.0)
    assert (second["to_contact"], second["contacted"], second["budget"], second["over"]) == (3, 0, 500, False)
    assert first["results"] == (await desk.client.get(f"{CAMPAIGNS}/{spring}/results")).json()
    assert (second["results"]["raised_lift"], second["results"]["lift_per_head"]) == (None, None)
    pages = [(await desk.client.get(f"{PAGE}/{each}/results")).text for each in (spring, autumn)]
    assert ["尚未联系任何客户" in page for page in pages] == [False, True]
    assert "升级与对照组一样多" in pages[0]
    for asked, who in (
        ({"response": "bought"}, [bought]),
        ({"reached": "true"}, [bought]),
        ({"response": "declined"}, []),
    ):
        rows = await desk.client.get(f"{CAMPAIGNS}/{spring}/members", params=asked)
        assert [row["customer_id"] for row in rows.json()["items"]] == who


async def test_costs_are_told_beside_the_budget_and_taken_back(desk):
    campaign = await start(desk, budget=500)
    costs = f"{CAMPAIGNS}/{campaign}/costs"
    for amount in ("300", "250.50"):
        await sent(desk, costs, {"what": "短信", "amount": {"amount": amount}})
    over = (await lines(desk.client))[campaign]
    await sent(desk, costs, {"what": "短信退款", "amount": {"amount": "-250.50"}})
    within = (await lines(desk.client))[campaign]

    assert (over["cost"], over["over"]) == ([{"amount": "550.50", "currency": "CNY"}], True)
    assert (within["cost"], within["over"]) == ([{"amount": "300.00", "currency": "CNY"}], False)
    assert [each["what"] for each in (await desk.client.get(costs)).json()] == ["短信", "短信", "短信退款"]
    for wrong in ({"amount": "0"}, {"amount": "5", "currency": "cny"}, {"amount": "x"}):
        await sent(desk, costs, {"what": "短信", "amount": wrong}, status=422)


async def test_an_outlet_counts_its_own_members_and_pays_for_its_own_campaigns(desk):
    await desk.tenant.unit("east")
    lead = await desk.tenant.staff("lead", "manager", unit="east")
    campaign = await start(desk)
    mine = await desk.customer("E1", desk.kind, org_unit_id=str(desk.tenant.units["east"]))
    own = await start(desk, client=lead, title="东区")
    paid = {"what": "短信", "amount": {"amount": "9"}}

    found = await lines(lead)

    assert (found[campaign]["to_contact"], found[campaign]["control"]) == (0, 0)
    assert (found[own]["to_contact"], mine in str(await lines(desk.client))) == (1, False)
    assert (await lead.post(f"{CAMPAIGNS}/{campaign}/costs", json=paid)).status_code == 403
    assert (await lead.post(f"{CAMPAIGNS}/{own}/costs", json=paid)).status_code == 201


async def test_more_campaigns_are_no_more_statements(desk, monkeypatch):
    await start(desk)
    with counted(monkeypatch) as one:
        await lines(desk.client)
    for title in ("二", "三"):
        await start(desk, title=title)
    with counted(monkeypatch) as three:
        assert len(await lines(desk.client)) == 3

    assert len(three) == len(one)


async def test_the_page_leads_from_a_figure_to_its_rows(desk):
    campaign = await start(desk, budget=500)
    await reached(desk, campaign, "bought")
    lead = await desk.tenant.staff("lead", "manager")

    page = (await lead.get(f"{PAGE}/board", headers={"Accept-Language": "zh-CN"})).text
    rows = (await lead.get(f"{PAGE}/{campaign}", params={"response": "bought"})).text

    assert all(said in page for said in ("春季回馈", "预算 500 元", f"{PAGE}/{campaign}?response=bought", "对照组"))
    assert rows.count("data-row") + rows.count("/console/customers/") >= 1
