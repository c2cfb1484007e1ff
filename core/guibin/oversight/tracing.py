"""Reading how decisions came about, on record: one of them, or what was decided about a customer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from msgspec.structs import replace

from guibin.audit.actions import AuditNote, record
from guibin.console.shell import Shell
from guibin_tenants.principals import Predicate, may, may_any

from . import case_traces, replaying, right_traces, tier_traces
from .looks import known
from .traces import Decision, Kind, Row, Trace, milestone, tier_called

DECISIONS_MAX = 100
# Who reads how a decision of each kind came about: auditors, and whoever reads such things anyway.
READS: dict[Kind, Predicate] = {
    "membership": may("audit:read") | may("tiers:read"),
    "approval": may("audit:read") | may("approvals:read"),
    "complaint": may("audit:read") | may("complaints:read"),
    "deadline": may("audit:read") | may("timers:read"),
    "redemption": may("audit:read") | may("entitlements:read"),
}
TRACES = may_any("audit:read", "tiers:read", "approvals:read", "complaints:read", "timers:read", "entitlements:read")
KINDS: Sequence[Kind] = ("membership", "redemption", "approval", "complaint", "deadline")
_TRACED: Mapping[Kind, Callable[[UUID, Shell], Awaitable[Trace]]] = {
    "membership": tier_traces.membership,
    "deadline": case_traces.deadline,
    "approval": case_traces.approval,
    "complaint": case_traces.complaint,
    "redemption": right_traces.redemption,
}


async def trace(kind: Kind, decision_id: UUID, shell: Shell) -> Trace:
    """Raises NotFound. That it was read is on record, with whose it is."""
    found = await _TRACED[kind](decision_id, shell)
    found = replace(found, replay=await replaying.of(kind, decision_id, shell.act))
    about = found.customer.id if found.customer else None
    fields = ("tier", "measures") if kind == "membership" else ()
    note = AuditNote(action="audit.trace", subject=kind, subject_id=decision_id, customer_id=about, fields=fields)
    await record(note, shell.act)
    return found


async def decisions(customer_id: UUID, shell: Shell) -> list[Decision]:
    """Tiers, uses of rights, approvals, complaints' levels and deadlines of a customer, newest first, of each at most twenty. Raises NotFound.

    That they were listed is on record.
    """
    await known(customer_id)
    rows = [
        *await tier_traces.of_customer(customer_id),
        *await right_traces.of_customer(customer_id),
        *await case_traces.of_customer(customer_id),
    ]
    rows.sort(key=lambda row: row.at, reverse=True)
    note = AuditNote(action="audit.trace", subject="customer", customer_id=customer_id, shown=len(rows))
    await record(note, shell.act)
    return [
        Decision(row.kind, row.id, _called(row, shell), _state(row, shell), row.at, row.clause)
        for row in rows[:DECISIONS_MAX]
    ]


def _called(row: Row, shell: Shell) -> str:
    match row.kind:
        case "membership":
            return tier_called(row.name, row.scheme, shell)
        case "approval":
            return shell.named(f"approval.{row.name}")
        case "complaint":
            return shell.named(f"complaint_level.{row.name}")
        case "deadline":
            return milestone(row.scheme, row.name, shell)
        case "redemption":
            return shell.named(f"service_item.{row.name}.title")


def _state(row: Row, shell: Shell) -> str:
    return shell.says(f"oversight.state.{row.kind}.{'open' if row.open else 'ended'}")
