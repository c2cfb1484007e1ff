"""Reading requests and their steps."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct, structs
from msgspec.structs import replace

from guibin.audit.actions import noted
from guibin.cases.followed import FOLLOWED, Followed
from guibin.cases.outcomes import Outcome
from guibin.context import Act
from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin.profiles.queries import called
from guibin.sla.queries import timer_at
from guibin.web.listing import Listing, Order, PageAsked, earliest_first, newest_first
from guibin.web.paging import Page
from guibin_tenants.keys import hands_of, ids_of
from guibin_tenants.org_units import level_of
from guibin_tenants.principals import Signature, may
from guibin_tenants.receivers import sees
from guibin_tenants.rows import lines
from guibin_tenants.scope import ALL_UNITS

from .tables import ApprovalRequest

Whose = Literal["waiting", "asked", "decided", "copied", "all"]
MoveKind = Literal["passed_on", "added", "copied", "returned"]


class StepView(Struct, frozen=True, omit_defaults=True):
    """One step in its order; undecided while `approved` is None. `role` decided, for `for_role` if as a deputy, or it or one
    of `others` may, or `person` alone. `together` it takes each of them. What was `undone` is history."""

    step: int
    role: str
    others: tuple[str, ...] = ()
    person: UUID | None = None
    person_name: str = ""
    together: bool = False
    undone: bool = False
    for_role: str = ""
    for_name: str = ""
    approved: bool | None = None
    reason: str = ""
    decided_by: UUID | None = None
    decided_by_name: str = ""
    decided_at: datetime | None = None


class MoveLine(Struct, frozen=True):
    """Passed on, asked besides, copied or sent back: by whom, to whom, why."""

    kind: MoveKind
    step: int
    staff_id: UUID | None
    staff_name: str
    to_step: int | None
    reason: str
    moved_by_name: str
    moved_at: datetime


class ApprovalView(Struct, frozen=True):
    """A request with all its steps. `step` is the one that waits, counted from 0; None when it is closed."""

    id: UUID
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    org_unit_id: UUID | None
    flow: str
    clause: str
    policy_version: int
    note: str
    applicant_id: UUID
    applicant_name: str
    asked_at: datetime
    step: int | None
    steps: tuple[StepView, ...]
    moves: tuple[MoveLine, ...]
    outcome: Outcome | None
    closed_at: datetime | None


class ApprovalFilter(Struct, frozen=True, kw_only=True):
    """Those that wait for this one's decision, those this one asked for, decided a step of or was sent a copy of, or every
    one of where they decide."""

    whose: Whose = "waiting"


class _Decision(Struct, frozen=True):
    step: int
    role: str
    for_role: str
    for_name: str
    approved: bool
    reason: str
    decided_by: UUID
    decided_by_name: str
    decided_at: datetime


class _Request(Struct, frozen=True):
    id: UUID
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    org_unit_id: UUID | None
    flow: ApprovalFlow
    policy_version: int
    note: str
    applicant_id: UUID
    applicant_name: str
    asked_at: datetime
    step: int
    undone: list[int]
    outcome: Outcome | None
    closed_at: datetime | None
    decisions: list[_Decision]
    moves: list[MoveLine]
    people: dict[str, str]


def somebody_there(at: str) -> str:
    """SQL: somebody whose step of `x` it is, other than the applicant, works here, sees the matter and is not away at `at`."""
    return (
        "exists (select from staff s where s.tenant_id = x.tenant_id and s.left_at is null and s.id <> x.applicant_id"
        f" and s.roles && x.awaits and {sees('s', 'x.org_unit_id')} and not exists (select from staff_absence b"
        f" where b.tenant_id = s.tenant_id and b.staff_id = s.id and b.from_at <= {at} and b.until_at > {at}))"
    )


def absent(at: str) -> str:
    """SQL: a FROM of those of whom `x` waits, `p`, who are away at `at`, and for whom `b.deputy_id` may decide it: not for
    who asked, nor for who decided of it already."""
    return (
        "from staff_absence b join staff p on p.tenant_id = b.tenant_id and p.id = b.staff_id and p.left_at is null"
        f" where b.tenant_id = x.tenant_id and b.from_at <= {at} and b.until_at > {at} and not b.notices_only"
        " and (b.matters = '{}' or x.flow ->> 'name' = any (b.matters)) and p.id <> x.applicant_id and case when"
        f" x.awaited_id is not null then p.id = x.awaited_id else p.roles && x.awaits and {sees('p', 'x.org_unit_id')} end"
        " and not exists (select from approval_decision f where f.tenant_id = x.tenant_id and f.request_id = x.id"
        " and f.decided_by = p.id and f.step <> all (x.undone))"
    )


_MINE = (
    "(case when x.awaited_id is not null then x.awaited_id = any ($own::uuid[])"
    f" else x.awaits && $roles::text[] or (x.deputies && $roles::text[] and not {somebody_there('$at')}) end"
    f" or exists (select {absent('$at')} and b.deputy_id = any ($own::uuid[])))"
)
_IN_SIGHT = "($everywhere or x.org_unit_id = any ($units::uuid[]))"
# Whether it waits for a decision of whoever asks; `asking` says what the names stand for.
WAITING = (
    "x.closed_at is null and x.applicant_id <> all ($hands::uuid[])"
    f" and ($system or {_MINE}) and {_IN_SIGHT}"
    " and ($system or $level::int <= coalesce((x.flow -> 'steps' -> x.step ->> 'level')::int, $level))"
    " and not exists (select from approval_decision d where d.tenant_id = x.tenant_id"
    " and d.request_id = x.id and d.decided_by = any ($hands::uuid[]) and d.step <> all (x.undone))"
)
_LISTED = Listing(
    view=_Request,
    source="approval_request x",
    order=earliest_first("x.asked_at"),
    columns={
        "decisions": lines(_Decision, "from approval_decision where request_id = x.id order by step, decided_at"),
        "moves": lines(MoveLine, "from approval_move where request_id = x.id order by moved_at"),
        "people": "coalesce((select jsonb_object_agg(s.id, s.name) from staff s where s.tenant_id = x.tenant_id and s.id::text in"
        " (select p ->> 'person' from jsonb_array_elements(x.flow -> 'steps') p)), '{}'::jsonb)",
    },
    filters={
        "whose": "($value = 'asked' and x.applicant_id = any ($own::uuid[]))"
        " or ($value = 'decided' and exists (select from approval_decision d where d.tenant_id = x.tenant_id"
        " and d.request_id = x.id and d.decided_by = any ($own::uuid[])))"
        " or ($value = 'copied' and exists (select from approval_move c where c.tenant_id = x.tenant_id"
        " and c.request_id = x.id and c.kind = 'copied' and c.staff_id = any ($own::uuid[])))"
        f" or ($value = 'all' and {_IN_SIGHT})"
        f" or ($value = 'waiting' and {WAITING})"
    },
)


async def by_id(approval_id: UUID) -> ApprovalView:
    """Raises NotFound."""
    return _view(await _LISTED.one(approval_id))


async def listed(filters: ApprovalFilter, page: PageAsked, asks: Signature) -> Page[ApprovalView]:
    """Oldest first."""
    requests = await _LISTED.page(filters, page, asks, **await asking(asks))
    return Page([_view(request) for request in requests.items], requests.next)


class ApprovalLine(ApprovalView, frozen=True, kw_only=True):
    """A request as whoever decides sees it: whose it is by name, and by when the step that waits is decided. `by_rule`: no
    person asked."""

    by_rule: bool
    customer_name: str | None
    unit_name: str | None
    warn_at: datetime | None
    due_at: datetime | None


class _Line(_Request, frozen=True, kw_only=True):
    by_rule: bool
    customer_name: str | None
    unit_name: str | None
    warn_at: datetime | None
    due_at: datetime | None


_STEP = "'step_' || (x.step + 1)"
_QUEUE = replace(
    _LISTED,
    source=f"approval_request x left join {timer_at('x', _STEP)} and t.cancelled_at is null and t.completed_at is null",
).wider(
    _Line,
    by_rule="x.applicant_kind = 'job'",
    customer_name=called("x.customer_id"),
    unit_name="(select u.name from org_unit u where u.id = x.org_unit_id)",
    warn_at="t.warn_at",
    due_at="t.due_at",
)
_NEWEST, _DUE = (
    newest_first("x.asked_at"),
    Order({"coalesce(t.due_at, timestamptz '9999-12-31')": datetime, "x.id": UUID}),
)


async def queue(filters: ApprovalFilter, page: PageAsked, act: Act) -> Page[ApprovalLine]:
    """As `listed`, for whoever decides: what waits by when it is due, everything else newest first; on record as there."""
    listing = _QUEUE.ordered(_DUE if filters.whose == "waiting" else _NEWEST)
    found = await listing.page(filters, page, act, **await asking(act))
    lines = [_line(request) for request in found.items]
    await shown("approval.list", lines, act)
    return Page(lines, found.next)


async def line_of(approval_id: UUID, act: Act) -> ApprovalLine:
    """One of the queue; the look is on record. Raises NotFound."""
    line = _line(await _QUEUE.one(approval_id))
    await shown("approval.read", [line], act)
    return line


async def lines_of(approval_ids: Sequence[UUID]) -> list[ApprovalLine]:
    """Those of them that can be seen from here, as in the queue."""
    found = await _QUEUE.where("x.id = any ($of::uuid[])", of=list(approval_ids))
    return [_line(request) for request in found]


async def count(filters: ApprovalFilter, act: Act) -> int:
    """How many of the approvals that the caller may see the filters let through, counted up to 1,000."""
    return await _LISTED.count(filters, act, **await asking(act))


async def waits_for(approval_id: UUID, act: Act) -> bool:
    """Whether the step that waits is for whoever asks to decide."""
    found = await _LISTED.where(f"x.id = $of and {WAITING}", of=approval_id, **await asking(act))
    return bool(found)


async def shown(action: str, lines: Sequence[ApprovalView], act: Act) -> None:
    """Put on record, under this action, that these approvals were shown; nothing where none of them is about a customer."""
    customers = tuple({line.customer_id: None for line in lines if line.customer_id})
    if customers:
        await noted(action, act, subject="approval", customer_ids=customers, shown=len(lines))


async def asking(asks: Signature) -> dict[str, Any]:
    """The values of WAITING."""
    by = asks.by
    return {
        "hands": list(await hands_of(by, now=asks.now)),
        "own": list(await ids_of(by)),
        "at": asks.now,
        # A key of the operator's stands for the company's own approval system: it has no role.
        "system": by.is_system,
        "roles": list(by.roles),
        "everywhere": by.units == ALL_UNITS,
        "units": by.units_seen,
        "level": await level_of(by.org_unit_id),
    }


_BESIDE = ("by_rule", "customer_name", "unit_name", "warn_at", "due_at")


def _line(request: _Line) -> ApprovalLine:
    beside = {name: getattr(request, name) for name in _BESIDE}
    return ApprovalLine(**structs.asdict(_view(request)), **beside)


def _view(request: _Request) -> ApprovalView:
    steps = tuple(view for number, step in enumerate(request.flow.steps) for view in _steps(number, step, request))
    told = structs.asdict(request) | {
        "flow": request.flow.name,
        "clause": request.flow.clause,
        "step": None if request.closed_at else request.step,
        "steps": steps,
    }
    return msgspec.convert(told, ApprovalView)


def _steps(number: int, step: ApprovalStep, request: _Request) -> Iterator[StepView]:
    """What was decided of a step, and what is left of it to decide."""
    given = [decision for decision in request.decisions if decision.step == number]
    undone = number in request.undone
    for decision in given:
        yield StepView(**structs.asdict(decision), together=step.together, undone=undone)
    heard = {decision.for_role or decision.role for decision in given}
    left = tuple(role for role in step.roles if role not in heard) if step.together else () if given else step.roles
    if left and not undone and all(decision.approved for decision in given):
        name = request.people.get(str(step.person), "")
        yield StepView(number, left[0], left[1:], person=step.person, person_name=name, together=step.together)


FOLLOWED.give("approval", Followed(may("approvals:read"), ApprovalRequest, matter="note"))
