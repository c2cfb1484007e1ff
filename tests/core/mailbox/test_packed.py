"""S01-7: files that Outlook packs into winmail.dat are kept whole, recognised whatever they are called, and asked for again."""

import pytest
from mails import PATH, mail
from papers import picture

# The signature, a key, and what a program that knows the form would unpack.
WINMAIL = b"\x78\x9f\x3e\x22\x01\x00" + bytes(range(256)) * 4


@pytest.fixture
async def arrived(house):
    return await house.door.hand(mail("附件见里。", files=(("winmail.dat", "application/ms-tnef", WINMAIL),)))


@pytest.mark.rule("S01-7")
async def test_it_is_kept_as_it_came_and_said_to_be_what_it_is(house, arrived):
    (file,) = (await house.east.get(f"{PATH}/{arrived['id']}/files")).json()["items"]
    page = (await house.east.get(f"/console/mails/{arrived['id']}", headers={"Accept-Language": "zh-CN"})).text
    content = await house.east.get(f"/api/v1/files/{file['id']}/content")

    assert (arrived["packed"], arrived["left_out"]) == (["winmail.dat"], [])
    assert (file["name"], file["media_type"]) == ("winmail.dat", "application/ms-tnef")
    assert "winmail.dat 是 Outlook 专有格式" in page
    assert "请对方重发附件" in page
    assert content.content == WINMAIL


@pytest.mark.rule("S01-7")
async def test_it_is_known_by_what_it_holds_and_nothing_else_is_taken_for_it(house):
    renamed = await house.door.hand(mail("一", files=(("att.bin", "application/octet-stream", WINMAIL),)))
    other = await house.door.hand(
        mail("二", message_id="<2@qq.com>", files=(("winmail.dat", "application/ms-tnef", b"\x00\x01\x02\xff" * 9),))
    )
    plain = await house.door.hand(
        mail("三", message_id="<3@qq.com>", files=(("现场.png", "image/png", picture("PNG")),))
    )

    assert [(one["packed"], one["left_out"]) for one in (renamed, other, plain)] == [
        (["att.dat"], []),
        ([], ["winmail.dat"]),
        ([], []),
    ]
    page = (await house.east.get(f"/console/mails/{plain['id']}", headers={"Accept-Language": "zh-CN"})).text
    assert "请对方重发附件" not in page


@pytest.mark.rule("S01-7")
async def test_the_sender_is_asked_for_another_form_with_a_reply_that_stands_there(house, arrived):
    asks = await house.east.get(f"/console/mails/{arrived['id']}/do/resend", headers={"Accept-Language": "en"})

    assert asks.status_code == 200
    assert "我们无法打开。请把邮件格式改为" in asks.text
