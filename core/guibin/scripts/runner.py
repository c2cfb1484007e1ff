"""Running scripts: in a pool of processes without environment, file, network, clock or randomness, each call within its limits.

Nothing of a call is left for the next. A process that dies takes one call with it. One company has one call at a time, the
others' calls come in between.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from pydantic_monty import (
    Monty,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySession,
    MontySyntaxError,
    MontyTypingError,
    ResourceLimits,
)

from guibin.watch import metrics
from guibin_tenants.turns import TooManyAtOnce, Turns

from .stubs import HOOKS, Hook, prelude

Outcome = Literal["ok", "raised", "time", "memory", "crashed", "size", "wrong", "busy", "loop", "bounded"]
FILE = "script.py"
SOURCE_BYTES_MAX = 32_768
_PROCESSES = 2
# A call is dropped when it had no turn by then: somebody waits for its answer.
_WITHIN_S = 1.0
_WAITING_MAX = 16
# How a process is ended that does not stop by itself, and after how many calls it is replaced.
_KILLED_AFTER_S, _CALLS_MAX = 3.0, 50
_ERROR_CHARS_MAX = 500
# The check of types computes longer than a script may, and nobody but its author waits.
_CHECKED_WITHIN_S = 2.0
# The prelude is fed before the script: what is fed is numbered.
_SCRIPTS_OWN = "<python-input-1>"
# No host answers: what a clock, a sleep or chance would ask of one raises in the script.
_NOTHING_OF_OURS: Any = {"datetime": "call_host", "sleep": "call_host", "random_start": "call_host"}


class CallLimits(Struct, frozen=True, kw_only=True):
    """What one call may take: seconds of computing, bytes of memory, bytes in, out and of what it prints, calls within calls."""

    time_s: float = 0.1
    memory_bytes: int = 16 * 1024 * 1024
    input_bytes: int = 64 * 1024
    output_bytes: int = 64 * 1024
    log_bytes: int = 8 * 1024
    depth: int = 200


class Ran(Struct, frozen=True, kw_only=True):
    """What came of a call: its answer as JSON, what it printed, and where and why it ended if it did not answer."""

    outcome: Outcome
    output: str = "null"
    log: str = ""
    error: str = ""
    line: int = 0
    taken_us: int = 0


class Mistake(Struct, frozen=True):
    """What the check of a script found, and where."""

    line: int
    column: int
    message: str


class Runner:
    """The pool of this process: it begins with the first call and ends with `close`."""

    def __init__(self, limits: CallLimits | None = None) -> None:
        self.limits = limits or CallLimits()
        self._turns = Turns(1, waiting_max=_WAITING_MAX, within_s=_WITHIN_S)
        self._threads: ThreadPoolExecutor | None = None
        self._pool: Monty | None = None

    def close(self) -> None:
        """End the processes; a later call begins anew."""
        threads, pool, self._threads, self._pool = self._threads, self._pool, None, None
        if threads is not None:
            threads.shutdown(cancel_futures=True)
        if pool is not None:
            pool.__exit__(None, None, None)

    async def run(self, company: UUID, source: str, hook: str, arguments: Mapping[str, Any]) -> Ran:
        """Ask a company's script; `arguments` are plain values by name. Raises nothing that the script does."""
        if len(msgspec.json.encode(arguments)) > self.limits.input_bytes:
            return Ran(outcome="size", error=f"more than {self.limits.input_bytes} bytes in")
        try:
            async with self._turns.turn(company), asyncio.timeout(2 * _WITHIN_S):
                ran: Ran = await self._in_thread(self._run, source, HOOKS[hook], arguments)
        except (TooManyAtOnce, TimeoutError):
            ran = Ran(outcome="busy", error="no turn in time")
        metrics.SCRIPT_SECONDS.labels(hook, ran.outcome).observe(ran.taken_us / 1_000_000)
        return ran

    async def check(self, company: UUID, source: str, hook: str) -> list[Mistake]:
        """What is wrong with the script, by line: syntax, types, and what its hook promises."""
        if len(source.encode()) > SOURCE_BYTES_MAX:
            return [Mistake(1, 1, f"more than {SOURCE_BYTES_MAX} bytes")]
        try:
            async with self._turns.turn(company):
                found: list[Mistake] = await self._in_thread(self._check, source, HOOKS[hook])
                return found
        except TooManyAtOnce:
            return [Mistake(1, 1, "too many checks at once, try again")]

    async def _in_thread(self, function: Any, *values: Any) -> Any:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_PROCESSES, thread_name_prefix="scripts")
            pool = Monty(
                min_processes=_PROCESSES,
                max_processes=_PROCESSES,
                checkout_timeout=_WITHIN_S,
                request_timeout=_KILLED_AFTER_S,
                max_checkouts_per_worker=_CALLS_MAX,
                feed_duration_limit_grace=0.5,
            )
            self._pool = pool.__enter__()
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *values)

    def _run(self, source: str, hook: Hook, arguments: Mapping[str, Any]) -> Ran:
        assert self._pool is not None  # `_in_thread` began it
        log, begun = _Log(self.limits.log_bytes), time.perf_counter()
        try:
            with self._pool.checkout(limits=self._bounds(), script_name=FILE, os_policy=_NOTHING_OF_OURS) as session:
                session.feed_run(prelude(), external_lookup={})
                session.feed_run(source, external_lookup={}, print_callback=log)
                output = session.feed_run(hook.call, inputs=dict(arguments), external_lookup={}, print_callback=log)
            ran = self._answered(output, hook)
        except TimeoutError:
            ran = Ran(outcome="busy", error="no process in time")
        except MontyError as error:
            ran = _failed(error)
        taken_us = round((time.perf_counter() - begun) * 1_000_000)
        return msgspec.structs.replace(ran, log=log.text, taken_us=taken_us)

    def _answered(self, output: Any, hook: Hook) -> Ran:
        if not isinstance(output, str):
            return Ran(outcome="wrong", error="the answer is no value of the hook's")
        if len(output) > self.limits.output_bytes:
            return Ran(outcome="size", error=f"more than {self.limits.output_bytes} bytes out")
        try:
            msgspec.json.decode(output, type=hook.answers)
        except msgspec.DecodeError as error:
            return Ran(outcome="wrong", error=str(error)[:_ERROR_CHARS_MAX])
        return Ran(outcome="ok", output=output)

    def _check(self, source: str, hook: Hook) -> list[Mistake]:
        assert self._pool is not None  # `_in_thread` began it
        try:
            with self._pool.checkout(
                type_check=True,
                type_check_stubs=prelude(),
                type_check_format="json",
                limits=self._bounds() | {"max_feed_duration_secs": _CHECKED_WITHIN_S},
                script_name=FILE,
                os_policy=_NOTHING_OF_OURS,
            ) as session:
                session.feed_run(prelude(), external_lookup={}, skip_type_check=True)
                session.feed_run(source, external_lookup={}, print_callback=_Log(0))
                return _broken_promise(session, source, hook)
        except MontyTypingError as error:
            return _mistakes(error)
        except TimeoutError:
            return [Mistake(1, 1, "no process in time, try again")]
        except MontyError as error:
            failed = _failed(error)
            return [Mistake(failed.line or 1, 1, failed.error)]

    def _bounds(self) -> ResourceLimits:
        return {
            "max_feed_duration_secs": self.limits.time_s,
            "max_memory": self.limits.memory_bytes,
            "max_recursion_depth": self.limits.depth,
            "max_suspensions": 20,
        }


