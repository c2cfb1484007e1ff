"""A tier and a deadline computed again from what is stored."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.policy.tiers import TierScheme
from guibin.sla import calendars
from guibin.sla import queries as sla
from guibin.sla.plans import ClockRecord, planned
from guibin.tiers import queries as tiers
from guibin.tiers.explaining import Basis, judge
from guibin.tiers.figures import assessment_sql
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one, fetch_value

from .replays import Cause, Replay


class _Judged(Struct, frozen=True):
    tier: str
    measures: dict[str, int | None]


async def membership(membership_id: UUID, act: Act) -> Replay | None:
    """A tier; None where people gave it, by an approval. Raises NotFound."""
    held = await fetch_one("select customer_id, basis_id from membership where id = $1", membership_id)
    if held is None:
        raise NotFound(f"There is no membership {membership_id}")
    basis = await tiers.basis_of(held["customer_id"], held["basis_id"]) if held["basis_id"] else None
    return await _assessed(held["customer_id"], basis, act) if basis is not None else None


async def deadline(timer_id: UUID, act: Act) -> Replay:
    """When it falls due, and when it did at every moment before. Raises NotFound."""
    timer = await sla.LISTED.one(timer_id)
    clock = await fetch_value("select clock from timer where id = $1", timer_id)
    moved = await fetch(
        "select clock_before, due_before from timer_change where timer_id = $1 and due_before is not null order by changed_at",
        timer_id,
    )
    then = await _due(clock)
    record = msgspec.json.decode(clock, type=ClockRecord)
    newest = await calendars.in_force(record.counts_by)
    now = planned(record, newest.calendar).due_at
    before = [await _due(row["clock_before"]) == row["due_before"] for row in moved]
    same = then == timer.due_at and all(before)
    because = [] if same else [Cause("changed")]
    if now != timer.due_at and newest.version != record.calendar_version:
        because.append(Cause("calendar", (record.counts_by, str(newest.version))))
    return Replay(
        decided=timer.due_at.isoformat(), then=then.isoformat(), now=now.isoformat(), same=same, because=because
    )


async def _due(clock: str) -> datetime:
    record = msgspec.json.decode(clock, type=ClockRecord)
    return planned(record, await calendars.of_version(record.counts_by, record.calendar_version)).due_at


async def _assessed(customer_id: UUID, basis: Basis, act: Act) -> Replay:
    known_at = await fetch_value(
        "select coalesce((select known_at from assessment where id = $1), (select appraised_at from appraisal where id = $1))",
        basis.assessment_id,
    )
    then = await _judged(customer_id, basis.scheme, basis.as_of, known_at)
    decided = basis.tier or ""
    if then is None:
        by_figures = judge(basis.scheme, basis.figures.measures, basis.figures.kind)
        again = by_figures.name if by_figures else ""
        return Replay(decided=decided, then=again, now=again, same=again == decided, because=[Cause("closed")])
    same = (then.tier, then.measures) == (decided, basis.figures.measures)
    facts = await _judged(customer_id, basis.scheme, basis.as_of, act.now) or then
    scheme = act.policy.scheme(basis.scheme.name)
    now = await _judged(customer_id, scheme, basis.as_of, act.now) if scheme is not None else None
    because = [] if same else [Cause("changed", _differing(basis.figures.measures, then.measures))]
    if facts != then:
        because.append(Cause("corrected", _differing(then.measures, facts.measures)))
    if scheme != basis.scheme:
        because.append(Cause("policy", (str(basis.policy_version), str(act.policy.version))))
    return Replay(decided=decided, then=then.tier, now=now.tier if now else "", same=same, because=because)


async def _judged(customer_id: UUID, scheme: TierScheme, as_of: date, known_at: datetime) -> _Judged | None:
    statement = assessment_sql(scheme, only=customer_id)
    row = await fetch_one(statement.sql, as_of, known_at, *statement.values)
    if row is None:
        return None
    return _Judged(row["tier"] or "", msgspec.json.decode(row["measures"], type=dict[str, int | None]))


def _differing(one: dict[str, int | None], other: dict[str, int | None]) -> tuple[str, ...]:
    return tuple(sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)))
