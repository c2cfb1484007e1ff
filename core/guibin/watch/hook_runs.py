"""A pack's pure hook run where it holds nobody up: in a thread of its own, for a limited time, and not again once it failed too often.

What runs too long is told to stop by an exception in its thread, which Python raises between two steps of its own code: a hook
that sleeps ends when it wakes. Memory is not bounded here (docs/decisions/0039).
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
    """What the hooks of one set of packs have done wrong. `seconds` is a clock."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._failed: dict[tuple[str, str], deque[float]] = {}
        self._last: dict[tuple[str, str], str] = {}
        self._off: set[tuple[str, str]] = set()

    async def ask(self, pack: str, hook: str, function: Callable[[], Any]) -> Any:
        """The hook's answer. Raises SwitchedOff, TookTooLong, and whatever the hook raises."""
        if (pack, hook) in self._off:
            raise SwitchedOff(
                f"pack {pack!r}, hook {hook!r}: failed {FAILURES_MAX} times, off until the process starts anew"
            )
        try:
            return await _in_thread(function, f"{pack}.{hook}")
        except Refusal:
            raise
        except Exception as error:
            self._count(pack, hook, error)
            raise

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
        self._last[pack, hook] = f"{type(error).__name__} at {where(error)}"
        metrics.HOOK_FAILURES.labels(pack, hook).inc()
        _log.warning("pack %s, hook %s: %s", pack, hook, self._last[pack, hook])
        if len(failed) == FAILURES_MAX:
            self._off.add((pack, hook))
            metrics.HOOKS_OFF.labels(pack, hook).set(1)
            _log.error("pack %s, hook %s is off in this process after %d failures", pack, hook, FAILURES_MAX)


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
