"""S01-7: a mail opens a service record: on the case it answers, or in the desk's list until somebody takes it up."""

import asyncio
from datetime import timedelta

import pytest
from mails import BOXES, PATH, mail, open_door
from papers import picture
from standing import member

from guibin.outbound import signing
from guibin_tenants.scope import fetch, fetch_value

PICTURE = picture("PNG")


async def sent(client, path, status=201, **body):
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def inbox(client, **asked):
    return (await client.get(PATH, params=asked)).json()["items"]


async def complained(house, **more):
    body = {"customer_id": house.customer, "channel": "phone", "text": "没有信号", **more}
    return await sent(house.own, "/api/v1/complaints", **body)


async def messages(house, complaint):
    shown = (await house.client.get(f"/api/v1/complaints/{complaint['id']}")).json()
    return [(one["direction"], one["text"]) for one in shown["messages"]]


@pytest.mark.rule("S01-7")
async def test_a_mail_of_a_customer_waits_for_the_desk_and_becomes_a_complaint_with_its_files(house):
    arrived = await house.door.hand(mail("请尽快处理。", files=(("现场.png", "image/png", PICTURE),)))
    assert (arrived["customer_id"], arrived["state"], arrived["title"], arrived["text"]) == (
        house.customer,
        "new",
        "电视没有信号",
        "请尽快处理。",
    )
    assert (arrived["sender_masked"], arrived["sender_name"]) == ("w***@qq.com", "王伟")
    assert await house.told(house.own) == ["mail_arrived"]

    house.clock.set(house.clock() + timedelta(minutes=30))
    taken = await sent(house.east, f"{PATH}/{arrived['id']}/complaint", text="")

    complaint = (await house.client.get(f"/api/v1/complaints/{taken['subject_id']}")).json()
    assert (complaint["text"], complaint["channel"], complaint["customer_id"], complaint["received_at"]) == (
        "请尽快处理。",
        "email",
        house.customer,
        arrived["arrived_at"],
    )
    files = (await house.client.get(f"/api/v1/complaints/{complaint['id']}/files", params={"kept": "true"})).json()[
        "items"
    ]
    assert [file["name"] for file in files] == ["现场.png"]
    opened = await house.client.get(f"/api/v1/files/{files[0]['id']}/content")
    assert opened.content == PICTURE
    assert await inbox(house.desk, state="new") == []


@pytest.mark.rule("S01-7")
async def test_a_stranger_is_the_desks_until_somebody_says_whose_mail_it_is(house):
    arrived = await house.door.hand(mail(sender="nobody@163.com", files=(("合同.txt", "text/plain", "合同".encode()),)))
    path = f"{PATH}/{arrived['id']}"
    assert (arrived["customer_id"], [len(await inbox(who)) for who in (house.desk, house.east, house.west)]) == (
        None,
        [1, 0, 0],
    )
    await sent(house.desk, f"{path}/question", 409)

    matched = await sent(house.desk, f"{path}/match", customer_id=house.customer)
    files = (await house.own.get(f"{path}/files", params={"kept": "true"})).json()["items"]
    asked = await sent(house.own, f"{path}/question", need="要合同副本")

    assert (matched["customer_id"], matched["matched_by_name"]) == (house.customer, "desk")
    assert [(file["name"], file["customer_id"]) for file in files] == [("合同.txt", house.customer)]
    question = (await house.client.get(f"/api/v1/interactions/{asked['subject_id']}")).json()
    assert (question["channel"], question["need"], question["handling_state"], question["happened_at"]) == (
        "email",
        "要合同副本",
        "open",
        arrived["arrived_at"],
    )
    await sent(house.desk, f"{path}/match", 409, customer_id=house.customer)


@pytest.mark.rule("S07-5")
async def test_a_mail_has_the_time_of_whoever_it_turns_out_to_be(house):
    await member(house.tenant, house.customer)
    arrived = await house.door.hand(mail(sender="nobody@163.com"))

    async def within():
        async with house.tenant.scope():
            asked = "select due_at - started_at from timer where subject_id = $1 and milestone = 'take_up'"
            return await fetch_value(asked, arrived["id"])

    before = await within()
    await sent(house.desk, f"{PATH}/{arrived['id']}/match", customer_id=house.customer)

    assert (before, await within()) == (timedelta(hours=24), timedelta(hours=4))


@pytest.mark.rule("S01-7")
async def test_a_mail_that_names_the_case_of_its_sender_is_a_message_on_it_and_a_reply_is_owed(house):
    complaint = await complained(house)

    arrived = await house.door.hand(mail("还是没有信号", subject=f"回复：{complaint['number'].lower()} 电视"))

    assert (arrived["state"], arrived["subject_id"], await messages(house, complaint)) == (
        "taken",
        complaint["id"],
        [("in", "还是没有信号")],
    )
    work = (await house.own.get("/api/v1/work", params={"kind": "reply"})).json()["items"]
    assert [line["subject_id"] for line in work] == [complaint["id"]]


