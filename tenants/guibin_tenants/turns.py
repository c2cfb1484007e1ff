"""Turns at what there is little of: so many at once for each owner, the rest in the order they came."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable

from msgspec import Struct

from .refusals import TooManyRequests


class TooManyAtOnce(TooManyRequests):
    """Too many requests at once. Whoever asks has as much under way as may be; what is asked for was not begun."""


class _Line(Struct):
    """One owner's: who has a turn and who waits for one."""

    free: asyncio.Semaphore
    inside: int = 0


class Turns:
    """At most `at_once` turns of one owner at a time; `waiting_max` more wait, each for at most `within_s` seconds."""

    def __init__(self, at_once: int, *, waiting_max: int = 0, within_s: float = 0.0) -> None:
        self.at_once = at_once
        self.waiting_max = waiting_max
        self.within_s = within_s
        self._lines: dict[Hashable, _Line] = {}

    @contextlib.asynccontextmanager
    async def turn(self, owner: Hashable) -> AsyncIterator[None]:
        """Have a turn for as long as the context lasts. Raises TooManyAtOnce."""
        line = self._lines.setdefault(owner, _Line(asyncio.Semaphore(self.at_once)))
        if line.inside >= self.at_once + self.waiting_max:
            raise TooManyAtOnce(
                f"At most {self.at_once} at once: wait for an answer before you ask again", retry_after=1
            )
        line.inside += 1
        try:
            await self._wait(line)
            try:
                yield
            finally:
                line.free.release()
        finally:
            line.inside -= 1
            if not line.inside:
                del self._lines[owner]

    def inside(self, owner: Hashable) -> int:
        """How many of the owner's have a turn or wait for one."""
        line = self._lines.get(owner)
        return line.inside if line else 0

    async def _wait(self, line: _Line) -> None:
        if not line.free.locked():
            await line.free.acquire()
            return
        try:
            async with asyncio.timeout(self.within_s):
                await line.free.acquire()
        except TimeoutError:
            raise TooManyAtOnce(
                f"At most {self.at_once} at once, and none of them ended within {self.within_s:g} s", retry_after=1
            ) from None
