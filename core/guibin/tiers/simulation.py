"""Simulating a scheme: who would move, by how much, before anything takes effect. Changes nobody."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.policies.bounds import too_large
from guibin.policy.criteria import VALUE_SCORE
from guibin.policy.hotline import HotlinePolicy
from guibin.policy.packs import Policy
from guibin.policy.settings import Setting, settled
from guibin.policy.tiers import TierScheme
from guibin.policy.validation import validate
from guibin.policy.words import Code, CodeIfAny, Line
from guibin.profiles.queries import customer_named
from guibin.sealing.seeing import AMOUNTS, is_clear
from guibin.web.paging import page_of, read
from guibin_tenants.refusals import FieldError, Invalid

from .assessment import AssessmentView, MoveCount, assessable, refuse_partial_view
from .bulk import fetch_all
from .figures import assessment_sql
from .judging import COMPARED, HELD_THEN, Filled
from .moves import Move

Against = Literal["held", "policy"]


class NewSimulation(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`as_of` is the first day whose facts no longer count, today by default; `known_at` takes facts as known then.

    `proposal` is the scheme changed, `settings` are figures changed; neither, the scheme as it is. `against` compares
    with the tiers `held` on that day, or with what the scheme of the `policy` says of the same facts. Movers come in
    pages, by customer; of them `move`, `held` and `becomes` name some.
    """

    scheme: CodeIfAny
    as_of: date | None = None
    known_at: Annotated[datetime, Meta(tz=True)] | None = None
    proposal: TierScheme | None = None
    settings: Annotated[list[Setting], Meta(max_length=100)] = []
    against: Against = "held"
    move: Move | None = None
    held: Code | None = None
    becomes: Code | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Line | None = None


class Mover(Struct, frozen=True):
    """A customer who would move: `steps` up (above 0) or down the scheme's tiers, none being the lowest step of all; without figures
    for whoever does not see amounts."""

    customer_id: UUID
    number: str
    held: str | None
    becomes: str | None
    move: Move
    steps: int
    value_score: int | None
    measures: dict[str, int | None]


class Population(Struct, frozen=True):
    """How many are in a tier before and after; `tier` None is outside all of them."""

    tier: str | None
    before: int
    after: int


class SimulationView(Struct, frozen=True):
    """What would happen: how many judged, how many rise and fall, tier by tier, and who. `next` continues the movers."""

    scheme: str
    as_of: date
    known_at: datetime
    against: Against
    policy_version: int
    customers: int
    up: int
    down: int
    moves: tuple[MoveCount, ...]
    populations: tuple[Population, ...]
    movers: tuple[Mover, ...]
    next: str | None


# What the scheme in force says of the same facts, in place of what is held.
_AGAINST_POLICY = """
with judged as ({judged}), present as ({present}), outcome as (
  select coalesce(j.customer_id, p.customer_id) as customer_id, coalesce(j.measures, '{{}}') as measures,
    p.tier as held, j.tier as becomes, case
      when p.tier is null and j.tier is null then 'none'
      when p.tier is null then 'start'
      when j.tier is null then 'end'
      when p.tier = j.tier then 'keep'
      when coalesce(array_position({tiers}, j.tier) < array_position({tiers}, p.tier), true) then 'upgrade'
      else 'downgrade' end as move
  from judged j full join present p on p.customer_id = j.customer_id
)
"""

# One pass over the facts gives both the figures and the page of movers.
_ANSWER = f""", tally as (
  select move, held, becomes, count(*)::int as customers from outcome group by 1, 2, 3 order by 1, 2, 3
), movers as (
  select o.customer_id, c.number, o.held, o.becomes, o.move, o.measures from outcome o
  {customer_named("c", "o.customer_id")}
  where o.held is distinct from o.becomes and ({{after}} is null or o.customer_id > {{after}})
    and ({{move}} is null or o.move = {{move}}) and ({{held}} is null or o.held = {{held}})
    and ({{becomes}} is null or o.becomes = {{becomes}})
  order by o.customer_id limit {{limit}}
)
select coalesce((select jsonb_agg(to_jsonb(t)) from tally t), '[]') as moves,
  coalesce((select jsonb_agg(to_jsonb(m) order by m.customer_id) from movers m), '[]') as movers
"""


class _Row(Struct, frozen=True):
    customer_id: UUID
    number: str
    held: str | None
    becomes: str | None
    move: Move
    measures: dict[str, int | None]


