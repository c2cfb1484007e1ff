"""A request's body: read whole, within a time and a size, before anything is held for the request."""

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from guibin_tenants.refusals import Refusal

if TYPE_CHECKING:
    # What only names what serves does not load it.
    from litestar.types import HTTPRequestEvent, HTTPScope, Receive


class TooLarge(Refusal):
    """The request body is too large."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class TooSlow(Refusal):
    """The request body did not arrive in time. Nothing was begun."""

    kind = "body-too-slow"
    status = HTTPStatus.REQUEST_TIMEOUT


class Left(Exception):
    """The caller left before the body was whole: nobody waits for an answer."""


class Body:
    """A body that is there already, for whoever receives it by ASGI."""

    def __init__(self, whole: bytes, receive: "Receive") -> None:
        self.whole = whole
        self._receive = receive
        self._given = False

    async def receive(self) -> "HTTPRequestEvent":
        """As ASGI's receive: the body once, then whatever the server still has to say."""
        if self._given:
            return await self._receive()  # type: ignore[return-value]  # also a disconnect, as ASGI allows
        self._given = True
        return {"type": "http.request", "body": self.whole, "more_body": False}


async def read(scope: "HTTPScope", receive: "Receive", *, bytes_max: int, within_s: float) -> Body:
    """The whole body. Raises TooLarge, TooSlow, Left."""
    announced = dict(scope["headers"]).get(b"content-length", b"")
    # Longer than any length that is accepted, or not read yet: what is too large is not waited for.
    if len(announced) > len(str(bytes_max)) or (announced.isdigit() and int(announced) > bytes_max):
        raise _too_large(bytes_max)
    try:
        async with asyncio.timeout(within_s):
            return Body(await _whole(receive, bytes_max), receive)
    except TimeoutError:
        raise TooSlow(f"A body must arrive within {within_s:g} s") from None


async def _whole(receive: "Receive", bytes_max: int) -> bytes:
    chunks, more, length = [], True, 0
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Left()
        chunk = message.get("body", b"")
        length += len(chunk)
        if length > bytes_max:
            raise _too_large(bytes_max)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def _too_large(bytes_max: int) -> TooLarge:
    return TooLarge(f"At most {bytes_max} bytes are accepted")
