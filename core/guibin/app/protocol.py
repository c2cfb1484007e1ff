"""HTTP as uvicorn speaks it, on connections that nobody holds by being slow: heads, bodies after the answer, answers."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from guibin.live.hub import close_all

from .bounds import Bounds

HEAD_BYTES_MAX = 64 * 1024
# How long a caller who was answered already may go on sending a body that nobody reads.
UNREAD_WITHIN_S = 5.0
# How long a connection on which nothing was asked yet may still ask it of a process that leaves.
ASKS_WITHIN_S = 1.0


class BoundedProtocol(HttpToolsProtocol):
    """One connection. What is not done in time, or a head that is too long, ends it."""

    bounds = Bounds()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._head_bytes = 0
        self._in_head = True
        self._leaves = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._within("head", self.bounds.head_within_s)

    def connection_lost(self, exc: Exception | None) -> None:
        for what in tuple(self._timers):
            self._done(what)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._between() or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES_MAX:
            self.transport.abort()
        elif "head" not in self._timers:
            self._within("head", self.bounds.head_within_s)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        self._done("head")
        super().on_headers_complete()
        if self._leaves and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self._done("unread")
        super().on_message_complete()

    def on_response_complete(self) -> None:
        unread = self.cycle is not None and self.cycle.more_body
        super().on_response_complete()
        if unread:
            self._within("unread", UNREAD_WITHIN_S)
        if self.transport.get_write_buffer_size():
            self._within("answer", self.bounds.sent_within_s)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._within("answer", self.bounds.sent_within_s)

    def resume_writing(self) -> None:
        self._done("answer")
        super().resume_writing()

    def shutdown(self) -> None:
        """The process leaves. Streams have no end of their own and are told of it; who has connected just now is heard."""
        close_all()
        self._leaves = True
        if self.cycle is None and not self.transport.is_closing():
            self.loop.call_later(ASKS_WITHIN_S, super().shutdown)
        else:
            super().shutdown()

    def _between(self) -> bool:
        """Whether what comes next is a head, or what is left of one."""
        return self._in_head or self.cycle is None or (self.cycle.response_complete and not self.cycle.more_body)

    def _within(self, what: str, seconds: float) -> None:
        self._done(what)
        self._timers[what] = self.loop.call_later(seconds, self._too_slow, what)

    def _done(self, what: str) -> None:
        timer = self._timers.pop(what, None)
        if timer is not None:
            timer.cancel()

    def _too_slow(self, what: str) -> None:
        del self._timers[what]
        # Of an answer all may have been read meanwhile, with nothing said about it.
        if what != "answer" or self.transport.get_write_buffer_size():
            self.transport.abort()


def use_bounds(bounds: Bounds) -> None:
    """Bind every connection of this process by these."""
    BoundedProtocol.bounds = bounds
