"""The week's sample: settled complaints drawn at random to be called back, serious and special ones always (S07-29)."""

import hashlib
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import done
from guibin.context import Act
from guibin.periods.names import Period
from guibin.policy.complaints import ComplaintPolicy
from guibin.policy.words import Paragraph
from guibin.sla.milestones import Case
from guibin_tenants.refusals import Conflict, NotFound
from guibin_tenants.rows import add_all, given, shown
from guibin_tenants.scope import execute, fetch, fetch_one
from guibin_tenants.tables import new_id

from .levels import SUBJECT
from .tables import ComplaintFollowUp


class FollowedUp(Conflict):
    """One follow-up per drawn complaint."""

    kind = "followed-up"
    title = "The complaint has been followed up already"


class NewFollowUp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the customer says when called back once more."""

    outcome: Literal["satisfied", "not_satisfied"]
    comment: Paragraph = ""


class SampleView(Struct, frozen=True, kw_only=True):
    """A complaint to be called back for a week; `outcome` None until that has happened."""

    id: UUID
    period: str
    complaint_id: UUID
    number: str
    level: str
    customer_id: UUID | None
    why: str
    drawn_at: datetime
    outcome: str | None
    comment: str | None
    called_by_name: str | None
    called_at: datetime | None


_SAMPLE = (
    "select s.id, s.period, s.complaint_id, c.number, c.level, c.customer_id, s.why, s.drawn_at, f.outcome, f.comment,"
    " f.called_by_name, f.called_at from complaint_sample s"
    " join complaint c on c.tenant_id = s.tenant_id and c.id = s.complaint_id"
    " left join complaint_follow_up f on f.tenant_id = s.tenant_id and f.sample_id = s.id"
)


async def draw(policy: ComplaintPolicy, period: Period, *, now: datetime) -> int:
    """Draw from the complaints resolved in the period, at least one if there are any; how many are new.

    The seed is the period's name and the order that of its hash with the complaint's id: drawing again draws the same.
    """
    serious = {level.name for level in policy.levels if level.always_follow_up}
    rows = await fetch(
        "select distinct c.id, c.level, c.special from complaint_resolution r"
        " join complaint c on c.tenant_id = r.tenant_id and c.id = r.complaint_id"
        " where r.resolved_at >= $1 and r.resolved_at < $2",
        period.starts_at,
        period.ends_at,
    )
    always = {row["id"] for row in rows if row["special"] or row["level"] in serious}
    others = sorted((row["id"] for row in rows if row["id"] not in always), key=lambda one: _drawn(period.name, one))
    count = max(1, -(-len(others) * policy.sample_percent // 100)) if others and policy.sample_percent else 0
    drawn = [(one, "always") for one in always] + [(one, "random") for one in others[:count]]
    return await execute(
        "insert into complaint_sample (id, period, complaint_id, why, seed, drawn_at)"
        " select i, $1, c, w, $1, $5 from unnest($2::uuid[], $3::uuid[], $4::text[]) as d (i, c, w)"
        " on conflict (tenant_id, period, complaint_id) do nothing",
        period.name,
        [new_id() for _ in drawn],
        [one for one, _ in drawn],
        [why for _, why in drawn],
        now,
    )


async def samples(period: str) -> list[SampleView]:
    """The week's sample: what is still to be called first."""
    order = "order by f.called_at nulls first, s.why, c.number"
    return shown(SampleView, await fetch(f"{_SAMPLE} where s.period = $1 {order}", period))


async def follow_up(sample_id: UUID, new: NewFollowUp, act: Act) -> SampleView:
    """Put the call on record. Raises NotFound, FollowedUp."""
    row = await fetch_one(f"{_SAMPLE} where s.id = $1", sample_id)
    if row is None:
        raise NotFound(f"There is no drawn complaint {sample_id}")
    if not await add_all(ComplaintFollowUp, act, [given(new) | {"sample_id": sample_id}], unless=("sample_id",)):
        raise FollowedUp(f"Complaint {row['number']} in {row['period']}")
    await done("follow_up", Case(SUBJECT, row["complaint_id"], row["customer_id"]), act)
    return next(sample for sample in await samples(row["period"]) if sample.id == sample_id)


def _drawn(seed: str, complaint_id: UUID) -> bytes:
    return hashlib.sha256(f"{seed}/{complaint_id}".encode()).digest()
