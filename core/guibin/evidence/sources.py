"""What enters the log: from which rows, which of their columns in clear, and which as commitments."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.administration.tables import RoleChange
from guibin.approvals.tables import ApprovalDecision, ApprovalRequest
from guibin.audit.tables import AuditEntry
from guibin.complaints.tables import Complaint, ComplaintLevelChange
from guibin.policies.tables import PolicyVersion
from guibin.sla.tables import Timer, TimerChange
from guibin.tiers.tables import AssessmentResult, Membership
from guibin_tenants.rows import name_of

from .verify import canonical


class Source(Struct, frozen=True, kw_only=True):
    """Rows `x` of a table that are sequenced, each once, by the moment `at`.

    `plain` and `sealed` are SQL by the names they have in a leaf; of `documents` the JSON is one text. `customer` is whose
    key the commitments open with: the company's own where it is null. `changes` of the plain ones may become others later,
    as when archives become one. `concerns` says that a row is about the customer `$1`, `decides` that it belongs to the
    decision `$1`. `opened`: whoever reads the record knows what it commits to.
    """

    name: str
    rows: str
    at: str
    plain: dict[str, str]
    sealed: dict[str, str]
    customer: str = "null::uuid"
    concerns: str = "false"
    decides: str = "x.id = $1"
    opened: bool = False
    where: str = "true"
    documents: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()


def _own(*columns: str) -> dict[str, str]:
    return {column: f"x.{column}" for column in columns}


SOURCES: tuple[Source, ...] = (
    Source(
        name="audit_entry",
        rows=f"{name_of(AuditEntry)} x",
        at="x.happened_at",
        plain=_own(
            "action",
            "actor_kind",
            "actor_id",
            "org_unit_id",
            "subject",
            "subject_id",
            "customer_ids",
            "shown",
            "fields",
        )
        | {"asked": "coalesce(x.asked, false)", "refused": "coalesce(x.refused, '')"},
        sealed=_own("actor_name", "address", "purpose"),
        customer="case when cardinality(x.customer_ids) = 1 then x.customer_ids[1] end",
        concerns="x.subject_id = $1 or $1 = any (x.customer_ids)",
        decides="x.subject_id = $1",
        opened=True,
    ),
    Source(
        name="membership",
        rows=f"{name_of(Membership)} x left join {name_of(AssessmentResult)} r on r.tenant_id = x.tenant_id"
        " and r.assessment_id = x.basis_id and r.customer_id = x.customer_id",
        at="x.recorded_at",
        plain=_own("customer_id", "basis", "basis_id", "policy_version"),
        sealed=_own("scheme", "tier", "starts_on", "since_on", "reason")
        | {"facts": "r.measures", "clause": "coalesce(r.clause, '')"},
        customer="x.customer_id",
        concerns="x.customer_id = $1",
        documents=frozenset({"facts"}),
        changes=frozenset({"customer_id"}),
    ),
    Source(
        name="membership_end",
        rows=f"{name_of(Membership)} x",
        at="x.ends_on::timestamp at time zone 'UTC'",
        plain=_own("customer_id"),
        sealed=_own("scheme", "tier", "ends_on", "ended_because"),
        customer="x.customer_id",
        concerns="x.customer_id = $1",
        where="x.ends_on is not null",
        changes=frozenset({"customer_id"}),
    ),
    Source(
        name="deadline_moved",
        rows=f"{name_of(TimerChange)} x join {name_of(Timer)} t on t.tenant_id = x.tenant_id and t.id = x.timer_id",
        at="x.changed_at",
        plain=_own("timer_id", "reason", "generation", "changed_by")
        | {"subject": "t.subject", "subject_id": "t.subject_id", "milestone": "t.milestone"},
        sealed=_own("due_before", "due_after", "changed_by_name"),
        customer="t.customer_id",
        concerns="t.customer_id = $1",
        decides="x.timer_id = $1 or t.subject_id = $1",
    ),
    Source(
        name="complaint_level_change",
        rows=f"{name_of(ComplaintLevelChange)} x"
        f" join {name_of(Complaint)} c on c.tenant_id = x.tenant_id and c.id = x.complaint_id",
        at="x.changed_at",
        plain=_own("complaint_id", "changed_by"),
        sealed=_own("from_level", "to_level", "reason", "due_before", "due_after", "changed_by_name"),
        customer="c.customer_id",
        concerns="c.customer_id = $1",
        decides="x.complaint_id = $1",
    ),
    Source(
        name="approval_decision",
        rows=f"{name_of(ApprovalDecision)} x"
        f" join {name_of(ApprovalRequest)} q on q.tenant_id = x.tenant_id and q.id = x.request_id",
        at="x.decided_at",
        plain=_own("request_id", "step", "role", "for_role", "decided_by")
        | {"subject": "q.subject", "subject_id": "q.subject_id", "policy_version": "q.policy_version"},
        sealed=_own("approved", "reason", "decided_by_name", "for_name"),
        customer="q.customer_id",
        concerns="q.customer_id = $1",
        decides="x.request_id = $1 or q.subject_id = $1",
    ),
    Source(
        name="policy_version",
        rows=f"{name_of(PolicyVersion)} x",
        at="x.written_at",
        plain=_own("version", "effective_from", "written_by"),
        sealed=_own("overrides", "note", "written_by_name"),
        documents=frozenset({"overrides"}),
        opened=True,
    ),
    Source(
        name="role_change",
        rows=f"{name_of(RoleChange)} x",
        at="x.changed_at",
        plain=_own("entry_id", "staff_id", "given", "taken", "from_unit_id", "to_unit_id", "changed_by"),
        sealed=_own("changed_by_name"),
        opened=True,
    ),
)
NAMED = {source.name: source for source in SOURCES}


def selected(source: Source) -> str:
    """SQL: the rows as they are sequenced, without their condition."""
    columns = {f"p_{name}": sql for name, sql in source.plain.items()} | {
        f"s_{name}": sql for name, sql in source.sealed.items()
    }
    named = ", ".join(f"{sql} as {name}" for name, sql in columns.items())
    return f"select x.id as source_id, {source.at} as at, {source.customer} as customer, {named} from {source.rows}"


def leaf_of(source: Source, row: Mapping[str, Any], sealed: Mapping[str, str]) -> dict[str, Any]:
    """The leaf of a row, whose other values stand in it as these commitments."""
    return {
        "kind": source.name,
        "id": str(row["source_id"]),
        "at": told(row["at"]),
        "customer": told(row["customer"]),
        "plain": {name: told(row[f"p_{name}"]) for name in source.plain},
        "sealed": dict(sealed),
    }


def values_of(source: Source, row: Mapping[str, Any]) -> dict[str, Any]:
    """What is committed to, by name."""
    return {
        name: document(row[f"s_{name}"]) if name in source.documents else told(row[f"s_{name}"])
        for name in source.sealed
    }


def document(text: str | None) -> str:
    """JSON as one text, written in the one way that RFC 8785 allows."""
    return canonical(msgspec.json.decode(text)).decode() if text is not None else ""


def told(value: Any) -> Any:
    """As it stands in JSON: moments in UTC to the microsecond, ids and days as texts."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [told(each) for each in value]
    return value
