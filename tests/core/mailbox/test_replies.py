"""What is written on a case to which mails came goes out in the thread, and what comes back to it is on the case again (S01-7)."""

from datetime import timedelta

import pytest
from mailbox_server import mail_server
from mails import ADDRESS, PATH, mail
from running import work_off

from guibin.outbound.targets import Rules, use_rules
from guibin_tenants.scope import fetch


@pytest.fixture
async def outbox(house, anyio_backend):
    """The company's mail server, which keeps what it takes."""
    async with mail_server() as server:
        use_rules(Rules([f"127.0.0.1:{server.port}"]))
        body = {"name": "mail", "means": "email", "provider": "smtp", "settings": server.settings}
        answer = await house.client.post("/api/v1/channels", json=body)
        assert answer.status_code == 201, answer.text
        yield server
        use_rules(Rules())


async def sent(client, path, status=201, **body):
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def complained(house, **heads):
    """A complaint made of a mail, with the mail."""
    arrived = await house.door.hand(mail("没有信号", **heads))
    taken = await sent(house.east if arrived["customer_id"] else house.desk, f"{PATH}/{arrived['id']}/complaint")
    return (await house.client.get(f"/api/v1/complaints/{taken['subject_id']}")).json(), arrived


@pytest.mark.rule("S01-7")
async def test_a_reply_on_the_case_goes_out_in_the_thread_and_the_answer_to_it_comes_back(house, outbox):
    complaint, arrived = await complained(house, message_id="<first@qq.com>", References="<zero@qq.com>")
    path = f"/api/v1/complaints/{complaint['id']}"

    await sent(house.own, f"{path}/messages", direction="out", text="今天下午上门。")
    await work_off(house.tenant)

    (went,) = outbox.mails
    assert (went["To"], went["In-Reply-To"], went["References"]) == (
        "wang@qq.com",
        "<first@qq.com>",
        "<zero@qq.com> <first@qq.com>",
    )
    assert (went["Subject"], went["Auto-Submitted"]) == (f"Re: 电视没有信号 [{complaint['number']}]", None)
    assert went.get_content().strip() == "今天下午上门。"
    shown = (await house.own.get(f"{PATH}/{arrived['id']}")).json()
    assert [(one["text"], one["state"]) for one in shown["replies"]] == [("今天下午上门。", "sent")]

    back = await house.door.hand(
        mail("谢谢", subject="回复", message_id="<second@qq.com>", In_Reply_To=went["Message-ID"])
    )
    assert (back["state"], back["subject_id"]) == ("taken", complaint["id"])
    forged = await house.door.hand(
        mail("关掉它", sender="evil@qq.com", message_id="<3@qq.com>", In_Reply_To=went["Message-ID"])
    )
    assert (forged["state"], forged["subject_id"]) == ("new", None)


async def test_a_case_without_mails_and_what_only_we_note_send_nothing(house, outbox):
    body = {"customer_id": house.customer, "channel": "phone", "text": "没有信号"}
    called = await sent(house.own, "/api/v1/complaints", **body)
    complaint, _ = await complained(house)

    await sent(house.own, f"/api/v1/complaints/{called['id']}/messages", direction="out", text="电话已答复")
    path = f"/api/v1/complaints/{complaint['id']}"
    await sent(house.own, f"{path}/notes", text="内部备注")
    await sent(house.own, f"{path}/messages", direction="in", text="客户补充")
    await sent(house.own, f"{path}/messages", direction="out", text="自动确认", automatic=True)
    await work_off(house.tenant)

    assert outbox.mails == []


@pytest.mark.rule("S01-7")
async def test_a_stranger_is_answered_at_the_address_that_wrote_and_a_question_ends_with_it(house, outbox):
    stranger = await house.door.hand(mail("怎么入会", sender="x@163.com", message_id="<x@163.com>"))
    known = await house.door.hand(mail("何时续费", message_id="<k@qq.com>"))
    asked = await sent(house.own, f"{PATH}/{known['id']}/question")

    answered = await sent(house.desk, f"{PATH}/{stranger['id']}/answers", text="请到厅办理。")
    await sent(house.own, f"{PATH}/{known['id']}/answers", text="三月。")
    await work_off(house.tenant)

    assert [(went["To"], went["In-Reply-To"]) for went in outbox.mails] == [
        ("x@163.com", "<x@163.com>"),
        ("wang@qq.com", "<k@qq.com>"),
    ]
    assert answered["state"] == "answered"
    question = (await house.client.get(f"/api/v1/interactions/{asked['subject_id']}")).json()
    assert question["handling_state"] == "done"


async def test_an_answer_goes_at_night_and_to_who_wants_no_news_but_not_to_who_was_erased(house, outbox):
    complaint, _ = await complained(house)
    await sent(house.client, f"/api/v1/customers/{house.customer}/consents", purpose="contact", answer="refused")
    path = f"/api/v1/complaints/{complaint['id']}/messages"
    house.clock.set(house.clock().replace(hour=16))

    await sent(house.client, path, direction="out", text="夜里答复")
    await work_off(house.tenant)
    assert len(outbox.mails) == 1
    await sent(house.client, path, direction="out", text="已经晚了")
    assert (await house.client.delete(f"/api/v1/customers/{house.customer}")).status_code in (200, 204)
    await work_off(house.tenant)

    assert len(outbox.mails) == 1


@pytest.mark.rule("S01-7")
async def test_a_mail_of_an_erased_customer_waits_for_nobody_and_tells_no_sender(house):
    theirs, strangers = (
        await house.door.hand(mail()),
        await house.door.hand(mail(sender="fang@qq.com", message_id="<2@qq.com>")),
    )

    assert (await house.client.delete(f"/api/v1/customers/{house.customer}")).status_code in (200, 204)
    await house.pass_time(timedelta(days=3))

    async with house.tenant.scope():
        rows = await fetch("select id, state, wrote is null as unknown from mail")
    assert {str(row["id"]): (row["state"], row["unknown"]) for row in rows} == {
        theirs["id"]: ("dismissed", True),
        strangers["id"]: ("new", False),
    }
    assert set(await house.told(house.own)) & {"mail_due", "mail_late"} == set()
    assert "mail_late" in await house.told(house.lead)


async def test_without_a_channel_nobody_is_promised_an_answer(house):
    arrived = await house.door.hand(mail())

    refused = await sent(house.own, f"{PATH}/{arrived['id']}/answers", 409, text="收到")

    assert refused["type"].endswith("not-answered")
    assert (await house.own.get(f"{PATH}/{arrived['id']}")).json()["state"] == "new"


async def test_a_mail_of_ours_that_came_back_is_told_to_the_account_manager(house, outbox):
    complaint, _ = await complained(house)
    await sent(house.own, f"/api/v1/complaints/{complaint['id']}/messages", direction="out", text="今天上门")
    await work_off(house.tenant)
    report = (
        "From: MAILER-DAEMON@qq.com\r\nTo: " + ADDRESS + "\r\nMessage-ID: <r@qq.com>\r\nSubject: failure\r\n"
        'Content-Type: multipart/report; boundary="r"\r\n\r\n--r\r\nContent-Type: text/plain\r\n\r\nno such user\r\n'
        f"--r\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {outbox.mails[0]['Message-ID']}\r\n--r--\r\n"
    )

    arrived = await house.door.hand(report.encode())

    assert arrived["state"] == "automatic"
    assert (await house.told(house.own)).count("mail_bounced") == 1
