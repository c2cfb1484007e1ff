"""The workbench and the day: whose it is, what is on them and on record, and what is done from them in two steps."""

import re
from datetime import timedelta

import pytest
from caring import customer

PART = {"HX-Request-Type": "partial"}
COMPLAINT = {"channel": "phone", "text": "机顶盒无信号"}


@pytest.fixture
async def house(tenant, client):
    """An agent, an account manager with a customer, and their leader, in one outlet; an agent of another."""
    for code in ("east", "west"):
        await tenant.unit(code)
    people = {
        name: await tenant.staff(name, role, unit=unit)
        for name, role, unit in (
            ("agent", "agent", "east"),
            ("manager", "account_manager", "east"),
            ("lead", "manager", "east"),
            ("stranger", "agent", "west"),
        )
    }
    unit, own = str(tenant.units["east"]), str(people["manager"].staff_id)
    people["customer"] = await customer(client, name="周正平", org_unit_id=unit, account_manager_id=own)
    return people


async def page(client, path="/console/", **asked):
    answer = await client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.text


async def complain(client, **more):
    answer = await client.post("/api/v1/complaints", json=COMPLAINT | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def asked(house, need="4K 盒子能试用吗"):
    body = {"customer_id": house["customer"], "channel": "phone", "direction": "in", "content": "来电", "need": need}
    answer = await house["manager"].post("/api/v1/interactions", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_an_agent_sees_what_is_theirs_with_customer_level_and_deadline(house):
    case = await complain(house["agent"], customer_id=house["customer"])

    html = await page(house["agent"])

    assert ("早上好，agent" in html, "周正平" in html, case["number"] in html) == (True, True, True)
    assert f'data-row="/console/complaints/{case["id"]}"' in html
    assert re.search(r'<b class="">1 <small>', html)


async def test_another_outlet_sees_nothing_of_it(house):
    case = await complain(house["agent"], customer_id=house["customer"])

    html = await page(house["stranger"], whose="desk")

    assert (case["number"] in html, "周正平" in html) == (False, False)


async def test_who_was_shown_is_on_record(house, tenant):
    await complain(house["agent"], customer_id=house["customer"])
    await page(house["agent"])
    auditor = await tenant.staff("auditor", "auditor")

    record = (await auditor.get("/api/v1/audit-entries", params={"action": "work.search"})).json()["items"]

    assert (record[0]["actor_name"], record[0]["customer_ids"]) == ("agent", [house["customer"]])


async def test_figures_lead_to_their_rows(house, clock):
    case = await complain(house["agent"], customer_id=house["customer"])
    clock.set(clock() + timedelta(hours=11))

    late = await page(house["agent"], show="late")
    soon = await page(house["agent"], show="soon")

    assert (case["number"] in late, case["number"] in soon) == (True, False)
    assert "1 件逾期" in late


async def test_a_leader_sees_the_units_and_an_agent_is_refused_it(house):
    case = await complain(house["agent"], customer_id=house["customer"])

    led = await page(house["lead"], whose="unit")
    refused = await house["agent"].get("/console/", params={"whose": "unit"})

    assert (case["number"] in led, refused.status_code) == (True, 403)


async def _beside_the_menu(client):
    html = await page(client, "/console/work/counts")
    found = re.findall(r'class="g-count( is-late)?" data-of="([^"]+)" title="([^"]+)"', html)
    return {path: (said, bool(late)) for late, path, said in found}


async def test_the_menu_counts_what_is_late_else_what_is_due_today_and_customers_who_wrote(house, clock):
    case = await complain(house["agent"], customer_id=house["customer"])
    today = await _beside_the_menu(house["agent"])
    await house["agent"].post(f"/api/v1/complaints/{case['id']}/messages", json={"text": "还没好", "direction": "in"})
    wrote = await _beside_the_menu(house["agent"])
    clock.set(clock() + timedelta(hours=11))
    late = await _beside_the_menu(house["agent"])

    assert today == {"/console/": ("今天到期 1 件", False)}
    assert wrote["/console/complaints"] == ("1 位客户来信待回", False)
    assert late["/console/"] == ("2 件逾期", True)
    assert await _beside_the_menu(house["stranger"]) == {}


async def test_a_leader_s_menu_counts_the_decisions_that_wait_for_them(house, tenant):
    asked = await house["agent"].post(
        "/api/v1/applications",
        json={
            "customer_id": house["customer"],
            "scheme": "key_account",
            "tier": "key",
            "kind": "exception",
            "reason": "集团用户，合作多年",
        },
    )

    assert asked.status_code in (201, 422), asked.text
    if asked.status_code == 201:
        assert (await _beside_the_menu(house["lead"]))["/console/approvals"][0] == "1 件待你审批"
    assert "/console/approvals" not in await _beside_the_menu(house["agent"])


async def test_the_list_goes_on_page_by_page(house):
    for _ in range(27):
        await complain(house["agent"], customer_id=house["customer"])
    html = await page(house["agent"])
    more = re.search(r'hx-get="(/console/\?cursor=[^"]+)"', html)

    assert more is not None
    rest = await house["agent"].get(more[1].replace("&amp;", "&"), headers=PART)

    assert (html.count("data-row="), rest.text.count("data-row="), "<html" in rest.text) == (25, 2, False)


async def test_an_account_managers_first_page_is_the_day_late_first(house, clock):
    question = await asked(house)
    body = {
        "customer_id": house["customer"],
        "planned_at": (clock() + timedelta(hours=30)).isoformat(),
        "purpose": "断网后安抚",
    }
    assert (await house["manager"].post("/api/v1/visits", json=body)).status_code == 201
    clock.set(clock() + timedelta(hours=11))

    html = await page(house["manager"])

    assert html.index("问：4K 盒子能试用吗") < html.index("拜访：断网后安抚")
    assert f'hx-get="/console/work/question/{question["id"]}/do/question"' in html
    assert "农历正月十四" in html


async def test_a_question_is_answered_from_the_day_in_two_steps(house):
    question = await asked(house)
    path = f"/console/work/question/{question['id']}/do/question"

    form = await page(house["manager"], path)
    empty = await house["manager"].post(path, data={"text": ""})
    done = await house["manager"].post(path, data={"text": "可以试用一周", "done": "true"})

    assert 'name="text"' in form
    assert (empty.status_code, "请填写。" in empty.text) == (422, True)
    assert (done.status_code, "said" in done.headers["HX-Trigger"]) == (200, True)
    assert "4K 盒子能试用吗" not in (await page(house["manager"])).split('id="done"')[0]


async def test_a_contact_is_recorded_from_the_day_and_stands_among_what_was_done(house):
    path = f"/console/work/contact/{house['customer']}/do/contact"
    form = await page(house["manager"], path)
    given = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))

    done = await house["manager"].post(
        path, data=given | {"channel": "phone", "direction": "out", "outcome": "reached", "content": "问候节日"}
    )

    assert (given["customer_id"], done.status_code) == (house["customer"], 200)
    assert "问候节日" in (await page(house["manager"])).split('id="done"')[1]