async def simulate(new: NewSimulation, act: Act, *, as_of: date) -> SimulationView:
    """What would happen; changes nobody.

    Raises NotYourAssessment, and Invalid for a scheme that is unknown or contradicts itself or the policy.
    """
    refuse_partial_view(act.by)
    scheme = _scheme(new, act.policy)
    known_at = new.known_at or act.now
    filled = Filled(scheme, as_of, known_at)
    (after,) = read(new.cursor, tuple[UUID]) if new.cursor is not None else (None,)
    sql = _compared(filled, new.against, act.policy) + _ANSWER.format(
        after=filled.place(after, "uuid"),
        limit=filled.place(new.limit + 1, "int"),
        **{name: filled.place(getattr(new, name), "text") for name in ("move", "held", "becomes")},
    )
    (row,) = await fetch_all(sql, *filled.values)
    moves = msgspec.json.decode(row["moves"], type=tuple[MoveCount, ...])
    movers = msgspec.json.decode(row["movers"], type=list[_Row])
    page = page_of(movers, new.limit, lambda row: (row.customer_id,))
    shown = tuple(_mover(row, scheme) for row in page.items)
    await noted(
        "assessment.simulate",
        act,
        subject="assessment",
        customer_ids=tuple(mover.customer_id for mover in shown),
        fields=("tier", "measures"),
        shown=len(shown),
    )
    return SimulationView(
        scheme=scheme.name,
        as_of=as_of,
        known_at=known_at,
        against=new.against,
        policy_version=act.policy.version,
        customers=sum(move.customers for move in moves),
        up=sum(m.customers for m in moves if m.move in ("start", "upgrade")),
        down=sum(m.customers for m in moves if m.move in ("end", "downgrade")),
        moves=moves,
        populations=_populations(moves, scheme),
        movers=shown,
        next=page.next,
    )


async def dry_run(scheme: TierScheme, act: Act, *, as_of: date, known_at: datetime) -> AssessmentView:
    """An assessment that is not written: the figures only. Raises as `simulate`."""
    new = NewSimulation(scheme=scheme.name, known_at=known_at, proposal=scheme, limit=1)
    view = await simulate(new, act, as_of=as_of)
    return AssessmentView(
        id=None,
        scheme=scheme.name,
        as_of=as_of,
        known_at=known_at,
        policy_version=act.policy.version,
        customers=view.customers,
        moves=view.moves,
    )


def _scheme(new: NewSimulation, policy: Policy) -> TierScheme:
    given = new.proposal or next((s for s in policy.schemes if s.name == new.scheme), None)
    if given is None:
        return assessable(policy, new.scheme)
    if given.name != new.scheme:
        raise Invalid.at("proposal.name", f"as scheme says: {new.scheme}", value=given.name[:60])
    large = too_large(given, field="proposal")
    if large:
        raise Invalid("The proposed scheme cannot be simulated", fields=tuple(large))
    settings = _settings(policy, new.settings)
    schemes = (*(s for s in policy.schemes if s.name != given.name), given)
    # What members have is not what is asked: a proposal may leave a tier out that has rights today.
    changed = msgspec.structs.replace(
        policy,
        settings=settings,
        schemes=tuple(msgspec.structs.replace(scheme, consequences=()) for scheme in schemes),
        entitlements=(),
        head_starts=(),
        invitations=(),
        relationships=(),
        hotline=HotlinePolicy(),
    )
    # A tier, metric or setting of a proposal has no title yet, and needs none to be simulated.
    problems = [p for p in validate(changed) if p.path != "texts"]
    if problems:
        fields = tuple(FieldError(f"proposal.{p.path}", p.rule, p.fix, p.value) for p in problems)
        raise Invalid("The proposed scheme cannot be simulated", fields=fields)
    assessable(changed, given.name)
    return settled(given, settings)


def _settings(policy: Policy, given: Sequence[Setting]) -> tuple[Setting, ...]:
    return tuple({setting.name: setting for setting in (*policy.settings, *given)}.values())


def _compared(filled: Filled, against: Against, policy: Policy) -> str:
    if against == "held":
        return COMPARED.format(**filled.places(holding=HELD_THEN))
    present = assessment_sql(assessable(policy, filled.scheme.name), first=len(filled.values) + 1)
    filled.values.extend(present.values)
    tiers = filled.place([tier.name for tier in filled.scheme.tiers], "text[]")
    return _AGAINST_POLICY.format(judged=filled.judged, present=present.sql, tiers=tiers)


def _mover(row: _Row, scheme: TierScheme) -> Mover:
    measures = row.measures if is_clear(AMOUNTS) else {}
    return Mover(
        customer_id=row.customer_id,
        number=row.number,
        held=row.held,
        becomes=row.becomes,
        move=row.move,
        steps=scheme.rank(row.becomes) - scheme.rank(row.held),
        value_score=measures.get(VALUE_SCORE),
        measures=measures,
    )


def _populations(moves: Sequence[MoveCount], scheme: TierScheme) -> tuple[Population, ...]:
    gone = sorted({m.held for m in moves if m.held and scheme.tier(m.held) is None})
    names: list[str | None] = [*(tier.name for tier in scheme.tiers), *gone, None]
    return tuple(
        Population(
            name,
            before=sum(m.customers for m in moves if m.held == name),
            after=sum(m.customers for m in moves if m.becomes == name),
        )
        for name in names
    )
