"""The week's sample: settled complaints drawn at random to be called back, serious and special ones always (S07-29)."""

import hashlib
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.names import Period
from guibin.policy.complaints import ComplaintPolicy
from guibin.policy.words import Paragraph
from guibin.profiles.queries import open_archive
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants.refusals import Conflict, NotFound
from guibin_tenants.rows import add_all, given, shown
from guibin_tenants.scope import fetch, fetch_one
from guibin_tenants.tables import new_id

from .actions import reopen, workable
from .intake import receive
from .levels import FOLLOW_UP, SUBJECT
from .refusals import TooLateToReopen
from .requests import NewComplaint
from .tables import ComplaintFollowUp, FollowUpOutcome


class FollowedUp(Conflict):
    """The complaint has been followed up already."""


class NewFollowUp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the customer says when called back once more."""

    outcome: FollowUpOutcome
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
    outcome: FollowUpOutcome | None
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
    """Draw from the complaints resolved in the period, at least one if there are any; how many are new. Whoever has the
    complaint owes the call, within a time. Nobody calls a customer back whose archive has ended (S07-35).

    The seed is the period's name and the order that of its hash with the complaint's id: drawing again draws the same.
    """
    serious = {level.name for level in policy.levels if level.always_follow_up}
    rows = await fetch(
        "select distinct c.id, c.level, c.special from complaint_resolution r"
        " join complaint c on c.tenant_id = r.tenant_id and c.id = r.complaint_id"
        f" where r.resolved_at >= $1 and r.resolved_at < $2 and (c.customer_id is null or {open_archive('c')})",
        period.starts_at,
        period.ends_at,
    )
    always = {row["id"] for row in rows if row["special"] or row["level"] in serious}
    others = sorted((row["id"] for row in rows if row["id"] not in always), key=lambda one: _drawn(period.name, one))
    count = max(1, -(-len(others) * policy.sample_percent // 100)) if others and policy.sample_percent else 0
    drawn = [(one, "always") for one in always] + [(one, "random") for one in others[:count]]
    rows = await fetch(
        "with sampled as (insert into complaint_sample (id, period, complaint_id, why, seed, drawn_at)"
        " select i, $1, c, w, $1, $5 from unnest($2::uuid[], $3::uuid[], $4::text[]) as d (i, c, w)"
        " on conflict (tenant_id, period, complaint_id) do nothing returning complaint_id) select c.id, c.number, c.customer_id,"
        " c.level, coalesce(c.handler_id, c.owner_id) as staff_id, (select count(*)::int from complaint_sample s where"
        " s.tenant_id = c.tenant_id and s.complaint_id = c.id) as earlier from sampled d join complaint c on c.id = d.complaint_id",
        period.name,
        [new_id() for _ in drawn],
        [one for one, _ in drawn],
        [why for _, why in drawn],
        now,
    )
    for row in rows:
        await _owe(row, policy, now=now)
    return len(rows)


async def _owe(row: asyncpg.Record, policy: ComplaintPolicy, *, now: datetime) -> None:
    case, level = Case(SUBJECT, row["id"], row["customer_id"]), policy.level(row["level"]) or policy.levels[0]
    terms = level.terms(policy.follow_up_within, clause="S07-29")
    await sla.start(NewTimer(case, FOLLOW_UP, terms, now, occurrence=row["earlier"] + 1))
    notice = Notice("follow_up_owed", case, staff_ids=(row["staff_id"],), details={"number": row["number"]})
    await notify(notice, key=f"follow_up_owed/{row['id']}/{row['earlier']}", now=now)


async def samples(period: str) -> list[SampleView]:
    """The week's sample: what is still to be called first."""
    order = "order by f.called_at nulls first, s.why, c.number"
    return shown(SampleView, await fetch(f"{_SAMPLE} where s.period = $1 {order}", period))


async def follow_up(sample_id: UUID, new: NewFollowUp, act: Act) -> SampleView:
    """Put the call on record; whoever is not satisfied has the complaint taken up again, or another where it is too late for
    that (S07-29). Raises NotFound, FollowedUp, Recused.
    """
    row = await fetch_one(f"{_SAMPLE} where s.id = $1", sample_id)
    if row is None:
        raise NotFound(f"There is no drawn complaint {sample_id}")
    if not await add_all(ComplaintFollowUp, act, [given(new) | {"sample_id": sample_id}], unless=("sample_id",)):
        raise FollowedUp(f"Complaint {row['number']} in {row['period']}")
    case = Case(SUBJECT, row["complaint_id"], row["customer_id"])
    await sla.complete_if_any(case.id, FOLLOW_UP, at=act.now, now=act.now)
    await done("follow_up", case, act)
    if new.outcome == "not_satisfied":
        await _take_up_again(case.id, new.comment, act)
    return next(sample for sample in await samples(row["period"]) if sample.id == sample_id)


async def follow_up_of(complaint_id: UUID, new: NewFollowUp, act: Act) -> SampleView:
    """As `follow_up`, of the latest time that the complaint was drawn. Raises NotFound, FollowedUp, Recused."""
    rows = await fetch(f"{_SAMPLE} where s.complaint_id = $1 order by s.drawn_at desc, s.id desc limit 1", complaint_id)
    if not rows:
        raise NotFound(f"Complaint {complaint_id} is in no sample")
    return await follow_up(rows[0]["id"], new, act)


async def _take_up_again(complaint_id: UUID, said: str, act: Act) -> None:
    complaint = await workable(complaint_id, act)
    if complaint["state"] in ("open", "waiting"):
        return
    try:
        await reopen(complaint, act)
    except TooLateToReopen:
        again = NewComplaint(
            text=said or complaint["text"],
            channel=complaint["channel"],
            customer_id=complaint["customer_id"],
            level=complaint["level"],
            follows_id=complaint_id,
        )
        await receive(again, act)


def _drawn(seed: str, complaint_id: UUID) -> bytes:
    return hashlib.sha256(f"{seed}/{complaint_id}".encode()).digest()
