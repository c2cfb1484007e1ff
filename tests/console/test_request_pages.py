"""Pages of service requests: the list, the case step by step, intake that tells the deadline first, what is on record."""

import re
from datetime import timedelta

import pytest
from caring import customer

PAGES = "/console/requests"
# A repair is signed for at the revisit, or it is said why not.
WHY = {"rating": "", "revisit": "电话回访", "report": ""}
MAINTENANCE = {"item": "maintenance", "channel": "phone", "text": "电视没有信号"}
ROWS = re.compile(rf'<tr data-row="{PAGES}/([^"]+)"')


@pytest.fixture
async def person(client):
    return await customer(client, "DK1", name="王建国", fields={"network": "two_way"})


async def taken(client, person, **changes):
    """A request, taken in on the page."""
    answer = await client.post(f"{PAGES}/new", data=MAINTENANCE | {"customer_id": person} | changes)
    assert answer.status_code == 200, answer.text
    found = (await client.get("/api/v1/service-requests")).json()["items"]
    return found[0]


async def do(client, request, command, status=200, **given):
    answer = await client.post(f"{PAGES}/{request['id']}/do/{command}", data=given)
    assert answer.status_code == status, answer.text
    return answer.text


async def rows(client, **asked):
    answer = await client.get(PAGES, params=asked)
    assert answer.status_code == 200, answer.text
    return ROWS.findall(answer.text)


async def test_before_it_is_saved_the_deadline_is_told_with_its_reason_and_nothing_is_written(client, person):
    answer = await client.post(f"{PAGES}/suggested", data=MAINTENANCE | {"customer_id": person, "text": ""})

    told = [
        word in answer.text for word in ("普通用户故障：24 小时完成，从申请起算", "到期", "S07-5", "上门", "王建国")
    ]
    assert told == [True] * 5
    assert (await client.get("/api/v1/service-requests")).json()["items"] == []


async def test_while_the_form_is_not_filled_in_it_is_told_what_the_deadline_still_needs(client, person):
    answer = await client.post(f"{PAGES}/suggested", data={"customer_id": person, "item": "new_programmes"})

    assert "还缺：" in answer.text
    assert "申请理由" in answer.text
    assert "审批：主管" in answer.text


async def test_the_form_of_the_item_is_asked_with_its_choices(client):
    page = (await client.get(f"{PAGES}/new", params={"item": "new_programmes"})).text

    told = [
        word in page
        for word in ("特约客户申请表", 'name="answers.network"', "已双向改造", 'type="date"', "特约用户(领导类)")
    ]
    assert told == [True] * 5


async def test_what_is_wrong_stands_at_its_field_and_nothing_is_written(client, person):
    answer = await client.post(
        f"{PAGES}/new", data={"item": "new_programmes", "channel": "phone", "text": "要看体育", "customer_id": person}
    )

    assert answer.status_code == 422
    assert re.search(r'id="f-answers\.reason-error">.*?请填写。', answer.text, re.S)
    assert "要看体育" in answer.text
    assert (await client.get("/api/v1/service-requests")).json()["items"] == []


async def test_nobody_is_no_customer(client):
    answer = await client.post(f"{PAGES}/new", data=MAINTENANCE)

    assert answer.status_code == 422
    assert "请从找到的客户里选一位。" in answer.text


async def test_the_case_says_what_comes_next_by_whom_by_when_and_why(client, person):
    request = await taken(client, person)

    page = (await client.get(f"{PAGES}/{request['id']}")).text

    step = re.search(r'aria-current="step">(.*?)</li>', page, re.S).group(1)
    assert ">预约<" in step
    assert "下一步" in step
    assert "普通用户故障：24 小时完成，从申请起算" in page
    assert f"{PAGES}/{request['id']}/do/appoint" in page
    assert "/do/take_step" not in page


async def test_steps_are_done_one_after_the_other_to_the_filed_case(client, person, clock):
    request = await taken(client, person)
    await do(client, request, "appoint", at="2026-03-05T14:00")
    clock.set(clock.now + timedelta(hours=1))
    asked = (await client.get(f"{PAGES}/{request['id']}/do/take_step")).text
    await do(client, request, "take_step", step="on_site", result="换了机顶盒", reaction="满意", accompanied_by="-")
    for step in WHY:
        await do(
            client,
            request,
            "take_step",
            step=step,
            rating="5",
            rated="李师傅",
            result="-",
            reaction="满意",
            unsigned_because=WHY[step],
        )

    page = (await client.get(f"{PAGES}/{request['id']}")).text
    assert '<option value="on_site" selected>上门</option>' in asked
    assert "换了机顶盒" in page
    assert "已归档" in page