async def test_the_log_of_today_and_the_plan_of_the_week_are_written_there(house):
    own = house["manager"]
    log, plan = (f"/console/work/{kind}/{own.staff_id}/do/{kind}" for kind in ("log", "plan"))

    written = await own.post(log, data={"text": "走访两家"})
    planned = await own.post(plan, data={"span": "week", "text": "走访周正平\n\n核对到期业务\n"})
    html = await page(own)

    assert (written.status_code, planned.status_code) == (200, 200)
    assert ("走访两家" in html, "走访周正平" in html, "核对到期业务" in html) == (True, True, True)


async def test_nobody_does_from_there_what_their_role_does_not_allow(house, tenant):
    question = await asked(house)
    auditor = await tenant.staff("auditor", "auditor")
    path = f"/console/work/question/{question['id']}/do/question"

    refused = await auditor.post(path, data={"text": "x"})
    unknown = await house["manager"].get(f"/console/work/debt/{question['id']}/do/debt")
    elsewhere = await house["stranger"].post(path, data={"text": "x"})

    assert (refused.status_code, unknown.status_code, elsewhere.status_code) == (403, 404, 404)


async def test_the_pages_speak_english_too(house):
    await asked(house)
    house["manager"].cookies.set("guibin_language", "en")

    html = await page(house["manager"])

    assert ("My day" in html, "Asks: 4K" in html, "work." in re.sub(r'"/console/work/[^"]*"', "", html)) == (
        True,
        True,
        False,
    )


async def test_a_form_says_whom_and_what_it_is_about_and_that_is_on_record(house, tenant):
    question = await asked(house)
    auditor = await tenant.staff("auditor", "auditor")

    form = await page(house["manager"], f"/console/work/question/{question['id']}/do/question")
    record = (await auditor.get("/api/v1/audit-entries", params={"action": "work.search"})).json()["items"]

    assert ("周正平" in form, "问：4K 盒子能试用吗" in form) == (True, True)
    assert record[0]["customer_ids"] == [house["customer"]]