RUNNER = Runner()
"""This process's."""


@contextlib.asynccontextmanager
async def running_scripts(runner: Runner = RUNNER) -> AsyncIterator[Runner]:
    """For as long as this lasts, scripts may run; at its end their processes end."""
    try:
        yield runner
    finally:
        runner.close()


class _Log:
    """What a script prints, the beginning of it."""

    def __init__(self, chars_max: int) -> None:
        self.text, self._left = "", chars_max

    def __call__(self, _: str, text: str) -> None:
        kept = text[: self._left]
        self.text += kept
        self._left -= len(kept)


def _failed(error: MontyError) -> Ran:
    if isinstance(error, MontyCrashedError):
        return Ran(outcome="time" if error.timed_out else "crashed", error="the process was ended")
    if not isinstance(error, (MontyRuntimeError, MontySyntaxError)):
        return Ran(outcome="wrong", error=str(error)[:_ERROR_CHARS_MAX])
    inner = error.exception()
    lines = [frame.line for frame in error.traceback() if frame.filename in (_SCRIPTS_OWN, FILE)]
    outcome: Outcome = (
        "time" if isinstance(inner, TimeoutError) else "memory" if isinstance(inner, MemoryError) else "raised"
    )
    said = error.display("type-msg")[:_ERROR_CHARS_MAX]
    return Ran(outcome=outcome, error=said, line=lines[-1] if lines else 0)


def _broken_promise(session: MontySession, source: str, hook: Hook) -> list[Mistake]:
    """What of its hook's promise the script does not keep, at the line where its function begins."""
    lines = source.splitlines()
    at = next((number for number, line in enumerate(lines, 1) if line.startswith(f"def {hook.name}(")), 0)
    if not at:
        return [Mistake(1, 1, f"no function begins with: {hook.signature}")]
    try:
        session.feed_run(hook.promise, external_lookup={})
    except MontyTypingError as error:
        said = _mistakes(error)[0].message
        return [Mistake(at, 1, f"the function must begin with: {hook.signature} {said}"[:_ERROR_CHARS_MAX])]
    return []


def _mistakes(error: MontyTypingError) -> list[Mistake]:
    found = msgspec.json.decode(error.display())
    return [
        Mistake(each["location"]["row"], each["location"]["column"], str(each["message"])[:_ERROR_CHARS_MAX])
        for each in found
    ]
