"""A customer's page: what is shown of whom, what is on record, and what is done from it."""

import re

import pytest
from caring import customer
from running import come_round
from standing import contacted, member

from guibin.care.jobs import PrepareCare

PURPOSE = "核对身份"


async def _page(client, person, tab="", **asked):
    answer = await client.get(f"/console/customers/{person}{tab}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.text


async def _sent(client, person, command, **fields):
    return await client.post(f"/console/customers/{person}/do/{command}", data=fields)


async def _record(client, person):
    entries = (await client.get("/api/v1/audit-entries", params={"customer_id": person})).json()["items"]
    # That the test itself reads the record is on record, too.
    return [one["action"] for one in entries if one["action"] != "audit.search"]


@pytest.fixture
async def person(client):
    return await customer(
        client,
        "K-1",
        name="陈玉兰",
        sex="female",
        birthday="1960-03-05",
        preferences={"contact": "visit"},
        confidential={"mobile": ["13912345678"]},
    )


async def test_the_head_says_who_it_is_masked_with_birthday_and_wishes(client, tenant, person):
    await member(tenant, person)
    await client.post(f"/api/v1/customers/{person}/consents", json={"purpose": "contact", "answer": "refused"})

    page = await _page(client, person)

    told = (
        "陈玉兰 女士",
        "核心大客户",
        "K-1",
        "139****5678",
        "3月5日（农历正月十七）",
        "不同意：联系",
        "联系方式：面谈",
    )
    assert [word for word in told if word not in page] == []
    assert "13912345678" not in page


async def test_the_timeline_tells_of_contacts_complaints_tiers_and_orders_the_latest_first(client, tenant, person):
    await member(tenant, person)
    await contacted(client, person, "2026-02-20T02:00:00Z", content="问候与回访")
    case = await client.post("/api/v1/complaints", json={"customer_id": person, "channel": "phone", "text": "信号中断"})
    order = {
        "number": "N1",
        "product": "专线",
        "price": {"amount": "1200"},
        "started_on": "2025-03-01",
        "ends_on": "2027-01-01",
    }
    await client.post(f"/api/v1/customers/{person}/orders", json=order)

    whole, contacts = await _page(client, person), await _page(client, person, show="contact")

    places = [whole.rindex(word) for word in ("信号中断</a>", "问候与回访", "专线")]
    assert places == sorted(places)
    assert f"/console/complaints/{case.json()['id']}" in whole
    story = contacts[contacts.index('id="story"') : contacts.index("</ol>", contacts.index('id="story"'))]
    assert ("问候与回访" in story, "信号中断" in story) == (True, False)


async def test_what_a_page_shows_is_on_record_as_reading_each_of_it_is(client, tenant, person):
    await client.post("/api/v1/complaints", json={"customer_id": person, "channel": "phone", "text": "信号中断"})
    before = await _record(client, person)

    await _page(client, person)

    after = await _record(client, person)
    added = after[: len(after) - len(before)]
    assert sorted(set(added)) == [
        "complaint.search",
        "consent.read",
        "customer.read",
        "entitlements.read",
        "membership.read",
    ]


async def test_what_a_reader_may_not_read_is_neither_shown_nor_on_record(tenant, client, person):
    await client.post("/api/v1/complaints", json={"customer_id": person, "channel": "phone", "text": "信号中断"})
    before = len(await _record(client, person))
    narrow = await tenant.client("customers:read")

    page = await _page(narrow, person)

    assert "信号中断" not in page
    added = (await _record(client, person))[:-before]
    assert sorted(added) == ["consent.read", "customer.read"]


async def test_a_value_is_shown_in_place_for_a_purpose_that_is_on_record(client, person):
    asked = await client.get(f"/console/customers/{person}/reveal/mobile", params={"at": "mask-top-mobile"})
    shown = await client.post(
        f"/console/customers/{person}/reveal/mobile",
        data={"purpose": PURPOSE, "leaves_to": "nobody", "at": "mask-top-mobile"},
    )

    assert ("13912345678" in asked.text, "mask-top-mobile" in asked.text) == (False, True)
    assert (shown.status_code, "13912345678" in shown.text, shown.headers["HX-Trigger"]) == (200, True, "revealed")
    assert ('hx-target="#mask-top-mobile"' in shown.text, 'data-closes="30"' in shown.text) == (True, True)
    (disclosure,) = (await client.get(f"/api/v1/customers/{person}/disclosures")).json()["items"]
    assert (disclosure["purpose"], disclosure["fields"]) == (PURPOSE, ["mobile"])


async def test_gifts_of_what_comes_up_are_told_in_the_reader_s_words(client, tenant, person):
    await member(tenant, person)
    await come_round(tenant, PrepareCare())

    page = await _page(client, person)

    assert ("鲜花、蛋糕、贺卡" in page, "flowers" in page) == (True, False)


async def test_who_gets_it_outside_is_no_field_that_may_stay_empty(client, person):
    page = (await client.get(f"/console/customers/{person}/reveal/mobile")).text
    answer = await client.post(
        f"/console/customers/{person}/reveal/mobile", data={"purpose": PURPOSE, "leaves_to": "outside", "at": "m"}
    )

    optional = re.findall(r'for="f-(\w+)">[^<]*<span class="ink3">（可不填）', page)
    assert (optional, "f-recipient-error" in answer.text, answer.status_code) == (["legal_basis"], True, 422)


@pytest.mark.parametrize(("field", "purpose"), [("mobile", ""), ("mobile", "x"), ("name", PURPOSE)])
async def test_without_a_purpose_or_a_sealed_field_nothing_is_shown_nor_written(client, person, field, purpose):
    answer = await client.post(f"/console/customers/{person}/reveal/{field}", data={"purpose": purpose, "at": "m"})

    assert (answer.status_code, "13912345678" in answer.text) == (422, False)
    assert (await client.get(f"/api/v1/customers/{person}/disclosures")).json()["items"] == []


async def test_an_element_that_is_none_of_the_pages_takes_no_value(client, person):
    answer = await client.post(
        f"/console/customers/{person}/reveal/mobile",
        data={"purpose": PURPOSE, "leaves_to": "nobody", "at": '"><script>'},
    )

    assert "<script>" not in answer.text


async def test_an_agent_sees_masks_and_no_way_to_open_them(tenant, client, person):
    agent = await tenant.staff("agent", "agent")

    page = await _page(agent, person)
    refused = await agent.post(
        f"/console/customers/{person}/reveal/mobile", data={"purpose": PURPOSE, "leaves_to": "nobody"}
    )

    assert ("139****5678" in page, "/reveal/" in page, refused.status_code) == (True, False, 403)


async def test_a_case_at_hand_is_the_purpose_that_is_offered(client, person):
    case = (
        await client.post("/api/v1/complaints", json={"customer_id": person, "channel": "phone", "text": "信号中断"})
    ).json()

    form = await client.get(
        f"/console/customers/{person}/reveal/mobile",
        headers={"HX-Current-URL": f"http://guibin.test/console/complaints/{case['id']}"},
    )

    assert f"处理投诉 {case['number']}" in form.text


async def test_a_contact_is_recorded_with_the_customer_of_the_page(client, person):
    other = await customer(client, "2")

    answer = await _sent(client, person, "contact", customer_id=other, channel="phone", direction="out", content="问候")

    assert answer.status_code == 200, answer.text
    (made,) = (await client.get("/api/v1/interactions")).json()["items"]
    assert (made["customer_id"], made["content"], made["outcome"]) == (person, "问候", "reached")


async def test_a_contact_without_words_comes_back_with_what_is_wrong_and_nothing_is_written(client, person):
    answer = await _sent(client, person, "contact", customer_id=person, channel="phone", direction="out")

    assert (answer.status_code, 'id="f-content-error"' in answer.text) == (422, True)
    assert (await client.get("/api/v1/interactions")).json()["items"] == []


async def test_consent_manager_exception_and_order_are_done_from_the_page(client, tenant, person):
    manager = await tenant.staff("wang", "account_manager")
    done = [
        await _sent(client, person, "consent", purpose="contact", answer="granted"),
        await _sent(client, person, "assign", account_manager_id=str(manager.staff_id)),
        await _sent(
            client,
            person,
            "order",
            number="N1",
            product="专线",
            price="1200.50",
            currency="CNY",
            started_on="2026-03-01",
            ends_on="2027-03-01",
        ),
    ]

    assert [answer.status_code for answer in done] == [200, 200, 200]
    page = await _page(client, person)
    assert ("同意：联系" in page, "<dd>wang</dd>" in page, "专线" in page) == (True, True, True)


async def test_an_order_with_a_price_that_is_none_is_refused_at_its_field(client, person):
    order = {"number": "N1", "product": "专线", "started_on": "2026-03-01", "ends_on": "2027-03-01"}

    answer = await _sent(client, person, "order", price="viel", currency="CNY", **order)

    assert (answer.status_code, 'id="f-price-error"' in answer.text) == (422, True)
    assert (await client.get(f"/api/v1/customers/{person}/orders")).json() == []


async def test_an_exception_without_an_end_is_refused_and_with_one_waits_for_approval(client, tenant):
    group = await customer(client, "G", kind="group", name="蜀汉商贸")
    tier = {"tier": "key", "reason": "战略合作"}

    wrong = await _sent(client, group, "exception", expires_on="2030-01-01", **tier)
    right = await _sent(client, group, "exception", expires_on="2026-06-01", **tier)

    assert (wrong.status_code, 'id="f-expires_on-error"' in wrong.text) == (422, True)
    assert right.status_code == 200, right.text
    (applied,) = (await client.get("/api/v1/applications")).json()["items"]
    assert (applied["kind"], applied["scheme"], applied["tier"]) == ("exception", "key_account", "key")


async def test_who_looked_is_told_to_those_who_may_open_values(client, tenant, person):
    agent = await tenant.staff("agentli", "agent")
    await _page(agent, person)

    page = await _page(client, person, "/looks")

    assert re.search(r"agentli <span[^>]*>查看档案", page)
    assert (await agent.get(f"/console/customers/{person}/looks")).status_code == 403
    assert (await _record(client, person))[0] == "customer.looks"


@pytest.mark.parametrize("place", ["", "/looks", "/reveal/mobile", "/do/contact"])
async def test_another_outlets_customer_is_nobody(tenant, client, place):
    await tenant.unit("north")
    await tenant.unit("south")
    person = await customer(client, org_unit_id=str(tenant.units["north"]))
    south = await tenant.staff("south", "account_manager", unit="south")

    answer = await south.get(f"/console/customers/{person}{place}")

    assert answer.status_code == (200 if place == "/reveal/mobile" else 404)


async def test_a_value_behind_a_wall_stays_sealed(tenant, client):
    await tenant.unit("north")
    await tenant.unit("south")
    person = await customer(client, org_unit_id=str(tenant.units["north"]), confidential={"mobile": ["13912345678"]})
    south = await tenant.staff("south", "account_manager", unit="south")

    answer = await south.post(
        f"/console/customers/{person}/reveal/mobile", data={"purpose": PURPOSE, "leaves_to": "nobody"}
    )

    assert (answer.status_code, "13912345678" in answer.text) == (404, False)


async def test_an_archive_is_closed_and_opened_again_from_its_page(client, person):
    asked = (await client.get(f"/console/customers/{person}/do/close")).text
    assert [word for word in ("关闭档案", "去世", "客户要求") if word not in asked] == []
    closed = await _sent(client, person, "close", reason="died", note="家属告知")
    page = await _page(client, person, "/archive")
    again = await _sent(client, person, "reopen", reason="登记错误")

    assert (closed.status_code, again.status_code) == (200, 200)
    assert [word for word in ("档案已关闭", "去世", "家属告知", "重新启用档案") if word not in page] == []
    assert "档案已关闭" not in await _page(client, person)


async def test_archives_that_say_the_same_are_compared_before_they_are_merged_too(client, person):
    other = await customer(client, "K-3", name="陈玉兰")
    given = {"merged_id": other, "reason": "重复建档"}

    compared = await client.post(f"/console/customers/{person}/merge", data=given)
    before = await _page(client, other)
    done = await client.post(f"/console/customers/{person}/merge", data=given | {"compared": "true"})

    assert compared.status_code == 422
    assert "两份档案没有不同之处" in compared.text
    assert "已并入另一份档案" not in before
    assert done.status_code == 200
    assert "已并入另一份档案" in await _page(client, other)


async def test_a_duplicate_is_merged_from_the_page_once_it_is_chosen_what_stays(client, person):
    other = await customer(client, "K-2", name="陈玉兰", confidential={"mobile": ["13800138000"]})
    given = {"merged_id": other, "reason": "同一身份证号"}

    asks = await client.get(f"/console/customers/{person}/merge")
    differs = await client.post(f"/console/customers/{person}/merge", data=given)
    done = await client.post(
        f"/console/customers/{person}/merge", data=given | {"compared": "true", "choices.mobile": "both"}
    )

    assert "同一客户的另一份档案" in asks.text
    submit = re.compile(r'type="submit" class="btn btn-primary">(\S+) ')
    assert [submit.search(page.text)[1] for page in (asks, differs)] == ["比较两份档案", "合并重复档案"]
    assert "两份档案有 1 处不同" in differs.text
    assert (differs.status_code, done.status_code) == (422, 200)
    assert [
        word for word in ("留本档案的：139****5678", "取另一份的：138****8000", "两者都留") if word not in differs.text
    ] == []
    page = await _page(client, person, "/archive")
    assert [word for word in ("合并进来的档案", "K-2", "同一身份证号", "138****8000") if word not in page] == []
    assert "已并入另一份档案" in await _page(client, other)
    row = re.search(r"do/undo_merge\?row_id=([0-9a-f-]{36})", page)[1]
    assert (await _sent(client, person, "undo_merge", row_id=row, reason="是两个人")).status_code == 200
    assert "已撤销" in await _page(client, person, "/archive")
    assert "138****8000" not in await _page(client, person)


@pytest.mark.rule("S02-6")
async def test_two_archives_of_one_person_lead_to_merging_them_where_both_are_in_sight(client, tenant):
    documents = {"identity_number": ["11010519491231002X"]}
    kept = await customer(client, "S-1", name="陈玉兰", confidential=documents)
    other = await customer(client, "S-2", name="陈玉蘭", confidential=documents)
    alone = await customer(client, "S-3", name="陈玉")
    agent = await tenant.staff("same-agent", "agent")
    button = f'hx-get="/console/customers/{kept}/merge?other={other}"'

    pages = [await _page(client, each, "/archive") for each in (kept, alone)]
    unable = await _page(agent, kept, "/archive")
    asks = await client.get(f"/console/customers/{kept}/merge", params={"other": other})
    strange = await client.get(f"/console/customers/{kept}/merge", params={"other": alone})

    assert [button in page for page in (*pages, unable)] == [True, False, False]
    assert other in unable
    assert asks.status_code == 200
    assert [word in asks.text for word in (other, "证件相同，是同一个人", "比较两份档案")] == [True, True, True]
    assert alone not in strange.text
    said = {"merged_id": other, "reason": "证件相同，是同一个人", "compared": "true", "choices.name": "kept"}
    done = await client.post(f"/console/customers/{kept}/merge", data=said)
    assert done.status_code == 200
    assert "已并入另一份档案" in await _page(client, other)
