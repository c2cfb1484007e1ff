"""Pages of receptions: who comes when, a visit from its news to the filed record, and each level with its approvers first."""

import html
import re

import pytest
from receiving import ARRIVES, decide, guest

PAGES = "/console/receptions"
ROWS = re.compile(rf'<tr data-row="{PAGES}/([^"]+)"')
NEWS = {"source": "集团领导", "arrives_at": "2026-03-04T10:00", "party_size": "3", "text": "来访一天"}
PLAN = {
    "plan": "总经理迎接，参观展厅",
    "standard": "一号接待室，茶歇",
    "room": "一号接待室",
    "gifts": "画册一套",
    "budget": "500",
    "itinerary": "10:00 迎接 @ 正门\n10:30 参观 @ 展厅\n+1 9:00 座谈",
}


@pytest.fixture
async def company(world):
    tenant = await world.tenant(packs=())
    await tenant.unit("security")
    return tenant


@pytest.fixture
async def officer(company):
    """Of the reception centre."""
    return await company.staff("officer", "reception_officer")


@pytest.fixture
async def manager(company):
    return await company.staff("manager", "manager")


@pytest.fixture
async def guard(company):
    """Of a department that prepares."""
    return await company.staff("guard", "agent", unit="security")


@pytest.fixture
async def person(company):
    return await guest(await company.client(), preferences={"diet": "不吃辣"})


async def sent(client, path, status=200, **given):
    answer = await client.post(f"{PAGES}/{path}", data=given)
    assert answer.status_code == status, answer.text
    return answer


