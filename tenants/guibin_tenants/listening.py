"""Hearing what PostgreSQL tells this process (`NOTIFY`), on one connection of its own that is made again when it is cut."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping

import asyncpg

from .database import UNREACHABLE

LISTENS_AGAIN_AFTER_S = 1.0
_log = logging.getLogger("guibin.tenants")
Heard = Callable[[str], None]


@contextlib.asynccontextmanager
async def listening(url: str, name: str, heard: Mapping[str, Heard], missed: Callable[[], None]) -> AsyncIterator[None]:
    """For as long as this lasts, call `heard` of a channel with each word on it, and `missed` whenever some may have been:
    at the beginning, and after the connection was cut. `name` is what PostgreSQL's list of connections calls it."""
    task = asyncio.create_task(_listen(url, name, heard, missed))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _listen(url: str, name: str, heard: Mapping[str, Heard], missed: Callable[[], None]) -> None:
    def told(_connection: object, _pid: int, channel: str, payload: str) -> None:
        heard[channel](payload)

    while True:
        ended = asyncio.Event()
        try:
            connection = await asyncpg.connect(url, server_settings={"application_name": name})
            try:
                connection.add_termination_listener(lambda _, ended=ended: ended.set())
                for channel in heard:
                    await connection.add_listener(channel, told)
                missed()
                await ended.wait()
            finally:
                await connection.close(timeout=1)
        except (*UNREACHABLE, TimeoutError) as error:
            _log.warning("%s hears nothing for a while: %s", name, type(error).__name__)
        except Exception as error:
            _log.error("%s hears nothing for a while", name, exc_info=error)
        await asyncio.sleep(LISTENS_AGAIN_AFTER_S)
