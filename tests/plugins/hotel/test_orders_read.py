"""What a department reads before it takes a notice up: in the console, where its people work, and on paper (S11-6, S11-7)."""

import re
from uuid import UUID

import pytest
from receiving import PATH, PLAN, decide, orders, step

from guibin.cases import Case
from guibin.notices.actions import Notice, notify
from guibin_tenants.scope import fetch

PAGES = "/console/receptions"
ASKED = {
    "guests": "一行六人",
    "requirements": "<b>安静</b>",
    "answers": {
        "delegation": "省政府代表团",
        "contact_person": "陈秘书",
        "vehicles": 3,
        "diet": "清真，不吃海鲜",
        "security_needs": "便衣两名，走地下车库",
    },
}


@pytest.fixture
async def kitchen(hotel):
    await hotel.tenant.unit("food_beverage")
    return await hotel.tenant.staff("cook", "manager", unit="food_beverage")


async def noticed(hotel):
    """VA, with what the visiting party was asked."""
    reception = await hotel.confirmed(protocol="va")
    await step(hotel.sales, reception, "enquiries", {"asked": "省府办"})
    await step(hotel.sales, reception, "particulars", ASKED)
    body = {"protocol": "va", "qualification": "provincial_leader", "reason": "视察"}
    asked = await step(hotel.sales, reception, "applications", body)
    await decide(hotel.people["group_chairman"], asked["applications"][-1]["approval_id"])
    drafted = await step(hotel.sales, reception, "plans", PLAN)
    await decide(hotel.people["resident_manager"], drafted["plans"][-1]["approval_id"])
    await step(hotel.sales, reception, "assignments", {"staff_id": str(hotel.sales.staff_id)})
    return await step(hotel.sales, reception, "notice")


async def shown(client, path, status=200):
    answer = await client.get(path, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == status, answer.text
    return answer


async def own_order(client):
    (order,) = [one for one in await orders(client) if one["newest"]]
    return order


@pytest.mark.rule("S11-7")
async def test_the_kitchen_reads_the_diet_where_its_notice_leads_and_takes_it_up_there(hotel, kitchen):
    reception = await noticed(hotel)
    (told,) = [
        one for one in (await kitchen.get("/api/v1/notices")).json()["items"] if one["kind"] == "reception_notice"
    ]

    led = await shown(kitchen, f"/console/notices/{told['id']}", 303)
    page = (await shown(kitchen, led.headers["location"])).text
    board = (await shown(kitchen, "/console/reception-board")).text
    taken_up = re.search(r'hx-get="(/console/receptions/orders/[^"]+/do/acknowledge)"', page)[1]
    done = await kitchen.post(taken_up, data={})
    after = (await shown(kitchen, led.headers["location"])).text

    said = ("饮食禁忌", "清真，不吃海鲜", "安全要求", "省政府代表团", "&lt;b&gt;安静&lt;/b&gt;", "展厅", "菜单", "献花")
    assert [word for word in said if word not in page] == []
    assert led.headers["location"] in board
    assert (done.status_code, "cook 已签收" in after, "do/acknowledge" in after) == (200, True, False)
    assert (await kitchen.get(f"{PAGES}/{reception['id']}")).status_code == 404


@pytest.mark.rule("S11-7")
async def test_every_look_at_an_order_is_on_record_and_another_department_s_is_not_there(hotel, kitchen):
    await hotel.tenant.unit("security")
    guard = await hotel.tenant.staff("guard", "agent", unit="security")
    reception = await noticed(hotel)
    order = await own_order(kitchen)

    foreign = await guard.get(f"{PAGES}/orders/{order['id']}")
    await shown(kitchen, f"{PAGES}/orders/{order['id']}")
    async with hotel.tenant.scope():
        looks = await fetch("select actor_name, customer_ids from audit_entry where action = 'reception_order.read'")

    assert foreign.status_code == 404
    assert [(one["actor_name"], [str(each) for each in one["customer_ids"]]) for one in looks] == [
        ("cook", [reception["customer_id"]])
    ]


@pytest.mark.rule("S11-7")
async def test_who_hears_of_an_order_of_another_department_is_led_to_the_board(hotel, kitchen):
    await hotel.tenant.unit("security")
    guard = await hotel.tenant.staff("guard", "agent", unit="security")
    await noticed(hotel)
    order = await own_order(kitchen)
    about = Case("reception_order", UUID(order["id"]))
    async with hotel.tenant.scope():
        await notify(
            Notice("acknowledgement_escalated", about, staff_ids=(guard.staff_id,)),
            key="late",
            now=hotel.tenant.world.clock(),
        )
    (told,) = [
        one
        for one in (await guard.get("/api/v1/notices")).json()["items"]
        if one["kind"] == "acknowledgement_escalated"
    ]
    assert told["subject_id"] == order["id"]

    led = (await shown(guard, f"/console/notices/{told['id']}", 303)).headers["location"]

    assert led == "/console/reception-board"
    await shown(guard, led)


@pytest.mark.rule("S11-7")
async def test_an_older_edition_leads_to_the_newest_and_is_not_taken_up(hotel, kitchen):
    reception = await noticed(hotel)
    first = await own_order(kitchen)
    answers = {**ASKED["answers"], "diet": "素食"}
    await step(hotel.sales, reception, "particulars", {**ASKED, "answers": answers})
    second = await own_order(kitchen)

    old = (await shown(kitchen, f"{PAGES}/orders/{first['id']}")).text
    new = (await shown(kitchen, f"{PAGES}/orders/{second['id']}")).text

    assert (f"{PAGES}/orders/{second['id']}" in old, "do/acknowledge" in old, "素食" in old) == (True, False, False)
    assert ("do/acknowledge" in new, "素食" in new, "不吃海鲜" in new) == (True, True, False)


@pytest.mark.rule("S11-7")
async def test_the_printed_notice_says_what_the_visiting_party_filled_in(hotel):
    reception = await noticed(hotel)

    page = (await shown(hotel.sales, f"{PATH}/{reception['id']}/notices/{reception['notices'][0]['id']}/page")).text

    assert re.search(r"<th>饮食禁忌</th><td>清真，不吃海鲜</td>", page)
    assert re.search(r"<th>安全要求</th><td>便衣两名，走地下车库</td>", page)
    assert re.search(r"<th>车辆数</th><td>3</td>", page)


async def test_once_the_archive_is_erased_nothing_of_the_guest_is_said(hotel, kitchen):
    reception = await noticed(hotel)
    order = await own_order(kitchen)
    erased = await hotel.key.delete(f"/api/v1/customers/{reception['customer_id']}")

    page = (await shown(kitchen, f"{PAGES}/orders/{order['id']}")).text

    assert erased.status_code < 300, erased.text
    assert ("清真" in page, "来宾的档案已删除" in page) == (False, True)