async def page(client, path=""):
    answer = await client.get(f"{PAGES}{path}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def listed(client, **asked):
    answer = await client.get(PAGES, params=asked)
    assert answer.status_code == 200, answer.text
    return ROWS.findall(answer.text)


async def taken(client, person):
    """News of a visit, written down on the page; the reception's id."""
    answer = await sent(client, "new", customer_id=person, **NEWS)
    return re.search(rf"{PAGES}/([0-9a-f-]+)", answer.headers["hx-trigger"]).group(1)


async def approved(officer, manager, person):
    """A reception whose level is approved."""
    reception = await taken(officer, person)
    await sent(officer, f"{reception}/do/confirm")
    await sent(
        officer, f"{reception}/apply", protocol="vip", qualification="vip_customer", reason="重要客户，公司层面接待"
    )
    asked = (await officer.get(f"/api/v1/receptions/{reception}")).json()
    await decide(manager, asked["applications"][0]["approval_id"])
    return reception


async def noticed(officer, manager, person):
    """A reception whose departments are told."""
    reception = await approved(officer, manager, person)
    await sent(officer, f"{reception}/do/plan", **PLAN)
    await sent(officer, f"{reception}/do/assign", staff_id=str(officer.staff_id))
    await sent(officer, f"{reception}/do/send")
    return reception


async def test_before_it_is_written_down_the_level_is_told_with_clause_approvers_and_what_is_prepared(
    officer, person, company
):
    told = (await sent(officer, "suggested", customer_id=person, **NEWS)).text

    said = [
        word in told
        for word in ("张三丽", "不吃辣", "S14-3", "谁批准", "主管", "接待人员熟悉来宾情况与行程", "提前 1 天")
    ]
    assert said == [True] * 7
    assert (await officer.get("/api/v1/receptions")).json()["items"] == []


async def test_a_visit_goes_from_its_news_to_the_filed_record_on_pages(officer, manager, person):
    reception = await noticed(officer, manager, person)
    prepared = await page(officer, f"/{reception}")
    await sent(officer, f"{reception}/do/arrive", channel="dedicated", waited_minutes="2")
    for stage in ("meet", "tour", "send_off"):
        await sent(officer, f"{reception}/do/take_stage", stage=stage, text="顺利")
    for item in ("dress", "standing_welcome", "guiding"):
        await sent(officer, f"{reception}/do/check_etiquette", item=item, kept="true")
    await sent(officer, f"{reception}/do/collect_feedback", given="true", text="很满意", score="95")
    heard = (await officer.get(f"/api/v1/receptions/{reception}")).json()["feedback"][0]["id"]
    await sent(officer, f"{reception}/do/answer", feedback=heard, handling="已转达", reply="感谢肯定")
    unready = await sent(officer, f"{reception}/do/file_away", 409, summary="下次安排在上午")

    assert [word in prepared for word in ("一号接待室", "画册一套", "¥500.00", "展厅", "安保部", "未签收")] == [
        True
    ] * 6
    assert "还有没完成的事项" in unready.text
    ended = await page(officer, f"/{reception}")
    assert [word in ended for word in ("很满意", "感谢肯定", "95", "待归档")] == [True] * 4


async def test_a_department_takes_the_notice_up_and_ticks_off_its_own_tasks_alone(officer, manager, guard, person):
    reception = await noticed(officer, manager, person)
    task = next(one for one in (await guard.get("/api/v1/reception-tasks")).json()["items"])
    order = next(one for one in (await guard.get("/api/v1/reception-orders")).json()["items"])

    foreign = await sent(officer, f"tasks/{task['id']}/do/report", 403, text="好了")
    await sent(guard, f"orders/{order['id']}/do/acknowledge")
    await sent(guard, f"tasks/{task['id']}/do/report", text="通道已清", cost="120.50")
    shown = await page(officer, f"/{reception}")

    assert "由该部门自己签收和反馈" in foreign.text
    assert [word in shown for word in ("guard 已签收", "通道已清", "¥120.50", "/ ¥500.00")] == [True] * 4
    assert (await guard.get(f"{PAGES}/{reception}")).status_code == 404


async def test_what_is_the_centre_s_is_not_offered_to_others_and_refused(company, officer, manager, person):
    agent = await company.staff("agent", "agent")
    reception = await taken(officer, person)

    shown, theirs = await page(agent, f"/{reception}"), await page(officer, f"/{reception}")
    refused = await sent(agent, f"{reception}/do/cancel", 403, reason="不来了")

    assert "do/cancel" in theirs
    assert "do/cancel" not in shown
    assert "由接待中心办理" in refused.text


async def test_the_list_shows_the_week_and_finds_by_state_guest_and_number(officer, person, company):
    reception = await taken(officer, person)
    number = (await officer.get(f"/api/v1/receptions/{reception}")).json()["number"]

    first = await officer.get(PAGES)
    found = [
        await listed(officer, arrives_from="2026-03-02T00:00:00+08:00", arrives_before="2026-03-09T00:00:00+08:00"),
        await listed(officer, state="collected"),
        await listed(officer, q="张三"),
        await listed(officer, q=number[-5:].lower()),
    ]

    assert first.status_code == 303
    assert "running=true" in first.headers["location"]
    assert found == [[reception]] * 4
    assert await listed(officer, state="filed") == []
    views = await page(officer, "?running=true")
    assert "arrives_from=2026-03-02T00%3A00%3A00%2B08%3A00&amp;arrives_before=2026-03-03" in views
    assert re.search(r"今天 <span class=\"g-count\">0</span>.*本周 <span class=\"g-count\">1</span>", views, re.S)


async def test_time_and_party_change_and_the_departments_get_a_new_edition(officer, manager, person):
    reception = await noticed(officer, manager, person)

    same = await sent(officer, f"{reception}/do/change", 422, reason="改期")
    past = await sent(officer, f"{reception}/do/change", 422, reason="改期", arrives_at="2026-02-01T10:00")
    await sent(officer, f"{reception}/do/change", reason="航班延误", arrives_at="2026-03-04T15:00", party_size="5")
    shown = await page(officer, f"/{reception}")

    assert "时间和人数都没有变" in same.text
    assert "请选现在以后、两年以内的时间" in past.text
    assert [word in shown for word in ("航班延误", "第 2 版", "5 人")] == [True] * 3


async def test_a_plan_whose_line_begins_with_no_time_is_refused_with_what_was_typed(officer, manager, person):
    reception = await approved(officer, manager, person)

    answer = await sent(officer, f"{reception}/do/plan", 422, **PLAN | {"itinerary": "上午参观"})

    assert "每行以时间开头" in answer.text
    assert ">上午参观</textarea>" in answer.text


async def test_an_application_shows_who_decides_and_says_what_is_wrong_before_it_is_sent(officer, manager, person):
    reception = await taken(officer, person)
    await sent(officer, f"{reception}/do/confirm")

    asked = await page(officer, f"/{reception}/apply")
    wrong = await sent(officer, f"{reception}/apply", 422, protocol="vip", reason="重要")
    empty = await sent(officer, f"{reception}/apply", 422, protocol="vip", qualification="vip_customer")

    assert [word in asked for word in ("谁批准", "主管", "S14-1", "S14-3")] == [True] * 4
    assert "请选这个规格的一条理由" in wrong.text
    assert "请填写" in empty.text


async def test_an_approval_leads_to_its_reception_and_back(officer, manager, person):
    reception = await taken(officer, person)
    await sent(officer, f"{reception}/do/confirm")
    await sent(officer, f"{reception}/apply", protocol="vip", qualification="vip_customer", reason="重要客户")
    approval = (await officer.get(f"/api/v1/receptions/{reception}")).json()["applications"][0]["approval_id"]

    decided = await manager.get(f"/console/approvals/{approval}")

    assert f"{PAGES}/{reception}" in decided.text
    assert f"/console/approvals/{approval}" in await page(officer, f"/{reception}")


async def test_a_page_is_on_record_and_another_company_s_reception_is_not_there(world, company, officer, person):
    reception = await taken(officer, person)
    stranger = await (await world.tenant(packs=())).staff("officer", "reception_officer")

    await page(officer, f"/{reception}")
    entries = (await (await company.client()).get("/api/v1/audit-entries", params={"limit": 200})).json()["items"]
    foreign = [
        (await stranger.get(f"{PAGES}/{reception}{rest}")).status_code
        for rest in ("", "/preview", "/apply", "/do/plan")
    ]

    assert ("reception.read", reception) in [(one["action"], one["subject_id"]) for one in entries]
    assert foreign == [404] * 4


async def test_it_is_found_by_its_number_and_stands_on_the_workbench(officer, person, world):
    reception = await taken(officer, person)
    number = (await officer.get(f"/api/v1/receptions/{reception}")).json()["number"]

    found = (await officer.post("/console/find", data={"q": number})).text
    world.clock.set(ARRIVES.replace(hour=1))
    bench = (await officer.get("/console/")).text

    assert f"{PAGES}/{reception}" in found
    assert f"{PAGES}/{reception}" in bench


async def test_in_english_no_text_is_missing(officer, manager, person):
    reception = await noticed(officer, manager, person)
    officer.cookies.set("guibin_language", "en")

    shown = await page(officer, f"/{reception}")

    assert [word in shown for word in ("In preparation", "What departments prepare", "Send notice", "准备中")] == [
        True,
        True,
        False,
        False,
    ]


async def test_what_was_chosen_among_the_applications_stands_in_the_form(officer, person):
    choose = (await officer.get(f"/console/customers/{person}/apply")).text
    links = re.findall(r'href="(/console/receptions/new[^"]+)"', choose)
    forms = [(await officer.get(html.unescape(link))).text for link in links]
    chosen = [re.search(r'<option value="(\w+)" selected>', form[form.index('name="protocol"') :])[1] for form in forms]
    unknown = await officer.get(f"/console/receptions/new?customer_id={person}&protocol=none")

    assert len(links) > 0
    assert [f"protocol={each}" in link for each, link in zip(chosen, links, strict=True)] == [True] * len(links)
    assert unknown.status_code == 200