@pytest.mark.rule("S01-7")
async def test_nobody_else_writes_on_a_case_by_its_number(house):
    complaint = await complained(house)
    body = {"number": "K2", "name": "李", "kind": "leader", "confidential": {"email": ["li@qq.com"]}}
    await sent(house.client, "/api/v1/customers", **body)

    for number, sender in enumerate(("li@qq.com", "stranger@qq.com")):
        arrived = await house.door.hand(mail(sender=sender, subject=complaint["number"], message_id=f"<{number}@x>"))
        assert (arrived["state"], arrived["subject_id"]) == ("new", None)
    assert await messages(house, complaint) == []


async def test_a_case_that_is_settled_is_not_written_on_the_desk_sees_it(house):
    complaint = await complained(house)
    cause = (await house.client.get("/api/v1/policy")).json()["complaints"]["causes"][0]
    await sent(house.own, f"/api/v1/complaints/{complaint['id']}/resolution", remedy="已修", cause=cause)

    arrived = await house.door.hand(mail("又坏了", subject=complaint["number"]))

    assert (arrived["state"], await messages(house, complaint)) == ("new", [])


async def test_a_thread_goes_on_by_its_references_and_the_quoted_part_is_folded(house):
    first = await house.door.hand(mail("第一封", message_id="<first@qq.com>"))
    taken = await sent(house.east, f"{PATH}/{first['id']}/complaint")
    text = "补充一点。\n\n------------------ 原始邮件 ------------------\n发件人: 王伟\n第一封"

    second = await house.door.hand(mail(text, message_id="<second@qq.com>", References="<first@qq.com>"))
    other = await house.door.hand(
        mail("冒充", sender="evil@qq.com", message_id="<third@qq.com>", In_Reply_To="<first@qq.com>")
    )

    assert (second["state"], second["subject_id"], second["follows_id"]) == ("taken", taken["subject_id"], first["id"])
    assert (second["text"], second["quoted"].startswith("------------------ 原始邮件")) == ("补充一点。", True)
    assert (other["state"], other["follows_id"]) == ("new", None)
    assert await messages(house, {"id": taken["subject_id"]}) == [("in", "补充一点。")]


async def test_a_strangers_thread_goes_on_too(house):
    first = await house.door.hand(mail("一", sender="x@163.com", message_id="<a@163.com>"))
    taken = await sent(house.desk, f"{PATH}/{first['id']}/complaint", kind="opinion")

    second = await house.door.hand(mail("二", sender="x@163.com", message_id="<b@163.com>", In_Reply_To="<a@163.com>"))

    assert (second["state"], second["subject_id"]) == ("taken", taken["subject_id"])


@pytest.mark.parametrize(
    "heads",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
        {"subject": "自动回复: 休假中"},
        {"sender": "MAILER-DAEMON@qq.com"},
        {"sender": "vip@company.example"},
    ],
)
async def test_a_machines_mail_makes_no_work_and_is_never_answered(house, heads):
    complaint = await complained(house)

    arrived = await house.door.hand(mail(**{"subject": complaint["number"], **heads}))

    assert (arrived["state"], await messages(house, complaint), await house.told(house.own)) == ("automatic", [], [])
    refused = await sent(house.client, f"{PATH}/{arrived['id']}/answers", 409, text="收到")
    assert refused["type"].endswith("not-answered")


async def test_a_mail_comes_once_however_often_and_at_the_same_moment(house):
    answers = await asyncio.gather(*(house.door.hand(mail()) for _ in range(3)))
    without = [await house.door.hand(mail("无编号", message_id="")) for _ in range(2)]

    assert (len({one["id"] for one in answers}), len({one["id"] for one in without})) == (1, 1)
    assert len(await inbox(house.client)) == 2


async def test_a_flood_of_one_sender_is_kept_aside_and_told_once(house):
    for number in range(23):
        await house.door.hand(mail(f"第{number}封", message_id=f"<{number}@qq.com>"))
    await house.door.hand(mail(sender="other@qq.com", message_id="<other@qq.com>"))

    states = [one["state"] for one in await inbox(house.client, limit="50")]
    assert (states.count("new"), states.count("flood")) == (21, 3)
    assert (await house.told(house.admin)).count("mail_flood") == 1
    house.clock.set(house.clock() + timedelta(minutes=61))
    assert (await house.door.hand(mail(message_id="<later@qq.com>")))["state"] == "new"


async def test_what_is_no_mail_is_kept_as_such_and_told(house):
    arrived = await house.door.hand(b"\x00\x01 nothing of a mail")
    again = await house.door.hand(mail())

    assert (arrived["state"], arrived["because"], again["state"]) == ("unreadable", "not_a_mail", "new")
    assert await house.told(house.admin) == ["mail_unreadable"]


