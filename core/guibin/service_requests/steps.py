"""What a step is recorded with, who signs for it, and the clock of the one that comes next (S07-12, S07-19, S07-34)."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from guibin import events
from guibin.cases import Case
from guibin.context import Act
from guibin.events import ServiceStepTaken
from guibin.notices.actions import Notice, notify
from guibin.policy.service_items import APPOINTMENT, STEP_CLOCKS, Evidence, StepLimit, TimeLimit
from guibin.signatures import actions as signing
from guibin.signatures.actions import Occasion
from guibin.signatures.requests import NewSignature
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants.rows import locked
from guibin_tenants.scope import fetch_column, fetch_value

from .queries import SUBJECT
from .refusals import NotOpen, StepNeeded, StepOutOfOrder
from .tables import ServiceRequest

_RUNNING = (
    "select milestone from timer where subject_id = $1 and milestone like $2 and completed_at is null"
    " and cancelled_at is null order by milestone"
)
_RUNS = (
    "select exists (select from timer where subject_id = $1 and milestone = $2 and completed_at is null"
    " and cancelled_at is null)"
)
_DONE = "(select from service_step where request_id = $1 and skipped_because = '')"


def named(request: asyncpg.Record) -> list[str]:
    """The request's steps in their order."""
    return msgspec.json.decode(request["steps"], type=list[str])


async def taken(request_id: UUID) -> int:
    """How many of them were taken."""
    count: int = await fetch_value("select count(*)::int from service_step where request_id = $1", request_id)
    return count


def wanted(request: asyncpg.Record, step: str) -> set[str]:
    """What the step is recorded with."""
    evidence = msgspec.json.decode(request["evidence"], type=tuple[Evidence, ...])
    return {want for one in evidence if one.step == step for want in one.wants}


async def sign(request_id: UUID, new: NewSignature, act: Act) -> None:
    """The customer signs for the step that comes next. Raises Invalid, NotFound, NotOpen, StepOutOfOrder for one that asks for no
    signature, AlreadySigned, ArchiveErased."""
    request = await locked(ServiceRequest, request_id)
    if request["state"] != "open":
        raise NotOpen(f"The request {request['number']} is {request['state']}")
    steps, done = named(request), await taken(request_id)
    if done >= len(steps) or "signature" not in wanted(request, steps[done]):
        raise StepOutOfOrder("The step that comes next is not signed for")
    await signing.take(occasion(request, steps[done], act), new, act)


async def settle(request: asyncpg.Record, step: str, because: str, act: Act) -> None:
    """The step is signed for where that is asked for, or the reason is told. Raises SignatureMissing, Invalid."""
    await signing.settle(occasion(request, step, act), because, act, owed="signature" in wanted(request, step))


def occasion(request: asyncpg.Record, step: str, act: Act) -> Occasion:
    """What is signed for."""
    case = Case(SUBJECT, request["id"], request["customer_id"])
    return Occasion(case, f"{STEP_CLOCKS}{step}", request["number"], act.by.name)


def refuse_needed(request: asyncpg.Record, step: str, limit: TimeLimit | None) -> None:
    """What a time limit counts from, or is met by, is carried out or the request is withdrawn. Raises StepNeeded."""
    if limit is None:
        return
    met_by = limit.until or named(request)[-1]
    if step == met_by or (step == APPOINTMENT and limit.counted_from == "appointment"):
        raise StepNeeded(f"The time limit counts on {step}")


async def refuse_nothing_done(request: asyncpg.Record, taken: int) -> None:
    """The last step is not skipped where every one before it was. Raises StepNeeded."""
    last = taken + 1 == len(named(request))
    if last and not await fetch_value(f"select exists {_DONE}", request["id"]):
        raise StepNeeded("No step of it was carried out")


async def tell_skipped(request: asyncpg.Record, step: str, act: Act) -> None:
    """The nearest manager hears that a defined step was skipped, of their own skipping the next above (S01-10)."""
    details = {"number": request["number"], "who": act.by.name, "step": step}
    case = Case(SUBJECT, request["id"], request["customer_id"])
    but = (act.by.person,) if act.by.person else ()
    notice = Notice("service_step_skipped", case, roles=("manager",), details=details, but=but)
    await notify(notice, key=f"service-step-skipped/{request['id']}/{step}", now=act.now)


async def told(request: asyncpg.Record, step: str, act: Act, *, skipped: bool = False) -> None:
    """Whoever follows the service hears of the step."""
    taken = ServiceStepTaken(request["id"], request["customer_id"], request["item"], step, skipped)
    await events.happen(taken, act)


async def pass_over(request: asyncpg.Record, step: str, *, now: datetime) -> None:
    """The step was skipped: its clock stops, and that of the next begins."""
    own = f"{STEP_CLOCKS}{step}"
    if await fetch_value(_RUNS, request["id"], own):
        await sla.cancel(request["id"], own, now=now)
    await clocks_of(request, step, at=now, now=now)


async def clocks_of(request: asyncpg.Record, step: str, *, at: datetime, now: datetime) -> None:
    """The step was taken at `at`: its clock ends, and that of the next begins."""
    await sla.complete_if_any(request["id"], f"{STEP_CLOCKS}{step}", at=at, now=now)
    steps = named(request)
    place = steps.index(step) + 1
    limits = msgspec.json.decode(request["step_limits"], type=tuple[StepLimit, ...])
    case = Case(SUBJECT, request["id"], request["customer_id"])
    due = [limit for limit in limits if place < len(steps) and limit.step == steps[place]]
    for limit in due:
        terms = limit.terms(limit.within, clause=limit.clause or request["clause"])
        await sla.start(NewTimer(case, limit.milestone, terms, at, late_at=now if at < now else None))


async def drop_clocks(request_id: UUID, *, now: datetime) -> None:
    """The request ends: no step of it is due any more."""
    for milestone in await fetch_column(_RUNNING, request_id, f"{STEP_CLOCKS}%"):
        await sla.cancel(request_id, milestone, now=now)
