"""Mails as people's programs write them, and the door they are handed over at."""

import base64
from datetime import datetime
from email.utils import format_datetime

from guibin.outbound import signing

PATH, BOXES = "/api/v1/mails", "/api/v1/mailboxes"
ADDRESS = "vip@company.example"


def word(text: str, charset: str = "utf-8") -> str:
    """An RFC 2047 word."""
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


def mail(
    text: str = "请尽快处理。",
    *,
    sender: str = "wang@qq.com",
    subject: str = "电视没有信号",
    message_id: str = "<1@qq.com>",
    charset: str = "utf-8",
    at: datetime | None = None,
    files: tuple[tuple[str, str, bytes], ...] = (),
    **heads: str,
) -> bytes:
    """A mail; `files` are names, types and bytes; a head's name is written with underscores."""
    lines = [f"From: {word('王伟', charset)} <{sender}>", f"To: {ADDRESS}", f"Subject: {word(subject, charset)}"]
    lines += [f"Message-ID: {message_id}"] if message_id else []
    lines += [f"Date: {format_datetime(at)}"] if at else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in heads.items()]
    body = (
        f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
        + base64.encodebytes(text.encode(charset))
    )
    if not files:
        return "\r\n".join(["MIME-Version: 1.0", *lines]).encode() + b"\r\n" + body
    parts = [body]
    for name, kind, content in files:
        head = (
            f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{word(name, charset)}"\r\n'
            "Content-Transfer-Encoding: base64\r\n\r\n"
        )
        parts.append(head.encode() + base64.encodebytes(content))
    top = "\r\n".join(["MIME-Version: 1.0", *lines, 'Content-Type: multipart/mixed; boundary="b1"']).encode()
    return top + b"\r\n\r\n" + b"".join(b"--b1\r\n" + part + b"\r\n" for part in parts) + b"--b1--\r\n"


class Door:
    """A mailbox with a door, and who hands mails over at it."""

    def __init__(self, client, box, secret, clock) -> None:
        self.client, self.box, self.secret, self.clock, self.number = client, box, secret, clock, 0

    async def hand(self, raw: bytes, status: int = 201, **headers: str):
        """Hand a mail over; the answer."""
        self.number += 1
        signed = signing.headers(f"msg_{self.number}", raw, signed_with=[self.secret], now=self.clock())
        answer = await self.client.post(
            f"{BOXES}/{self.box}/mails", content=raw, headers={"Content-Type": "message/rfc822", **signed, **headers}
        )
        assert answer.status_code == status, answer.text
        return answer.json()


async def open_door(client, clock, *, unit=None, **more) -> Door:
    """A new mailbox without a server."""
    body = {"name": "服务邮箱", "address": ADDRESS, **({"org_unit_id": str(unit)} if unit else {}), **more}
    answer = await client.post(BOXES, json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return Door(client, made["mailbox"]["id"], made["secret"], clock)
