"""The auditor's pages over HTTP: lists, counts, one entry, what left, what changed in rights."""

from datetime import timedelta

import pytest
from looking import CUSTOMER, PURPOSE
from running import come_round

from guibin.oversight.jobs import DrawUnusualLooks

PAGES = "/console"


@pytest.fixture
async def auditor(tenant):
    return await tenant.staff("auditor", "auditor")


@pytest.fixture
async def house(client, tenant):
    """A customer whom somebody looked at, once in clear for a police request."""
    opened = (await client.post("/api/v1/customers", json=CUSTOMER)).json()["id"]
    manager = await tenant.staff("manager", "manager")
    await manager.get(f"/api/v1/customers/{opened}")
    outside = {"leaves_to": "outside", "recipient": "成都市公安局", "legal_basis": "协查函"}
    await manager.post(f"/api/v1/customers/{opened}/disclosures", json=PURPOSE | outside)
    return opened


async def read(client, path, language="zh-CN", **params):
    answer = await client.get(path, params=params, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_list_says_who_saw_whom_why_and_what(auditor, house):
    shown = await read(auditor, f"{PAGES}/looks", customer_id=house, looked="true")
    found = await read(auditor, f"{PAGES}/looks", q="DK00001")

    for text in (shown, found):
        assert all(said in text for said in ("王建国", "manager", PURPOSE["purpose"], "明文：手机"))
        assert "13800138000" not in text
    assert "没有记录" in await read(auditor, f"{PAGES}/looks", q="没有这个人")


async def test_every_way_of_counting_leads_to_the_list(auditor, house):
    for part in ("person", "customer", "purpose", "action"):
        shown = await read(auditor, f"{PAGES}/looks/by", part=part)
        assert "明文" in shown
    customers = await read(auditor, f"{PAGES}/looks/by", part="customer", span="last_month")

    assert f"customer_id={house}" in await read(auditor, f"{PAGES}/looks/by", part="customer")
    assert "王建国" not in customers


async def test_one_entry_names_the_customers_and_the_fields(auditor, house):
    entry = (await auditor.get("/api/v1/audit-entries", params={"clear": "true"})).json()["items"][0]

    shown = await read(auditor, f"{PAGES}/looks/{entry['id']}")

    assert all(said in shown for said in ("王建国", "DK00001", "手机", "成都市公安局"))


async def test_what_left_and_what_changed_are_lists(auditor, house, tenant):
    left = await read(auditor, f"{PAGES}/departures", outside="true")
    rights = await read(auditor, f"{PAGES}/rights", "en")

    assert all(said in left for said in ("成都市公安局", "协查函", "王建国"))
    assert "Sign-ins and rights" in rights


async def test_a_version_of_the_policy_is_a_page(auditor, tenant):
    admin = await tenant.staff("admin", "tenant_admin")
    body = {"overrides": {"closing": {"reasons": ["left"], "restored_days": 20}}, "note": "缩短"}
    assert (await admin.post("/api/v1/policy/versions", json=body)).status_code == 201

    listed = await read(auditor, f"{PAGES}/rights", kind="policy")
    shown = await read(auditor, f"{PAGES}/rights/policy/1")

    assert "/console/rights/policy/1" in listed
    assert all(said in shown for said in ("缩短", "关闭档案", "新增"))


async def test_the_list_leaves_as_a_file_with_a_purpose_on_record(auditor, house):
    body = {"list": "oversight.looks", "asks": {"customer_id": house}, "format": "csv", "purpose": "年度审计底稿"}
    file = await auditor.post("/api/v1/list-exports", json=body)
    left = await read(auditor, f"{PAGES}/departures", how="file")

    assert file.status_code == 200, file.text
    assert "王建国" in file.content.decode("utf-8-sig")
    assert "年度审计底稿" in left
    assert "谁看了什么" in left


async def test_a_view_is_saved_for_the_next_time(auditor):
    body = {"list": "oversight.looks", "name": "上月明文", "asks": {"clear": "true", "span": "last_month"}}
    saved = await auditor.post("/api/v1/views", json=body)

    assert saved.status_code == 201, saved.text
    assert "上月明文" in await read(auditor, f"{PAGES}/looks", looked="true")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("looks", {"span": "ever"}),
        ("looks", {"customer_id": "x"}),
        ("departures", {"how": "x"}),
        ("rights", {"kind": "x"}),
    ],
)
async def test_what_no_filter_takes_is_refused_in_words(auditor, path, params):
    answer = await auditor.get(f"{PAGES}/{path}", params=params)

    assert answer.status_code == 422


async def test_the_first_page_says_what_is_new_since_the_last_look(auditor, house, clock):
    first = await read(auditor, f"{PAGES}/")
    clock.set(clock.now + timedelta(hours=1))
    again = await read(auditor, f"{PAGES}/")

    assert "你第一次来" in first
    assert all(said in first for said in ("审计首页", "披露与导出", "王建国", "谁看了什么"))
    assert ("<span>工作台</span>" in first, "你第一次来" in again, "你上次来" in again) == (False, False, True)


async def test_a_customer_is_found_by_name_or_number_and_nothing_else_of_the_archive_is_shown(auditor, house):
    for q in ("王建", "DK00001"):
        shown = await read(auditor, f"{PAGES}/traces", q=q)
        assert (f"/console/traces/customers/{house}" in shown, "成都市教育局" in shown) == (True, False)
    nobody = await read(auditor, f"{PAGES}/traces", q="没有这个人")
    number = await auditor.get(f"{PAGES}/traces", params={"q": "13800138000"})

    assert "没有这样的客户" in nobody
    assert number.status_code in (400, 422)


async def test_an_unusual_look_says_why_and_takes_the_auditors_word(client, tenant, clock):
    figures = {"overrides": {"unusual_looks": [{"name": "many_in_an_hour", "at_least": 2}]}, "note": ""}
    admin, agent = await tenant.staff("admin", "tenant_admin"), await tenant.staff("agent", "agent")
    assert (await admin.post("/api/v1/policy/versions", json=figures)).status_code == 201
    for place in range(2):
        body = {"number": f"N{place}", "name": "李强", "kind": "leader"}
        customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
        await agent.get(f"/api/v1/customers/{customer}")
    clock.set(clock.now + timedelta(days=1))
    await come_round(tenant, DrawUnusualLooks())
    auditor = await tenant.staff("auditor-next", "auditor")
    (row,) = (await auditor.get("/api/v1/unusual-looks")).json()["items"]
    page = f"{PAGES}/unusual-looks/{row['id']}"

    listed = await read(auditor, f"{PAGES}/unusual-looks", state="open")
    shown = await read(auditor, page)
    menu = await read(auditor, f"{PAGES}/work/counts")
    wrong = await auditor.post(f"{page}/do/explain", data={"note": ""})
    done = await auditor.post(f"{page}/do/explain", data={"note": "当天集中回访"})
    after = await read(auditor, page)

    why = "一小时内看了 2 位客户，制度定 2 位起列出。"
    assert (why in listed, why in shown, "1 条异常查看待处理" in menu) == (True, True, True)
    assert (wrong.status_code, done.status_code) == (422, 200)
    assert ("当天集中回访" in after, "已说明" in after) == (True, True)
