"""What can be done in the background: payloads as tagged structs, and the one function that handles each.

A payload holds ids and figures, never personal data: it is shown to operators and passes through logs.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec import Struct

from guibin.context import Act

ATTEMPTS_MAX = 8
TIMEOUT_S = 60.0
_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


def tag_of(class_name: str) -> str:
    """The name under which a payload is written down: `SweepTimers` is `sweep_timers`."""
    return _WORD_START.sub("_", class_name.rsplit(".", 1)[-1]).lower()


class Job(Struct, frozen=True, tag=tag_of, tag_field="kind", forbid_unknown_fields=True):
    """The payload of a job. Its kind is the class's name in small letters, written down and so never changed."""


class Run(Act, frozen=True, kw_only=True):
    """One attempt at a job, inside the tenant's scope: what the handler writes commits with the job's end.

    `due_at` is when the job was to run: for a rhythm its tick. `job_id` stays the same over attempts, so it makes an
    effect outside recognisable.
    """

    job_id: UUID
    attempt: int
    due_at: datetime | None = None


class Errand(Struct, frozen=True):
    """What a job does outside the database, between two transactions, so that none stays open while others answer.

    `prepare` reads what is needed, None when there is nothing to do; `go` does it, outside any scope. The handler's own
    function then gets the outcome and commits with the job's end. `go` may happen again: make it recognisable.
    """

    prepare: Callable[[Any, Run], Awaitable[Any]]
    go: Callable[[Any], Awaitable[Any]]


class Handler(Struct, frozen=True):
    """How a kind is handled. `pack` names the pack it belongs to, empty for the core.

    With an `errand` the function's third argument is what came of it.
    """

    kind: str
    payload: Any
    function: Callable[..., Awaitable[None]]
    attempts_max: int = ATTEMPTS_MAX
    timeout_s: float = TIMEOUT_S
    pack: str = ""
    errand: Errand | None = None


class TwoHandlers(Exception):
    """Two functions claim the same kind; the service does not start."""


Payload = TypeVar("Payload", bound=Struct)
Function = Callable[[Payload, Run], Awaitable[None]]
_handlers: dict[str, Handler] = {}


def handles(
    payload: type[Payload], *, attempts_max: int = ATTEMPTS_MAX, timeout_s: float = TIMEOUT_S
) -> Callable[[Function[Payload]], Function[Payload]]:
    """Register the function for a payload. It gives up after `attempts_max` failures, each at most `timeout_s` long.

    It runs at least once and its effect in the database happens exactly once; an effect elsewhere may repeat.
    """

    def register(function: Function[Payload]) -> Function[Payload]:
        add(Handler(kind_of(payload), payload, function, attempts_max, timeout_s))
        return function

    return register


def runs_errand(
    payload: type[Payload], errand: Errand, *, attempts_max: int = ATTEMPTS_MAX, timeout_s: float = TIMEOUT_S
) -> Callable[[Callable[[Payload, Run, Any], Awaitable[None]]], Callable[[Payload, Run, Any], Awaitable[None]]]:
    """As `handles`, for a job with an effect outside: the function settles what came of the errand."""

    def register(
        function: Callable[[Payload, Run, Any], Awaitable[None]],
    ) -> Callable[[Payload, Run, Any], Awaitable[None]]:
        add(Handler(kind_of(payload), payload, function, attempts_max, timeout_s, errand=errand))
        return function

    return register


def add(handler: Handler) -> None:
    """Make a handler known. Raises TwoHandlers when another function has the kind."""
    present = _handlers.get(handler.kind)
    if present is not None and present.function is not handler.function:
        raise TwoHandlers(f"{present.function.__qualname__} and {handler.function.__qualname__}: kind {handler.kind!r}")
    _handlers[handler.kind] = handler


def handler_of(kind: str) -> Handler | None:
    """The handler of a kind; None when nobody handles it (any more)."""
    return _handlers.get(kind)


def all_handlers() -> tuple[Handler, ...]:
    """Every handler known in this process, by kind."""
    return tuple(_handlers[kind] for kind in sorted(_handlers))


def kind_of(payload: type[Struct]) -> str:
    """The tag of a payload's class. Raises TypeError when it has none."""
    tag = payload.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"{payload.__name__} has no tag: derive it from guibin.jobs.kinds.Job")
    return tag