async def test_a_step_without_its_particulars_is_refused_at_the_field(client, person):
    request = await taken(client, person)
    await do(client, request, "appoint", at="2026-03-05T14:00")

    said = await do(client, request, "take_step", 422, step="on_site", result="换了机顶盒")

    assert re.search(r'id="f-reaction-error">.*?这一步须填写。', said, re.S)
    assert len((await client.get(f"/api/v1/service-requests/{request['id']}")).json()["taken"]) == 1


async def test_an_appointment_in_the_past_is_refused_in_words(client, person):
    request = await taken(client, person)

    said = await do(client, request, "appoint", 422, at="2020-01-01T10:00")

    assert "已经过去了，请选以后的时间。" in said


async def test_views_and_filters_narrow_the_list(client, tenant, person):
    desk = await tenant.staff("desk", "account_manager")
    mine, other = await taken(desk, person), await taken(client, person, text="机顶盒花屏")

    found = [
        await rows(desk, handled_by=str(desk.staff_id), running="true"),
        await rows(desk, q="花屏"),
        await rows(desk, state="asked"),
        await rows(desk, item="maintenance", sort="received"),
    ]

    assert found == [[mine["id"]], [other["id"]], [], [other["id"], mine["id"]]]


async def test_what_waits_for_an_approval_says_whose_and_offers_no_step(client, tenant, person):
    desk = await tenant.staff("desk", "account_manager")
    answers = {
        "customer_kind": "leader",
        "special_contribution": "协调管网入户",
        "network": "two_way",
        "reason": "新开通互动点播",
        "equipment": "set_top_box",
        "programmes": "高清互动基础包",
        "starts_on": "2026-03-05",
        "ends_on": "2027-03-05",
    }
    given = {f"answers.{name}": value for name, value in answers.items()}
    request = await taken(desk, person, item="new_programmes", **given)

    page = (await desk.get(f"{PAGES}/{request['id']}")).text

    assert "审批：主管" in page
    assert "/do/take_step" not in page
    assert "已双向改造" in page
    assert await rows(desk, state="asked") == [request["id"]]


async def test_looking_is_on_record_as_at_the_other_door(client, person):
    request = await taken(client, person)
    await client.get(f"{PAGES}/{request['id']}")
    await rows(client)

    record = (await client.get("/api/v1/audit-entries", params={"customer_id": person})).json()["items"]

    done = {entry["action"] for entry in record}
    assert {"service_request.search", "service_request.read"} <= done
    assert request["id"] in {entry["subject_id"] for entry in record if entry["action"] == "service_request.read"}


async def test_several_are_handed_over_at_once(client, tenant, person):
    other = await tenant.staff("other", "account_manager")
    requests = [await taken(client, person), await taken(client, person)]

    answer = await client.post(
        f"{PAGES}/bulk/hand_over",
        data={"id": [each["id"] for each in requests], "to_staff_id": str(other.staff_id), "reason": "外线上门"},
    )

    assert answer.status_code == 200
    assert sorted(await rows(client, handled_by=str(other.staff_id))) == sorted(each["id"] for each in requests)


async def test_another_outlets_request_is_not_there(tenant, client, person):
    await tenant.unit("west")
    request = await taken(client, person)
    west = await tenant.staff("west", "account_manager", unit="west")

    assert (await west.get(f"{PAGES}/{request['id']}")).status_code == 404
    assert (await west.get(f"{PAGES}/{request['id']}/do/take_step")).status_code == 404
    assert await rows(west) == []


async def test_who_may_only_read_is_offered_nothing_and_does_nothing(tenant, client, person):
    request = await taken(client, person)
    reader = await tenant.client("requests:read", "customers:read")

    page = await reader.get(f"{PAGES}/{request['id']}")

    assert page.status_code == 200
    assert "/do/" not in page.text
    assert (await reader.post(f"{PAGES}/{request['id']}/do/note", data={"text": "x"})).status_code == 403


async def test_an_auditor_sees_no_requests(tenant):
    auditor = await tenant.staff("audit", "auditor")

    assert (await auditor.get(PAGES)).status_code == 403
    assert PAGES not in (await auditor.get("/console/")).text
