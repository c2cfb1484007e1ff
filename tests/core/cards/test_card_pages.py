"""Pages of cards: applied for with the rule before the eyes, handed over, lost, replaced; the stock asked for, sent, counted."""

import re

import pytest
from cards import IDENTITY

CARDS, ASKED, STOCK = "/console/cards", "/console/card-applications", "/console/card-stock"
DOCUMENT = {"document_name": "王建国", "document_number": IDENTITY}


@pytest.fixture
async def agent(desk):
    """Of the outlet."""
    return await desk.tenant.staff("agent", "agent", unit="outlet")


@pytest.fixture
async def lead(desk):
    """Who leads the outlet."""
    return await desk.tenant.staff("lead", "manager", unit="outlet")


@pytest.fixture
async def head(desk):
    return await desk.tenant.staff("head", "manager")


async def sent(client, path, status=200, **given):
    answer = await client.post(path, data=given)
    assert answer.status_code == status, answer.text
    return answer


async def page(client, path, **asked):
    answer = await client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.text


async def applied(desk, agent, customer, kind="gold_card"):
    """An application from the page, approved; its id."""
    answer = await sent(agent, f"{ASKED}/new", customer_id=customer, kind=kind, reason="客户要求", **DOCUMENT)
    application = re.search(rf"{ASKED}/([0-9a-f-]+)", answer.headers["hx-trigger"]).group(1)
    await desk.approve((await desk.get(f"card-applications/{application}"))["approval_id"])
    return application


async def handed(desk, agent, application, number=""):
    """The card handed over on the page; its id."""
    number = number or desk.number()
    await sent(agent, f"{ASKED}/{application}/do/issue", number=number, unit_id=desk.units["outlet"], **DOCUMENT)
    (card,) = (await desk.post("cards/searches", {"number": number}, status=200))["items"]
    return card["id"]


async def test_a_card_is_applied_for_told_about_handed_over_opened_lost_and_replaced(desk, agent):
    await desk.supply("gold_card", 5)
    customer = await desk.member()

    application = await applied(desk, agent, customer)
    waits = await page(agent, ASKED, waiting="telling")
    await sent(agent, f"{ASKED}/{application}/do/tell", channel="phone", reached="true")
    card = await handed(desk, agent, application)
    await sent(agent, f"{CARDS}/{card}/do/activate")
    await sent(agent, f"{CARDS}/{card}/do/report_lost", reason="在车站遗失")
    lost = await page(agent, f"{CARDS}/{card}")
    await sent(
        agent,
        f"{CARDS}/{card}/do/replace",
        cause="lost",
        number=desk.number(),
        unit_id=desk.units["outlet"],
        **DOCUMENT,
    )
    ended = await page(agent, f"{CARDS}/{card}")

    assert application in waits
    assert [word in lost for word in ("挂失", "在车站遗失", "激活", "换卡", "解除挂失")] == [True] * 5
    assert [word in ended for word in ("已停用", "已换新卡")] == [True] * 2
    assert "do/replace" not in ended
    assert (await desk.stock("gold_card"))["outlet"] == 3


async def test_before_it_is_sent_tier_approvers_document_and_stock_are_told(desk, agent):
    customer = await desk.member()

    told = (await sent(agent, f"{ASKED}/suggested", customer_id=customer, kind="gold_card")).text
    form = await page(agent, f"{ASKED}/new", customer_id=customer, kind="gold_card")

    assert [word in told for word in ("王建国", "符合", "审批", "实名制", "库存")] == [True] * 5
    assert "证件号码" in form
    assert (await desk.get("card-applications"))["items"] == []


async def test_a_document_that_is_somebody_else_s_is_refused_and_nothing_typed_is_lost(desk, agent):
    customer = await desk.member()

    wrong = await sent(
        agent,
        f"{ASKED}/new",
        422,
        customer_id=customer,
        kind="gold_card",
        reason="客户要求",
        document_name="李四",
        document_number=IDENTITY,
    )

    assert "请先核对有效证件" in wrong.text
    assert 'value="李四"' in wrong.text
    assert (await desk.get("card-applications"))["items"] == []


