"""A real SMTP server on loopback that keeps what it takes and refuses as it is told."""

import asyncio
import contextlib
import email
import email.policy
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult


@dataclass
class Mailbox:
    """`refuse` answers RCPT, such as "550 no such user"; `hang` never answers DATA."""

    port: int = 0
    refuse: str = ""
    hang: bool = False
    mails: list[EmailMessage] = field(default_factory=list)
    signed_in: list[tuple[str, str]] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, Any]:
        """As a channel takes them."""
        return {"host": "127.0.0.1", "port": self.port, "tls": "none", "sender": "vip@example.com"}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.hang:
            await asyncio.Event().wait()
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append(mail)  # type: ignore[arg-type]  # the default policy makes these
        return "250 taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        self.signed_in.append((given.login.decode(), given.password.decode()))
        return AuthResult(success=given.password == b"right", handled=False)


@contextlib.asynccontextmanager
async def mail_server() -> AsyncIterator[Mailbox]:
    """One that listens for as long as this lasts."""
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        return SMTP(mailbox, loop=loop, authenticator=mailbox.authenticate, auth_require_tls=False, hostname="test")

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
