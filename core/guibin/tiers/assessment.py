"""Assessing the whole base: one statement judges everybody, compares with what they hold, and says who moves."""

from collections.abc import Callable
from collections.abc import Mapping as Table
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin import events
from guibin.approvals import actions as approvals
from guibin.approvals.actions import Decided
from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.events import AssessmentDone, at_once
from guibin.hookspecs import Proposal
from guibin.jobs.actions import enqueue
from guibin.packs import Hooks
from guibin.policy.packs import Policy
from guibin.policy.tiers import TierScheme
from guibin.profiles.queries import customer_named
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Conflict, Forbidden, Invalid
from guibin_tenants.rows import add, change, locked, read
from guibin_tenants.scope import ALL_UNITS, fetch_value

from .bulk import fetch_all
from .judging import COMPARED, HELD_NOW, Filled
from .lists import refuse_second_list
from .memberships import lock_scheme
from .moves import AnnounceMoves, Move, apply_moves, bring
from .tables import Assessment

Progress = Callable[[str], None]


class NotYourAssessment(Forbidden):
    """Only the head office assesses. One standard for the whole company (S02-4)."""


class BeforeLastAssessment(Conflict):
    """A later assessment of this scheme is in effect. An earlier day can be simulated, not applied."""


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


_TALLY = "select move, held, becomes, count(*)::int as customers from {source} group by 1, 2, 3 order by 1, 2, 3"
_ASSESS = (
    COMPARED.rstrip()
    + """, decided as ({decided}), written as (
  insert into assessment_result (id, assessment_id, customer_id, tier, held, becomes, move, clause, measures, objection)
  select gen_random_uuid(), {assessment}, customer_id, tier, held, becomes, move,
    coalesce(({clauses})[array_position({tiers}, tier)], ''), measures, objection
  from decided returning move, held, becomes
)
"""
    + _TALLY.format(source="written")
)
_NOBODY_OBJECTS = "select *, null::text as objection from outcome"
# Whoever a pack objects to keeps what is held, and the row says why.
_SOME_OBJECT = """
  select o.customer_id, o.tier, o.measures, o.held, case when x.customer_id is null then o.move else 'objected' end as move,
    case when x.customer_id is null then o.becomes else o.held end as becomes, x.objection
  from outcome o left join unnest({customers}, {sentences}) as x (customer_id, objection) on x.customer_id = o.customer_id
"""


async def assess(scheme_name: str, act: Act, *, as_of: date, progress: Progress = lambda _: None) -> AssessmentView:
    """Assess everybody under a scheme from the facts before `as_of`, and put the moves into effect on that day.

    Where the scheme's list needs approval, they wait for it (S04-2). Whom a pack objects to keeps what is held.
    Raises NotYourAssessment, BeforeLastAssessment, ListFixed, and Invalid for an unknown scheme or one that is given by application only.
    """
    scheme = assessable(act.policy, scheme_name)
    refuse_partial_view(act.by)
    await lock_scheme(scheme.name)
    await _refuse_before_last(scheme.name, as_of)
    await refuse_second_list(scheme, as_of=as_of)
    assessment_id = await add(
        Assessment,
        act,
        scheme=scheme.name,
        as_of=as_of,
        known_at=act.now,
        policy_version=act.policy.version,
        policy=scheme,
        recorded_at=act.now,
    )
    progress("judging every customer")
    moves = await _write_results(assessment_id, scheme, act, as_of=as_of)
    customers = sum(move.customers for move in moves)
    await change(Assessment, assessment_id, customers=customers)
    await done("run", Case("assessment", assessment_id), act, shown=customers)
    progress(f"{customers} customers judged, {sum(m.customers for m in moves if m.held != m.becomes)} move")
    approval_id = await _put_up(assessment_id, scheme, act)
    if approval_id is None:
        await take_effect(assessment_id, now=act.now)
    return AssessmentView(
        id=assessment_id,
        scheme=scheme.name,
        as_of=as_of,
        known_at=act.now,
        policy_version=act.policy.version,
        customers=customers,
        moves=moves,
        applied_at=act.now if approval_id is None else None,
        approval_id=approval_id,
    )


async def take_effect(assessment_id: UUID, *, now: datetime) -> None:
    """Put the moves into effect on the assessment's day.

    Raises BeforeLastAssessment when a later one is in effect, ListFixed when the period has its list.
    """
    row = await locked(Assessment, assessment_id)
    await lock_scheme(row["scheme"])
    await _refuse_before_last(row["scheme"], row["as_of"])
    scheme = msgspec.json.decode(row["policy"], type=TierScheme)
    await refuse_second_list(scheme, as_of=row["as_of"])
    await apply_moves(assessment_id, scheme, on=row["as_of"], now=now)
    await bring(assessment_id, scheme, on=row["as_of"], now=now)
    await change(Assessment, assessment_id, applied_at=now)
    await enqueue(AnnounceMoves(assessment_id=assessment_id), now=now, unique_key=f"announce-moves/{assessment_id}")
    told = AssessmentDone(assessment_id, row["scheme"], row["customers"] or 0, row["as_of"])
    await events.record(told, now=now)


