"""What a mail says, as the programs of Chinese companies write them, and as nobody should."""

import base64
import random

import pytest
from mails import mail, word

from guibin.mailbox.checking import read
from guibin.mailbox.parsing import NotAMail, parse
from guibin.mailbox.wording import folded, text_of

GB = "王镕：电视没有信号，請速來"


def built(body: bytes, *heads: str) -> bytes:
    return "\r\n".join(["From: a@qq.com", "Message-ID: <1@x>", *heads]).encode() + b"\r\n" + body


@pytest.mark.parametrize("charset", ["gb2312", "gbk", "gb18030", "utf-8", "GB_2312-80", "x-unknown", ""])
def test_bodies_and_subjects_in_the_charsets_people_call_gb2312(charset):
    raw = GB.encode("utf-8" if charset == "utf-8" else "gb18030")
    subject = f"=?{charset or 'gb2312'}?B?{base64.b64encode(raw).decode()}?="
    head = f"Content-Type: text/plain; charset={charset}" if charset else "Content-Type: text/plain"

    found = parse(built(f"{head}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode() + raw, f"Subject: {subject}"))

    assert (found.subject, found.text) == (GB, GB)


def test_heads_in_raw_bytes_that_nobody_declared():
    raw = "From: 张三 <z@163.com>\r\nSubject: 直接写的主题\r\n\r\n正文".encode("gb18030")

    found = parse(raw)

    assert (found.sender, found.sender_name, found.subject, found.text) == ("z@163.com", "张三", "直接写的主题", "正文")


def test_a_word_that_is_cut_in_the_middle_of_a_sign():
    raw = "关于贵宾卡的问题".encode()
    cut = [base64.b64encode(part).decode() for part in (raw[:10], raw[10:])]

    found = parse(built(b"\r\nx", f"Subject: =?utf-8?B?{cut[0]}?=\r\n =?utf-8?B?{cut[1]}?="))

    assert found.subject == "关于贵宾卡的问题"


def test_quoted_printable_and_alternatives_are_read_once():
    body = (
        b'Content-Type: multipart/alternative; boundary="z"\r\n\r\n--z\r\nContent-Type: text/plain; charset=utf-8\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n=E6=82=A8=E5=A5=BD=\r\n=EF=BC=8C=E8=AF=B7=E5=9B=9E=E7=94=B5\r\n"
        b"--z\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>html</p>\r\n--z--\r\n"
    )

    assert parse(built(body)).text == "您好，请回电"


def test_html_alone_becomes_words_and_nothing_that_runs_or_is_fetched():
    html = (
        "<html><head><style>p{}</style><title>t</title></head><body><script>alert(1)</script><p>您好&nbsp;王先生</p>"
        "<table><tr><td>姓名</td><td>王</td></tr></table><img src='http://evil/x.png'><blockquote>旧的<br>两行</blockquote></body>"
    )

    assert text_of(html) == "您好 王先生\n\n姓名 王\n\n> 旧的\n\n> 两行"
    found = parse(built(b"Content-Type: text/html; charset=gbk\r\n\r\n" + html.encode("gbk")))
    assert (found.text, "旧的" in found.quoted) == ("您好 王先生\n\n姓名 王", True)


@pytest.mark.parametrize(
    "mark",
    [
        '------------------ 原始邮件 ------------------\n发件人: "x"',
        "-----原始邮件-----\n发件人: x",
        "发件人: 客服 <vip@company.example>\n发送时间: 2026年3月2日 10:00\n收件人: 王\n主题: 电视",
        "________________________________\n发件人: 客服\n日期: 2026-03-02\n收件人: 王",
        "From: desk <vip@company.example>\nSent: Monday, March 2, 2026\nTo: wang",
        '在 2026-03-02 10:00:00，"客服" <vip@company.example> 写道：\n> 您好',
        'At 2026-03-02 10:00:00, "desk" <vip@company.example> wrote:\n> hello',
        "On Mon, Mar 2, 2026 at 10:00 AM desk <vip@company.example>\nwrote:\n> hello",
        "客服 <vip@company.example> 于2026年3月2日周一 10:00写道：\n> 您好",
        "---- 回复的原邮件 ----\n| 发件人 | x |",
        "> 您好\n> 已收到",
    ],
)
def test_what_is_quoted_is_folded_however_a_program_marks_it(mark):
    fresh, quoted = folded(f"已收到，谢谢。\n\n{mark}")

    assert (fresh, quoted.splitlines()[0]) == ("已收到，谢谢。", mark.splitlines()[0])


@pytest.mark.parametrize(
    "said", ["发件人: 请告诉我发件人是谁", "在 2026 年我写道歉信给您", "> 我引用一句\n\n然后我说自己的话"]
)
def test_what_only_looks_quoted_stays(said):
    assert folded(said) == (said, "")


def test_a_mail_that_is_passed_on_is_all_said():
    text = "---------- Forwarded message ---------\nFrom: x\nSubject: y\n\n客户原文"

    assert folded(text) == (text, "")


def test_attachments_by_every_way_of_naming_them_and_what_cannot_be_taken_in_is_said():
    raw = mail(
        "见附件",
        charset="gb18030",
        files=(
            ("报表.txt", "text/plain", "一二三".encode()),
            ("winmail.dat", "application/ms-tnef", b"\x78\x9f\x3e\x22" + b"\x00" * 60),
            ("病毒.exe", "application/octet-stream", b"MZ\x90\x00" + b"\x00" * 60),
        ),
    )

    found = read(raw)

    assert ([file.name for file in found.files], found.left_out) == (["报表.txt", "winmail.dat"], ("病毒.exe",))
    named = b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename*=gb18030''%D0%C5.txt\r\n\r\nx"
    assert [file.name for file in read(built(named)).files] == ["信.txt"]
    raw_name = 'Content-Type: text/plain; name="信.txt"\r\nContent-Disposition: attachment; filename="信.txt"\r\n\r\nx'
    assert [file.name for file in read(built(raw_name.encode("gb18030"))).files] == ["信.txt"]


def test_a_bounce_names_the_mail_that_did_not_arrive():
    report = (
        b"From: MAILER-DAEMON@qq.com\r\nMessage-ID: <r@qq.com>\r\nSubject: failure\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="r"\r\n\r\n'
        b"--r\r\nContent-Type: text/plain\r\n\r\nno such user\r\n"
        b"--r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nAction: failed\r\n"
        b"--r\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <ours@company.example>\r\nSubject: y\r\n--r--\r\n"
    )

    found = parse(report)

    assert (found.automatic, found.bounced) == ("report", ("<ours@company.example>",))


def test_no_mail_however_broken_raises_anything_else():
    chance = random.Random(7)
    whole = mail("正文", charset="gb18030", files=(("a.txt", "text/plain", b"x"),))
    assert read(whole).problem == ""
    for _ in range(400):
        broken = bytearray(whole)
        for _ in range(chance.randrange(1, 30)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        found = read(bytes(broken[: chance.randrange(1, len(broken))]))
        if found.parsed is not None:
            said = f"{found.parsed.subject}{found.parsed.text}{found.parsed.sender_name}"
            assert "\x00" not in said
            said.encode()
    for nothing in (b"", b"\x00", b"\r\n\r\n", b"hello"):
        with pytest.raises(NotAMail):
            parse(nothing)


def test_a_deep_nest_and_a_million_parts_come_to_an_end():
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(300))
    many = b'Content-Type: multipart/mixed; boundary="m"\r\n\r\n' + b"--m\r\n\r\nx\r\n" * 5_000

    assert read(built(deep)).problem in ("", "unreadable")
    assert read(built(many)).problem == ""


def test_a_line_break_in_a_head_makes_no_second_head():
    found = parse(built(b"\r\nx", f"Subject: {word('一' + chr(13) + chr(10) + 'Bcc: x@y')}"))

    assert "\n" not in found.subject
    assert "\r" not in found.subject
