"""Processes for the pure hooks of a pack: one that sleeps, loops, eats memory or ends itself takes nobody along."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from typing import Any

import msgspec

from .hook_child import Answered, Asked

# So many hooks of a pack at once; others wait for their turn.
AT_ONCE = 2
# What reading a pack may take.
READY_WITHIN_S = 60.0


class ProcessEnded(Exception):
    """The hook ended the process it ran in, or could not be read there."""


class HookError(Exception):
    """What the hook raised there: `kind` is the error's class, `at` the line, and the message where it is the pack's own."""

    def __init__(self, kind: str, at: str, said: str) -> None:
        super().__init__(said)
        self.kind, self.at = kind, at


class Processes:
    """Those of one pack, started when they are needed and again after one was ended; `program` answers for the pack of its first
    argument (`hook_child.answer_all`)."""

    def __init__(self, module: str, program: str) -> None:
        self.module, self.program = module, program
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle: list[Process] = []
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def ask(self, hook: str, arguments: dict[str, Any], limit_s: float) -> Any:
        """The hook's answer as plain values. Raises TimeoutError, ProcessEnded, HookError."""
        if self._loop is not asyncio.get_running_loop():
            self._loop, self._idle, self._turns = asyncio.get_running_loop(), [], asyncio.Semaphore(AT_ONCE)
        asked = msgspec.msgpack.encode(Asked(hook, arguments))
        async with self._turns:
            process = self._idle.pop() if self._idle else await self._start()
            try:
                async with asyncio.timeout(limit_s):
                    answered = await _answer(process, asked)
            except BaseException:
                await _end(process)
                raise
            self._idle.append(process)
        if answered.error:
            raise HookError(answered.error, answered.at, answered.said)
        return answered.answer

    async def warm(self) -> None:
        """Have one ready."""
        with contextlib.suppress(ProcessEnded, TimeoutError, OSError):
            self._loop = self._loop or asyncio.get_running_loop()
            self._idle.append(await self._start())

    async def close(self) -> None:
        """End them."""
        while self._idle:
            await _end(self._idle.pop())

    async def _start(self) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            self.program,
            self.module,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            # Nothing of what the service was started with: neither addresses nor keys.
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PATH": os.environ.get("PATH", "")},
        )
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await _answer(process, b"")
        except BaseException:
            await _end(process)
            raise
        return process


async def _answer(process: Process, asked: bytes) -> Answered:
    if process.stdin is None or process.stdout is None:
        raise ProcessEnded("it has no pipes")
    try:
        if asked:
            process.stdin.write(len(asked).to_bytes(4, "big") + asked)
            await process.stdin.drain()
        length = int.from_bytes(await process.stdout.readexactly(4), "big")
        return msgspec.msgpack.decode(await process.stdout.readexactly(length), type=Answered)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise ProcessEnded("the process has ended") from error


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