@at_once(Decided, about="assessment")
async def list_decided(decided: Decided, act: Act) -> None:
    """An approved list takes effect; a refused one stays on record and changes nobody (S04-2)."""
    if decided.approved:
        await take_effect(decided.subject_id, now=act.now)


async def moves_of(assessment_id: UUID) -> list[MoveCount]:
    """How many, of those in sight, make which move by the assessment."""
    return await read(MoveCount, _TALLY.format(source="assessment_result where assessment_id = $1"), assessment_id)


def is_assessable(scheme: TierScheme) -> bool:
    """Whether any of its tiers has a criterion; otherwise all are given by application."""
    return any(tier.criterion is not None for tier in scheme.tiers)


def assessable(policy: Policy, name: str) -> TierScheme:
    """The scheme. Raises Invalid when there is none of the name, or none of its tiers has a criterion."""
    scheme = policy.scheme(name)
    able = tuple(s.name for s in policy.schemes if is_assessable(s))
    if scheme is None or scheme.name not in able:
        fix = f"one of: {', '.join(able)}" if able else "the policy has none: its tiers are given by application"
        raise Invalid.at("scheme", "a scheme with criteria", fix, name[:60])
    return scheme


async def _write_results(assessment_id: UUID, scheme: TierScheme, act: Act, *, as_of: date) -> tuple[MoveCount, ...]:
    sentences = await objected(Filled(scheme, as_of, act.now), hooks=act.hooks, as_of=as_of)
    filled = Filled(scheme, as_of, act.now)
    clauses = [tier.clause or scheme.clause for tier in scheme.tiers]
    sql = _ASSESS.format(
        **filled.places(holding=HELD_NOW),
        assessment=filled.place(assessment_id, "uuid"),
        clauses=filled.place(clauses, "text[]"),
        decided=_decided(filled, sentences),
    )
    return tuple(msgspec.convert(dict(row), MoveCount) for row in await fetch_all(sql, *filled.values))


def _decided(filled: Filled, sentences: Table[UUID, str]) -> str:
    if not sentences:
        return _NOBODY_OBJECTS
    return _SOME_OBJECT.format(
        customers=filled.place(list(sentences), "uuid[]"), sentences=filled.place(list(sentences.values()), "text[]")
    )


async def _put_up(assessment_id: UUID, scheme: TierScheme, act: Act) -> UUID | None:
    if not scheme.list_approval:
        return None
    flow = act.policy.approval(scheme.list_approval)
    if flow is None:
        rule = "an approval flow of the policy"
        raise Invalid.at("scheme.list_approval", rule, "add it to the policy", scheme.list_approval)
    return await approvals.ask(Case("assessment", assessment_id), act, flow=flow, note=scheme.name)


def refuse_partial_view(by: Principal) -> None:
    """Raises NotYourAssessment unless the caller sees the whole company."""
    if by.units != ALL_UNITS:
        raise NotYourAssessment()


async def _refuse_before_last(scheme: str, as_of: date) -> None:
    last = await fetch_value("select max(as_of) from assessment where scheme = $1 and applied_at is not null", scheme)
    if last is not None and as_of < last:
        raise BeforeLastAssessment(f"{scheme} was assessed as of {last}: simulate {as_of} instead (dry_run)")


_WOULD_START = (
    COMPARED.rstrip()
    + f"""
select o.customer_id, o.tier, o.held, o.move, o.measures, c.kind from outcome o
{customer_named("c", "o.customer_id")}
where o.move in ('start', 'upgrade') order by o.customer_id
"""
)


async def objected(filled: Filled, *, hooks: Hooks, as_of: date) -> dict[UUID, str]:
    """The packs' and scripts' sentences by customer: whoever they object to keeps what is held. Empty where none has the hook.

    The figures stand in the proposal's details as `measure.<name>`. Raises HookFailed.
    """
    if not await hooks.has("objections"):
        return {}
    rows = await fetch_all(_WOULD_START.format(**filled.places(holding=HELD_NOW)), *filled.values)
    sentences_of = {}
    for row in rows:
        measures = msgspec.json.decode(row["measures"], type=dict[str, int | None])
        details: dict[str, str | int | bool | None] = {
            "kind": row["move"],
            "scheme": filled.scheme.name,
            "tier": row["tier"],
            "held": row["held"],
            "customer_kind": row["kind"],
            "as_of": str(as_of),
            **{f"measure.{name}": value for name, value in measures.items()},
        }
        sentences = await hooks.objections(Proposal("assessment", row["customer_id"], details))
        if sentences:
            sentences_of[row["customer_id"]] = "; ".join(sentences)
    return sentences_of
