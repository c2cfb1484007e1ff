"""Mails on pages: the desk's list, whose each is, a case of it with its files, an answer, or nothing with a reason."""

import pytest
from caring import customer
from mails import PATH, mail, open_door

PAGES = "/console/mails"


@pytest.fixture
async def desk(tenant):
    return await tenant.staff("desk", "agent")


@pytest.fixture
async def door(client, clock):
    return await open_door(client, clock)


async def posted(client, path, status=200, **data):
    answer = await client.post(path, data=data)
    assert answer.status_code == status, answer.text
    return answer


@pytest.mark.rule("S01-7")
async def test_a_strangers_mail_is_matched_and_made_a_complaint_on_its_page(client, desk, door):
    person = await customer(client, "K1", name="王建国")
    arrived = await door.hand(mail("电视没有信号", subject="求助", files=(("说明.txt", "text/plain", b"x"),)))
    page = f"{PAGES}/{arrived['id']}"

    listed = (await desk.get(PAGES, params={"state": "new"})).text
    assert ("求助" in listed, "w***@qq.com" in listed, "wang@qq.com" in listed) == (True, True, False)
    shown = (await desk.get(page)).text
    assert ("电视没有信号" in shown, "说明.txt" in shown, "请先认定来信人" in shown) == (True, True, True)
    assert "求助" in (await desk.get(f"{page}/preview")).text
    await posted(desk, f"{page}/do/match", customer_id=person)
    taken = await posted(desk, f"{page}/do/take", kind="complaint")

    assert "已转为办件" in taken.headers["hx-trigger"].encode().decode("unicode_escape")
    (complaint,) = (await desk.get("/api/v1/complaints")).json()["items"]
    whole = (await desk.get(f"/api/v1/complaints/{complaint['id']}")).json()
    assert (whole["customer_id"], whole["text"]) == (person, "电视没有信号")
    after = (await desk.get(page)).text
    assert (f"/console/complaints/{complaint['id']}" in after, "do/take" in after, "王建国" in after) == (
        True,
        False,
        True,
    )
    assert "说明.txt" in (await desk.get(f"/console/complaints/{complaint['id']}")).text


async def test_what_is_spam_is_dismissed_with_a_reason(desk, door):
    arrived = await door.hand(mail("<script>alert(1)</script>买茶叶", subject="<b>广告</b>", sender="ad@spam.example"))
    page = f"{PAGES}/{arrived['id']}"

    assert "<script>alert(1)" not in (await desk.get(page)).text
    await posted(desk, f"{page}/do/dismiss", 422)
    await posted(desk, f"{page}/do/dismiss", reason="垃圾邮件")

    assert "不予处理" in (await desk.get(page)).text
    assert (await desk.get(f"{PATH}/{arrived['id']}")).json()["because"] == "垃圾邮件"


async def test_it_waits_on_the_workbench_and_another_outlet_sees_nothing(tenant, desk, door):
    arrived = await door.hand(mail())
    await tenant.unit("west")
    west = await tenant.staff("west", "agent", unit="west")

    assert f"{PAGES}/{arrived['id']}" in (await desk.get("/console/")).text
    assert (await west.get(f"{PAGES}/{arrived['id']}")).status_code == 404
    assert "电视没有信号" not in (await west.get(PAGES, params={"state": "new"})).text
