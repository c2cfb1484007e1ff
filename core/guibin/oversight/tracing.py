"""Reading how decisions came about, on record: one of them, or what was decided about a customer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.console.shell import Shell
from guibin_tenants.principals import Predicate, may, may_any
from guibin_tenants.rows import read

from . import case_traces, tier_traces
from .looks import known
from .traces import Decision, Kind, Trace, milestone, tier_called

DECISIONS_MAX = 60
# Who reads how a decision of each kind came about: auditors, and whoever reads such things anyway.
READS: dict[Kind, Predicate] = {
    "membership": may("audit:read") | may("tiers:read"),
    "approval": may("audit:read") | may("approvals:read"),
    "complaint": may("audit:read") | may("complaints:read"),
    "deadline": may("audit:read") | may("timers:read"),
}
TRACES = may_any("audit:read", "tiers:read", "approvals:read", "complaints:read", "timers:read")
KINDS: Sequence[Kind] = ("membership", "approval", "complaint", "deadline")
_TRACED: Mapping[Kind, Callable[[UUID, Shell], Awaitable[Trace]]] = {
    "membership": tier_traces.membership,
    "deadline": case_traces.deadline,
    "approval": case_traces.approval,
    "complaint": case_traces.complaint,
}


async def trace(kind: Kind, decision_id: UUID, shell: Shell) -> Trace:
    """Raises NotFound. That it was read is on record, with whose it is."""
    found = await _TRACED[kind](decision_id, shell)
    about = found.customer.id if found.customer else None
    fields = ("tier", "measures") if kind == "membership" else ()
    note = AuditNote(action="audit.trace", subject=kind, subject_id=decision_id, customer_id=about, fields=fields)
    await record(note, shell.act)
    return found


async def decisions(customer_id: UUID, shell: Shell) -> list[Decision]:
    """Tiers, approvals, complaints' levels and deadlines of a customer, newest first, of each at most twenty. Raises NotFound.

    That they were listed is on record.
    """
    await known(customer_id)
    rows = await read(
        _Row,
        "(select 'membership' as kind, m.id, m.scheme, m.tier as name, (m.ends_on is null) as open, m.recorded_at as at,"
        " '' as clause from membership m where m.customer_id = $1 order by m.recorded_at desc limit 20)"
        " union all (select 'approval', a.id, '', a.flow ->> 'name', a.closed_at is null, a.asked_at,"
        " coalesce(a.flow ->> 'clause', '') from approval_request a where a.customer_id = $1 order by a.asked_at desc limit 20)"
        " union all (select 'complaint', c.id, '', c.level, true, c.received_at, c.clause from complaint c"
        " where c.customer_id = $1 order by c.received_at desc limit 20)"
        " union all (select 'deadline', t.id, t.subject, t.milestone, t.completed_at is null and t.cancelled_at is null,"
        " t.started_at, '' from timer t where t.customer_id = $1 order by t.started_at desc limit 20)"
        " order by at desc",
        customer_id,
    )
    note = AuditNote(action="audit.trace", subject="customer", customer_id=customer_id, shown=len(rows))
    await record(note, shell.act)
    return [
        Decision(row.kind, row.id, _called(row, shell), _state(row, shell), row.at, row.clause)
        for row in rows[:DECISIONS_MAX]
    ]


class _Row(Struct, frozen=True):
    kind: Kind
    id: UUID
    scheme: str
    name: str
    open: bool
    at: datetime
    clause: str


def _called(row: _Row, shell: Shell) -> str:
    match row.kind:
        case "membership":
            return tier_called(row.name, row.scheme, shell)
        case "approval":
            return shell.named(f"approval.{row.name}")
        case "complaint":
            return shell.named(f"complaint_level.{row.name}")
        case "deadline":
            return milestone(row.scheme, row.name, shell)


def _state(row: _Row, shell: Shell) -> str:
    return shell.says(f"oversight.state.{row.kind}.{'open' if row.open else 'ended'}")
