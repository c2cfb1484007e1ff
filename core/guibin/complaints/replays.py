"""Last quarter's complaints judged anew by another policy: other keywords, levels and limits. Changes none of them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.periods.days import local_day
from guibin.policy import clocks
from guibin.policy.calendars import Calendar
from guibin.policy.complaints import ComplaintPolicy
from guibin.policy.packs import Policy
from guibin.policy_changes.effects import DAYS, LevelReplayed, MovedComplaint, Replayed
from guibin.sla import calendars
from guibin.sla.plans import ClockRecord, clock_of
from guibin.tiers.queries import current_tiers
from guibin_tenants.rows import read
from guibin_tenants.scope import fetch_value

from .figures import CLOCK, TAKEN_IN

# So many, the latest first: each limit is worked out by its calendar.
REPLAYED_MAX, NAMED_MAX = 5_000, 50
_RECEIVED = f"from complaint c {CLOCK} where {TAKEN_IN} and c.received_at >= $1 and c.received_at < $2"


class _Past(Struct, frozen=True):
    id: UUID
    number: str
    customer_id: UUID | None
    level: str
    text: str
    clock: ClockRecord
    completed_at: datetime | None


class _Judged(Struct, frozen=True):
    level: str
    late: bool


class _Judge(Struct, frozen=True):
    policy: ComplaintPolicy
    known: dict[str, Calendar]
    now: datetime

    def of(self, past: _Past, level: str, tiers: Collection[str]) -> _Judged:
        """The level, the default where the policy has it no more, and whether its limit was kept."""
        found = self.policy.level(level) or self.policy.level(self.policy.default_level)
        assert found is not None, "a policy without its default level is refused"
        terms = found.terms(found.within(tiers), clause=found.clause)
        record = ClockRecord(
            terms=terms,
            calendar_version=past.clock.calendar_version,
            started_at=past.clock.started_at,
            pauses=past.clock.pauses,
            own_calendar=past.clock.own_calendar if terms.calendar == past.clock.terms.calendar else "",
        )
        due = clocks.due_at(clock_of(record), self.known[record.counts_by])
        return _Judged(found.name, (past.completed_at or self.now) > due)


async def replayed(before: Policy, after: Policy, act: Act) -> Replayed:
    """How many get another level by the keywords, and how many would have been late by the limits of the one policy and the
    other. What somebody gave another level than the keywords did keeps it. What packs suggest is left out."""
    since = act.now - timedelta(days=DAYS)
    past = await read(
        _Past,
        f"select c.id, c.number, c.customer_id, c.level, c.text, t.clock, t.completed_at {_RECEIVED}"
        f" order by c.received_at desc, c.id limit {REPLAYED_MAX}",
        since,
        act.now,
    )
    counted = await fetch_value(f"select count(*) {_RECEIVED}", since, act.now)
    known = {one.calendar.name: one.calendar for one in await calendars.all_in_force()}
    tiers = await current_tiers([one.customer_id for one in past if one.customer_id], on=act.today)
    was, becomes = (_Judge(policy.complaints, known, act.now) for policy in (before, after))
    pairs = []
    for one in past:
        held = tiers.get(one.customer_id, {}).values() if one.customer_id else ()
        given = one.level != before.complaints.suggested(one.text)
        level = one.level if given else after.complaints.suggested(one.text)
        pairs.append((was.of(one, one.level, held), becomes.of(one, level, held)))
    zone = act.company.time_zone
    return Replayed(
        since=local_day(since, zone),
        until=local_day(act.now, zone),
        complaints=len(pairs),
        more=counted - len(pairs),
        moved=sum(old.level != new.level for old, new in pairs),
        late_before=sum(old.late for old, _ in pairs),
        late_after=sum(new.late for _, new in pairs),
        levels=_by_level(pairs, (before.complaints, after.complaints)),
        moved_complaints=tuple(
            MovedComplaint(
                id=one.id,
                number=one.number,
                before=old.level,
                after=new.level,
                late_before=old.late,
                late_after=new.late,
            )
            for one, (old, new) in zip(past, pairs, strict=True)
            if old.level != new.level
        )[:NAMED_MAX],
    )


def _by_level(
    pairs: Sequence[tuple[_Judged, _Judged]], policies: tuple[ComplaintPolicy, ComplaintPolicy]
) -> tuple[LevelReplayed, ...]:
    names = dict.fromkeys(level.name for policy in policies for level in policy.levels)
    return tuple(
        LevelReplayed(
            level=name,
            before=sum(old.level == name for old, _ in pairs),
            after=sum(new.level == name for _, new in pairs),
            late_before=sum(old.level == name and old.late for old, _ in pairs),
            late_after=sum(new.level == name and new.late for _, new in pairs),
        )
        for name in names
    )