@pytest.mark.rule("S01-7")
async def test_a_mail_nobody_takes_up_goes_up(house):
    left = await house.door.hand(mail(sender="a@163.com", message_id="<a@163.com>"))
    await house.door.hand(mail(message_id="<b@qq.com>"))
    dismissed = await house.door.hand(mail(sender="c@163.com", message_id="<c@163.com>"))
    await sent(house.desk, f"{PATH}/{dismissed['id']}/dismissal", reason="广告")

    await house.pass_time(timedelta(hours=19))
    assert ((await house.told(house.desk)), (await house.told(house.own))) == (
        ["mail_due"],
        ["mail_arrived", "mail_due"],
    )
    await house.pass_time(timedelta(hours=6))

    assert (await house.told(house.lead)).count("mail_late") == 2
    assert (await house.told(house.desk)) == ["mail_due", "mail_late"]
    assert left["state"] == "new"


async def test_the_door_opens_only_to_what_its_secret_signed_just_now(house, other_tenant):
    raw = mail()
    now = house.clock()
    path = f"{BOXES}/{house.door.box}/mails"
    old = signing.headers("m", raw, signed_with=[house.door.secret], now=now - timedelta(minutes=6))
    forged = signing.headers("m", raw, signed_with=[signing.new_secret()], now=now)
    right = signing.headers("m", raw, signed_with=[house.door.secret], now=now)
    theirs = await other_tenant.client()

    for client, headers, body, status in (
        (house.client, {}, raw, 403),
        (house.client, old, raw, 403),
        (house.client, forged, raw, 403),
        (house.client, right, raw + b"x", 403),
        (theirs, right, raw, 404),
        (house.desk, right, raw, 403),
    ):
        answer = await client.post(path, content=body, headers={"Content-Type": "message/rfc822", **headers})
        assert answer.status_code == status, answer.text
    assert await inbox(house.client) == []
    removed = await house.client.delete(f"{BOXES}/{house.door.box}")
    assert removed.status_code == 204
    await house.door.hand(raw, 404)


async def test_an_outlets_mailbox_knows_its_own_customers_and_is_its_own(house):
    west = await open_door(house.client, house.clock, unit=house.tenant.units["west"], address="west@company.example")

    arrived = await west.hand(mail())

    assert (arrived["customer_id"], arrived["org_unit_id"]) == (None, str(house.tenant.units["west"]))
    assert [len(await inbox(who)) for who in (house.west, house.east, house.desk)] == [1, 0, 1]
    path = f"{PATH}/{arrived['id']}"
    assert (await house.east.get(path)).status_code == 404
    await sent(house.east, f"{path}/dismissal", 404, reason="x")
    await sent(house.west, f"{path}/match", 404, customer_id=house.customer)


async def test_two_companies_keep_their_mails_apart(house, other_tenant):
    theirs = await other_tenant.client()
    door = await open_door(theirs, house.clock)
    arrived = await house.door.hand(mail())
    other = await door.hand(mail())

    assert (other["customer_id"], [one["id"] for one in await inbox(theirs)]) == (None, [other["id"]])
    assert (await theirs.get(f"{PATH}/{arrived['id']}")).status_code == 404


async def test_what_a_mail_says_goes_with_its_customer_and_a_strangers_when_asked(house):
    known = await house.door.hand(mail("私事", files=(("a.txt", "text/plain", b"secret"),)))
    stranger = await house.door.hand(mail("私事", sender="x@163.com", message_id="<x@163.com>"))
    async with house.tenant.scope():
        kept = await fetch("select envelope from mail")
    assert [row for row in kept if b"wang@qq.com" in bytes(row["envelope"])] == []

    assert (await house.client.delete(f"/api/v1/customers/{house.customer}")).status_code in (200, 204)
    await sent(house.admin, f"{PATH}/{stranger['id']}/erasure", 409, reason="本人要求")
    await sent(house.desk, f"{PATH}/{stranger['id']}/dismissal", reason="x")
    blanked = await sent(house.admin, f"{PATH}/{stranger['id']}/erasure", reason="本人要求")

    left = (await house.client.get(f"{PATH}/{known['id']}")).json()
    assert (left["text"], left["title"], left["sender_masked"], blanked["text"]) == ("—", "—", "—", "—")
    async with house.tenant.scope():
        assert await fetch_value("select count(*) from file_content") == 0


async def test_names_of_files_that_were_left_out_are_kept_one_by_one(house):
    files = (
        ("周报、月报.exe", "application/octet-stream", b"MZ\x90\x00"),
        ("b.exe", "application/octet-stream", b"MZ"),
    )

    arrived = await house.door.hand(mail("见附件", files=files))

    shown = (await house.client.get(f"{PATH}/{arrived['id']}")).json()
    assert shown["left_out"] == ["周报、月报.exe", "b.exe"]
