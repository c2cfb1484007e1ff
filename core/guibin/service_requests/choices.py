"""What the forms of service requests offer: items, situations, steps, channels, states."""

from collections.abc import Mapping, Sequence
from typing import get_args
from uuid import UUID

import msgspec

from guibin.console.choices import words_of
from guibin.console.commands import Asks
from guibin.console.forms import Choice
from guibin.console.shell import Shell
from guibin.policy.service_items import APPOINTMENT, STEP_CLOCKS, Evidence, ServiceItem, TimeLimit
from guibin.records.requests import channels_of
from guibin.signatures import actions as signing
from guibin_tenants.rows import row_of
from guibin_tenants.scope import fetch_one

from .queries import LISTED
from .tables import ServiceRequest, State

# What a step may be recorded with beside its result.
_PARTICULARS = frozenset({"reaction", "accompanied_by", "rating", "rated", "unsigned_because"})
_RATED = frozenset({"rating", "rated"})
_NEXT = (
    "select x.steps ->> (select count(*)::int from service_step s where s.request_id = x.id) as step, x.evidence"
    " from service_request x where x.id = $1"
)


async def items(shell: Shell) -> Sequence[Choice]:
    """The service items that are carried out in steps."""
    found = [item for item in shell.act.policy.service_items if item.steps]
    return [Choice(item.name, shell.named(f"service_item.{item.name}.title")) for item in found]


# What a request can be.
states = words_of("service_requests.state", get_args(State))


async def channels(shell: Shell) -> Sequence[Choice]:
    """By which ways requests come in."""
    return [Choice(each, channel(each, shell)) for each in channels_of(shell.act.policy)]


def channel(name: str, shell: Shell) -> str:
    """What a channel is called."""
    return shell.says(f"channel.{name}") if shell.studio.words.has(f"channel.{name}") else name


def situations(item: ServiceItem, shell: Shell) -> list[Choice]:
    """The situations in which an item has a time limit."""
    return [Choice(limit.name, shell.named(f"time_limit.{limit.name}")) for limit in item.time_limits]


def limit_now(item: ServiceItem | None, situation: str) -> TimeLimit | None:
    """The item's limit in this situation, as the policy has it now."""
    return next((limit for limit in item.time_limits if limit.name == situation), None) if item else None


async def next_steps(shell: Shell) -> Sequence[Choice]:
    """The one step that comes next, unless it is to agree on a day: that is a command of its own."""
    step, _ = await _next(shell)
    return [Choice(step, shell.named(f"step.{step}"))] if step and step != APPOINTMENT else []


async def next_of_all(shell: Shell) -> Sequence[Choice]:
    """The one step that comes next, whichever it is."""
    step, _ = await _next(shell)
    return [Choice(step, shell.named(f"step.{step}"))] if step else []


async def next_step(shell: Shell, _: UUID) -> dict[str, str]:
    """The step that comes next, chosen already."""
    step, _evidence = await _next(shell)
    return {"step": step} if step else {}


async def of_step(shell: Shell) -> Asks:
    """What the step that comes next is recorded with."""
    step, evidence = await _next(shell)
    wanted: set[str] = {want for one in evidence if one.step == step for want in one.wants}
    rated = _RATED if "rating" in wanted or step == "rating" else frozenset()
    unsigned = "signature" in wanted and f"{STEP_CLOCKS}{step}" not in await signing.signed(_asked(shell))
    wanted = (wanted - {"signature"}) | ({"unsigned_because"} if unsigned else set())
    return Asks(
        left_out=_PARTICULARS - wanted - rated,
        needed=frozenset(wanted) | (rated if "rating" in wanted else frozenset()),
    )


async def to_sign(request_id: UUID) -> bool:
    """Whether the customer is to sign for the step that comes next, and has not."""
    row = await row_of(ServiceRequest, request_id, _NEXT)
    evidence = msgspec.json.decode(row["evidence"], type=tuple[Evidence, ...])
    asked = any(one.step == row["step"] and "signature" in one.wants for one in evidence)
    return asked and f"{STEP_CLOCKS}{row['step']}" not in await signing.signed(request_id)


async def of_appointment(shell: Shell) -> Asks:
    """A day that is moved needs the reason."""
    row = await fetch_one("select appointment_at from service_request where id = $1", _asked(shell))
    moved = row is not None and row["appointment_at"] is not None
    return Asks(needed=frozenset({"reason"})) if moved else Asks(left_out=frozenset({"reason"}))


async def _next(shell: Shell) -> tuple[str, tuple[Evidence, ...]]:
    row = await row_of(ServiceRequest, _asked(shell), _NEXT)
    return row["step"] or "", msgspec.json.decode(row["evidence"], type=tuple[Evidence, ...])


def _asked(shell: Shell) -> UUID:
    return UUID(str(shell.request.path_params["request_id"]))


async def handled(_: Shell, request_id: UUID) -> Mapping[str, str]:
    """Who works on it now; its owner, where nobody else does."""
    line = await LISTED.one(request_id)
    staff_id = line.handler_id or (None if line.handler_unit_id else line.owner_id)
    return {
        name: str(value) for name, value in (("to_staff_id", staff_id), ("to_unit_id", line.handler_unit_id)) if value
    }
