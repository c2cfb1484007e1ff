"""A pack's pure hook run where it holds nobody up: in a process of the pack's own, for a limited time and with limited memory,
and not again once it failed too often.

Where a pack is no module that another process could read, as in tests, it is a thread: what runs too long is told to stop by an
exception there, which Python raises between two steps of its own code, and memory is not bounded (docs/decisions/0039, 0045).
"""

import asyncio
import contextvars
import ctypes
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from guibin_tenants.refusals import Refusal

from . import metrics
from .hook_processes import HookError, Processes
from .logs import where

# Long for what is pure, short for whoever waits.
LIMIT_S = 1.0
# So many failures within the window, and the hook is not asked any more in this process.
FAILURES_MAX, WINDOW_S = 5, 600.0
_log = logging.getLogger("guibin.packs")


class TookTooLong(Exception):
    """The hook was not done within its time."""


class SwitchedOff(Exception):
    """The hook failed too often in this process."""


class HookState(Struct, frozen=True):
    """How a hook of a pack does in this process: its failures within the window, the last of them, and whether it is off."""

    pack: str
    hook: str
    failures: int
    last: str
    off: bool


class HookRuns:
    """What the hooks of one set of packs have done wrong. `seconds` is a clock; `processes` are those of packs whose hooks run
    in some of their own, by pack."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.processes: dict[str, Processes] = {}
        self._failed: dict[tuple[str, str], deque[float]] = {}
        self._last: dict[tuple[str, str], str] = {}
        self._off: set[tuple[str, str]] = set()

    async def warm(self) -> None:
        """Have a process ready for every pack that wants one."""
        await asyncio.gather(*(each.warm() for each in self.processes.values()))

    async def close(self) -> None:
        """End the processes."""
        await asyncio.gather(*(each.close() for each in self.processes.values()))

    async def ask(self, pack: str, hook: str, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """The hook's answer, plain values where it runs in a process of its own. Raises SwitchedOff, TookTooLong, and whatever the
        hook raises."""
        if (pack, hook) in self._off:
            raise SwitchedOff(
                f"pack {pack!r}, hook {hook!r}: failed {FAILURES_MAX} times, off until the process starts anew"
            )
        try:
            if pack in self.processes:
                return await self._in_process(pack, hook, arguments)
            return await _in_thread(lambda: function(**arguments), f"{pack}.{hook}")
        except Refusal:
            raise
        except Exception as error:
            self._count(pack, hook, error)
            raise

    async def _in_process(self, pack: str, hook: str, arguments: dict[str, Any]) -> Any:
        try:
            return await self.processes[pack].ask(hook, arguments, LIMIT_S)
        except TimeoutError:
            raise TookTooLong(f"{pack}.{hook}: more than {LIMIT_S} s") from None

    def failed(self, pack: str, hook: str, error: Exception) -> None:
        """Count that what the hook answered is of no use."""
        self._count(pack, hook, error)

    def states(self) -> tuple[HookState, ...]:
        """Every hook that failed, by pack and name."""
        return tuple(
            HookState(pack, hook, len(failed), self._last[pack, hook], (pack, hook) in self._off)
            for (pack, hook), failed in sorted(self._failed.items())
        )

    def _count(self, pack: str, hook: str, error: Exception) -> None:
        now, failed = self.seconds(), self._failed.setdefault((pack, hook), deque(maxlen=FAILURES_MAX))
        while failed and failed[0] <= now - WINDOW_S:
            failed.popleft()
        failed.append(now)
        self._last[pack, hook] = _told(error)
        metrics.HOOK_FAILURES.labels(pack, hook).inc()
        _log.warning("pack %s, hook %s: %s", pack, hook, self._last[pack, hook])
        if len(failed) == FAILURES_MAX:
            self._off.add((pack, hook))
            metrics.HOOKS_OFF.labels(pack, hook).set(1)
            _log.error("pack %s, hook %s is off in this process after %d failures", pack, hook, FAILURES_MAX)


def _told(error: Exception) -> str:
    """The error and its line; its message only where that is the pack's own words: others may hold what customers wrote."""
    if isinstance(error, HookError):
        return f"{error.kind} at {error.at}" + (f": {error}" if str(error) else "")
    return f"{type(error).__name__} at {where(error)}"


async def _in_thread(function: Callable[[], Any], name: str) -> Any:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            answer, error = context.run(function), None
        except BaseException as raised:  # whatever it is, it is the hook's and ends with it
            answer, error = None, raised if isinstance(raised, Exception) else RuntimeError(type(raised).__name__)
        try:
            loop.call_soon_threadsafe(_settle, done, answer, error)
        except RuntimeError:
            # The loop has ended meanwhile: nobody waits.
            return

    # No pool: at the end of the process nobody waits for a thread that never ends.
    thread = threading.Thread(target=run, name=f"hook {name}", daemon=True)
    thread.start()
    try:
        async with asyncio.timeout(LIMIT_S):
            return await done
    except TimeoutError:
        if done.done() and not done.cancelled():
            raise
        if thread.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(TookTooLong))
        raise TookTooLong(f"{name}: more than {LIMIT_S} s") from None


def _settle(done: "asyncio.Future[Any]", answer: Any, error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(answer)
    else:
        done.set_exception(error)