async def test_a_card_is_found_by_its_whole_number_alone_and_its_number_is_shown_masked(desk, agent):
    await desk.supply("gold_card", 2)
    number = desk.number()
    card = await handed(desk, agent, await applied(desk, agent, await desk.member()), number)

    whole = (await sent(agent, "/console/find", q=number)).text
    part = (await sent(agent, "/console/find", q=number[:-1])).text
    led = await sent(agent, f"{CARDS}/found", number=number)
    await sent(agent, f"{CARDS}/found", 404, number=number[:-1])
    shown = await page(agent, f"{CARDS}/{card}")

    assert f"{CARDS}/{card}" in whole
    assert f"{CARDS}/{card}" not in part
    assert f"{CARDS}/{card}" in led.headers["hx-trigger"]
    # What is typed is sent back to be compared with what is typed by then.
    assert number not in whole.replace(f'data-for="{number}"', "") + shown + str(led.headers)


async def test_no_address_takes_a_card_s_number(desk, agent):
    await desk.supply("gold_card", 2)
    number = desk.number()
    await handed(desk, agent, await applied(desk, agent, await desk.member()), number)

    asked = await agent.get("/console/find", params={"q": number})
    listed = await page(agent, CARDS, number=number)
    (form,) = re.findall(r'<form[^>]*>(?=<input[^>]*name="number")', listed)

    assert asked.status_code == 405
    # Nothing on the page leads on with it: not a tab, an order, a saved view or an export.
    assert number not in listed
    assert [said in form for said in ('method="post"', f'hx-post="{CARDS}/found"')] == [True] * 2


async def test_a_customer_s_cards_lead_to_their_pages_and_a_new_one_is_begun_there(desk, agent):
    await desk.supply("gold_card", 2)
    customer = await desk.member()
    card = await handed(desk, agent, await applied(desk, agent, customer))

    tab = await page(agent, f"/console/customers/{customer}/cards")

    assert f"{CARDS}/{card}" in tab
    assert f"{ASKED}/new?customer_id={customer}" in tab
    assert "已发卡" in tab


async def test_stock_is_asked_for_made_sent_and_counted_by_somebody_else(desk, lead, head):
    await sent(lead, f"{STOCK}/units/{desk.units['branch']}/do/ask", 403, kind="gold_card", quantity="5", reason="备卡")
    await sent(lead, f"{STOCK}/units/{desk.units['outlet']}/do/ask", kind="gold_card", quantity="5", reason="备卡")
    (request,) = (await desk.get("card-requests"))["items"]
    await desk.approve(request["approval_id"])
    await sent(head, f"{STOCK}/units/{desk.units['head-office']}/do/make", kind="gold_card", quantity="9")
    for start, end in (("head-office", "branch"), ("branch", "outlet")):
        await sent(
            head,
            f"{STOCK}/units/{desk.units[start]}/do/dispatch",
            kind="gold_card",
            to_unit_id=desk.units[end],
            quantity="5",
            request_id=request["id"],
        )
        shipment = (await desk.get("card-shipments"))["items"][0]["id"]
        if start == "head-office":
            own = await sent(head, f"{STOCK}/shipments/{shipment}/do/receive", 403, received="5")
            await desk.post(f"card-shipments/{shipment}/receipt", {"received": 5})
    await sent(lead, f"{STOCK}/shipments/{shipment}/do/receive", 422, received="4")
    await sent(lead, f"{STOCK}/shipments/{shipment}/do/receive", received="4", reason="短少一张")

    shown = await page(lead, STOCK)
    assert "发出的人不能自己清点" in own.text
    assert await desk.stock("gold_card") == {"head-office": 4, "branch": 0, "outlet": 4}
    assert re.search(r'outlet</span>.*?<b class="num">4</b>', shown, re.S)
    assert "head-office" not in re.sub(r"<nav.*?</nav>", "", shown, flags=re.S).split("最近流水")[0]


async def test_what_runs_low_is_said(desk, lead):
    await desk.supply("gold_card", 1)

    assert "低于 2 张" in await page(lead, STOCK)


async def test_other_outlets_and_companies_see_none_of_it(desk, agent, world):
    await desk.supply("gold_card", 2)
    application = await applied(desk, agent, await desk.member())
    card = await handed(desk, agent, application)
    other = await desk.tenant.staff("other", "agent", unit="other")
    stranger = await (await world.tenant(packs=(desk.pack,))).staff("agent", "agent")

    answers = [
        (await client.get(path)).status_code
        for client in (other, stranger)
        for path in (f"{CARDS}/{card}", f"{CARDS}/{card}/preview", f"{ASKED}/{application}")
    ]

    assert answers == [404] * 6
    assert card not in await page(other, CARDS, state="issued")


async def test_a_company_without_cards_has_no_place_for_them(world):
    agent = await (await world.tenant(packs=())).staff("agent", "agent")

    assert CARDS not in await page(agent, "/console/")
