"""The process in which a pack's pure hooks run, asked over its standard input.

It holds no secret, no connection and no other company's values; what it may take of memory is bounded once the pack is read.
"""

import os
import resource
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from .sources import raised_at, says

Ask = Callable[[str, dict[str, Any]], Any]
# Beyond what the process has when the pack is read.
MEMORY_MB_MAX = 256


class Asked(Struct):
    """A hook and its arguments by name."""

    hook: str
    arguments: dict[str, Any]


class Answered(Struct):
    """What it answered; otherwise the kind of error, the line of the pack, and the message where it is the pack's own words."""

    answer: Any = None
    error: str = ""
    at: str = ""
    said: str = ""


def answer_all(module: str, asking: Callable[[object], Ask]) -> None:
    """Answer for the pack of this module until whoever asks has gone; `asking` is how a plugin's hooks are asked, by arguments of
    plain values."""
    asks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What a pack prints is no answer.
    os.dup2(2, 1)
    plugin = EntryPoint("hooks", module, "guibin.packs").load()
    ask = asking(plugin)
    bound()
    write(answers, msgspec.msgpack.encode(Answered()))
    while (said := read(asks)) is not None:
        write(answers, _answered(plugin, msgspec.msgpack.decode(said, type=Asked), ask))


def bound() -> None:
    """From here on take no more than MEMORY_MB_MAX beside what there is."""
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
    most = pages * resource.getpagesize() + MEMORY_MB_MAX * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def write(file: BinaryIO, message: bytes) -> None:
    """One message, after its length."""
    file.write(len(message).to_bytes(4, "big") + message)
    file.flush()


def read(file: BinaryIO) -> bytes | None:
    """The next message; None at the end."""
    length = file.read(4)
    return file.read(int.from_bytes(length, "big")) if len(length) == 4 else None


def _answered(plugin: object, asked: Asked, ask: Ask) -> bytes:
    try:
        return msgspec.msgpack.encode(Answered(answer=ask(asked.hook, asked.arguments)))
    except BaseException as error:  # whatever it is, it is the hook's
        said = str(error)
        error_is = type(error).__name__
        at, kept = raised_at(plugin, error), says(plugin, said)
        del error
        return msgspec.msgpack.encode(Answered(error=error_is, at=at, said=said if kept else ""))
