"""Assessing the whole base: one statement judges everybody, compares with what they hold, and says who moves."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.approvals import actions as approvals
from guibin.approvals.actions import Decided
from guibin.audit.actions import AuditNote, record
from guibin.jobs.actions import enqueue
from guibin.policy.compiling import assessment_sql
from guibin.policy.packs import Policy
from guibin.policy.tiers import TierScheme
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Conflict, FieldError, Forbidden, Invalid
from guibin_tenants.scope import ALL_UNITS, execute, fetch_one, fetch_value
from guibin_tenants.tables import new_id

from . import consequences
from .bulk import fetch_all
from .lists import refuse_second_list
from .memberships import lock_scheme
from .moves import AnnounceMoves, Move, apply_moves

Progress = Callable[[str], None]


class NotYourAssessment(Forbidden):
    """One standard for the whole company: an outlet does not assess its own customers (S02-4)."""

    kind = "not-your-assessment"
    title = "Only the head office assesses"


class BeforeLastAssessment(Conflict):
    """A later assessment is in effect. An earlier day can be simulated, not applied."""

    kind = "before-last-assessment"
    title = "A later assessment of this scheme is in effect"


class MoveCount(Struct, frozen=True):
    """So many customers make this move from the tier `held` to the tier they have then."""

    move: Move
    held: str | None
    becomes: str | None
    customers: int


class AssessmentView(Struct, frozen=True):
    """One assessment. `id` is None for a simulation; `applied_at` is None while the list waits for its approval."""

    id: UUID | None
    scheme: str
    as_of: date
    known_at: datetime
    policy_version: int
    customers: int
    moves: tuple[MoveCount, ...]
    applied_at: datetime | None = None
    approval_id: UUID | None = None


# A customer's figures against what they hold. `$1` as of, `$2` known at; the rest is numbered by `_Numbered`.
# An exception that still runs is not touched, yet the row says what the figures would have earned.
COMPARED = """
with judged as ({judged}), compared as (
  select j.customer_id, j.tier, j.measures, m.tier as held,
    array_position({tiers}, j.tier) as earned, array_position({tiers}, m.tier) as has,
    m.basis = 'exception' and coalesce(m.expires_on > $1::date, true) as locked,
    {voluntary} and coalesce((select s.answer from consent s where s.customer_id = j.customer_id
      and s.purpose = {scheme} and s.recorded_at <= $2::timestamptz order by s.recorded_at desc, s.id desc limit 1
    ), '') <> 'granted' as unwilling,
    {grace_days} > 0 and not exists (select from grace_period g where g.tenant_id = m.tenant_id
      and g.membership_id = m.id and g.lifted_on is null and g.until_on <= $1::date) as in_grace
  from judged j left join membership m on m.customer_id = j.customer_id and m.scheme = {scheme} and {holding}
), moved as (
  select customer_id, tier, measures, held, case
    when held is null and tier is null then 'none'
    when held is null and unwilling then 'no_consent'
    when held is null then 'start'
    when unwilling then 'end'
    when locked then 'locked'
    when tier = held then 'keep'
    when tier is not null and (has is null or earned < has) then 'upgrade'
    when in_grace then 'grace'
    when tier is null then 'end'
    else 'downgrade' end as move
  from compared where held is not null or tier is not null or jsonb_strip_nulls(measures) <> '{{}}'
), outcome as (
  select customer_id, tier, measures, held, move,
    case when move in ('start', 'upgrade', 'downgrade') then tier
      when move in ('keep', 'grace', 'locked') then held end as becomes
  from moved
)
"""

_TALLY = "select move, held, becomes, count(*)::int as customers from {source} group by 1, 2, 3 order by 1, 2, 3"
_ASSESS = (
    COMPARED.rstrip()
    + """, written as (
  insert into assessment_result (id, assessment_id, customer_id, tier, held, becomes, move, clause, measures)
  select gen_random_uuid(), {assessment}, customer_id, tier, held, becomes, move,
    coalesce(({clauses})[array_position({tiers}, tier)], ''), measures
  from outcome returning move, held, becomes
)
"""
    + _TALLY.format(source="written")
)
# What lasts now is what an assessment changes; a simulation compares with what lasted on its day.
_HELD_NOW = "m.ends_on is null"
HELD_THEN = (
    "m.starts_on <= $1::date and (m.ends_on is null or m.ends_on > $1::date)"
    " and (m.ends_on is null or m.ends_on > m.starts_on)"
)


async def assess(
    scheme_name: str,
    *,
    as_of: date,
    policy: Policy,
    by: Principal,
    now: datetime,
    progress: Progress = lambda _: None,
) -> AssessmentView:
    """Assess everybody under a scheme from the facts before `as_of`, and put the moves into effect on that day.

    Where the scheme's list needs approval, they wait for it (S04-2). Raises NotYourAssessment, BeforeLastAssessment,
    ListFixed, and Invalid for an unknown scheme or one that is given by application only.
    """
    scheme = assessable(policy, scheme_name)
    refuse_partial_view(by)
    await lock_scheme(scheme.name)
    await _refuse_before_last(scheme.name, as_of)
    await refuse_second_list(scheme, as_of=as_of)
    assessment_id = new_id()
    await execute(
        "insert into assessment (id, scheme, as_of, known_at, policy_version, policy, customers, assessed_by,"
        " assessed_by_name, recorded_at) values ($1, $2, $3, $4, $5, $6, 0, $7, $8, $4)",
        assessment_id,
        scheme.name,
        as_of,
        now,
        policy.version,
        msgspec.json.encode(scheme).decode(),
        by.id,
        by.name,
    )
    progress("judging every customer")
    moves = await _write_results(assessment_id, scheme, as_of=as_of, known_at=now)
    customers = sum(move.customers for move in moves)
    await execute("update assessment set customers = $2 where id = $1", assessment_id, customers)
    note = AuditNote(action="assessment.run", subject="assessment", subject_id=assessment_id, shown=customers)
    await record(note, by=by, now=now)
    progress(f"{customers} customers judged, {sum(m.customers for m in moves if m.held != m.becomes)} move")
    approval_id = await _put_up(assessment_id, scheme, policy, by, now)
    if approval_id is None:
        await take_effect(assessment_id, now=now)
    return AssessmentView(
        id=assessment_id,
        scheme=scheme.name,
        as_of=as_of,
        known_at=now,
        policy_version=policy.version,
        customers=customers,
        moves=moves,
        applied_at=now if approval_id is None else None,
        approval_id=approval_id,
    )


async def take_effect(assessment_id: UUID, *, now: datetime) -> None:
    """Put the moves into effect on the assessment's day.

    Raises BeforeLastAssessment when a later one is in effect, ListFixed when the period has its list.
    """
    row = await fetch_one("select scheme, as_of, policy from assessment where id = $1 for update", assessment_id)
    assert row is not None, "the caller has just read or written it"
    await lock_scheme(row["scheme"])
    await _refuse_before_last(row["scheme"], row["as_of"])
    scheme = msgspec.json.decode(row["policy"], type=TierScheme)
    await refuse_second_list(scheme, as_of=row["as_of"])
    await apply_moves(
        assessment_id,
        scheme=scheme.name,
        on=row["as_of"],
        grace_until=row["as_of"] + timedelta(days=scheme.grace_days),
        now=now,
    )
    await consequences.bring(assessment_id, scheme, on=row["as_of"], now=now)
    await execute("update assessment set applied_at = $2 where id = $1", assessment_id, now)
    await enqueue(AnnounceMoves(assessment_id=assessment_id), now=now, unique_key=f"announce-moves/{assessment_id}")


@approvals.on_decision("assessment")
async def list_decided(decided: Decided, by: Principal, now: datetime) -> None:
    """An approved list takes effect; a refused one stays on record and changes nobody (S04-2)."""
    if decided.approved:
        await take_effect(decided.subject_id, now=now)


def assessable(policy: Policy, name: str) -> TierScheme:
    """The scheme. Raises Invalid when there is none of the name, or none of its tiers has a criterion."""
    scheme = policy.scheme(name)
    able = tuple(s.name for s in policy.schemes if any(tier.criterion is not None for tier in s.tiers))
    if scheme is None or scheme.name not in able:
        fix = f"one of: {', '.join(able)}" if able else "the policy has none: its tiers are given by application"
        raise Invalid(fields=(FieldError("scheme", "a scheme with criteria", fix, name[:60]),))
    return scheme


async def _write_results(
    assessment_id: UUID, scheme: TierScheme, *, as_of: date, known_at: datetime
) -> tuple[MoveCount, ...]:
    filled = Filled(scheme, as_of, known_at)
    clauses = [tier.clause or scheme.clause for tier in scheme.tiers]
    sql = _ASSESS.format(
        **filled.places(holding=_HELD_NOW),
        assessment=filled.place(assessment_id, "uuid"),
        clauses=filled.place(clauses, "text[]"),
    )
    return tuple(msgspec.convert(dict(row), MoveCount) for row in await fetch_all(sql, *filled.values))


class Filled:
    """A statement's values while its places are filled: `$1` the day, `$2` the moment, then the scheme's own."""

    def __init__(self, scheme: TierScheme, as_of: date, known_at: datetime) -> None:
        self.scheme = scheme
        judged = assessment_sql(scheme)
        self.judged = judged.sql
        self.values: list[Any] = [as_of, known_at, *judged.values]

    def place(self, value: Any, cast: str) -> str:
        """The parameter that holds the value."""
        self.values.append(value)
        return f"${len(self.values)}::{cast}"

    def places(self, *, holding: str) -> dict[str, str]:
        """What `COMPARED` asks for; `holding` says which memberships it compares with."""
        return {
            "judged": self.judged,
            "holding": holding,
            "tiers": self.place([tier.name for tier in self.scheme.tiers], "text[]"),
            "voluntary": self.place(self.scheme.voluntary, "boolean"),
            "scheme": self.place(self.scheme.name, "text"),
            "grace_days": self.place(self.scheme.grace_days, "int"),
        }


async def _put_up(assessment_id: UUID, scheme: TierScheme, policy: Policy, by: Principal, now: datetime) -> UUID | None:
    if not scheme.list_approval:
        return None
    flow = policy.approval(scheme.list_approval)
    if flow is None:
        rule = "an approval flow of the policy"
        raise Invalid(fields=(FieldError("scheme.list_approval", rule, "add it to the policy", scheme.list_approval),))
    return await approvals.ask("assessment", assessment_id, flow=flow, by=by, now=now, note=scheme.name)


def refuse_partial_view(by: Principal) -> None:
    """Raises NotYourAssessment unless the caller sees the whole company."""
    if by.units != ALL_UNITS:
        raise NotYourAssessment()


async def _refuse_before_last(scheme: str, as_of: date) -> None:
    last = await fetch_value("select max(as_of) from assessment where scheme = $1 and applied_at is not null", scheme)
    if last is not None and as_of < last:
        raise BeforeLastAssessment(f"{scheme} was assessed as of {last}: simulate {as_of} instead (dry_run)")
