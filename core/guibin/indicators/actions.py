"""An outlet asks for an indicator more; approved, it is a new version of the policy (S12-2)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from guibin.approvals import actions as approvals
from guibin.approvals.actions import Decided
from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.events import at_once
from guibin.policies.actions import write_again
from guibin.policies.bounds import too_large
from guibin.policies.queries import FROM_OUTLETS, FromOutlets
from guibin.policy.approvals import ApprovalFlow
from guibin.policy.criteria import Metric
from guibin.policy.indicators import Indicator, with_indicators
from guibin.policy.packs import Policy
from guibin.policy.texts import Text
from guibin.policy.validation import validate
from guibin.policy.words import Code, up_to
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants import org_units
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Conflict, FieldError, Invalid, refuse
from guibin_tenants.rows import add, change, locked, struct_of
from guibin_tenants.scope import fetch, savepoint

from .bounds import INDICATOR_BYTES_MAX, refuse_too_many_indicators
from .tables import ProposedIndicator

_Reason = Annotated[str, up_to(2_000, 1)]
BOUND_MAX = 10**15


class NewIndicator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`metric` with a name the scheme does not have; reaching `at_least` lets customers of `org_unit` into the tier."""

    scheme: Code
    tier: Code
    metric: Metric
    at_least: Annotated[int, Meta(ge=-BOUND_MAX, le=BOUND_MAX)]
    title: Text
    org_unit: Code
    reason: _Reason


class IndicatorEnding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the indicator is given up."""

    reason: _Reason


class IndicatorView(Struct, frozen=True):
    """What an outlet asked for; in force from `decided_at` when `outcome` is approved, until `ended_at`."""

    id: UUID
    indicator: Indicator
    reason: str
    proposed_by_name: str
    proposed_at: datetime
    approval_id: UUID | None
    outcome: str | None
    decided_at: datetime | None
    ended_at: datetime | None
    ended_because: str
    ended_by_name: str


class IndicatorTaken(Conflict):
    """An indicator of this name is in force or waits for its approval."""


class NotInForce(Conflict):
    """The indicator is not in force. It was never approved, or has been given up."""

    kind = "indicator-not-in-force"


async def propose(new: NewIndicator, act: Act) -> IndicatorView:
    """Ask for it under the scheme's flow; nothing changes before it is approved.

    Raises Invalid with every contradiction, and for a scheme with one standard for the whole company; IndicatorTaken, TooManyIndicators.
    """
    unit = await org_units.by_code(new.org_unit)
    if unit is None or not act.by.covers(unit.id):
        raise Invalid.at("org_unit", "the code of an org unit of yours", value=new.org_unit)
    flow = _flow(new, act.policy)
    indicator = Indicator(
        new.scheme, new.tier, replace(new.metric, org_units=()), new.at_least, new.title, new.org_unit
    )
    large = too_large(indicator, field="metric", bytes_max=INDICATOR_BYTES_MAX)
    if large:
        raise Invalid("The indicator cannot be asked for", fields=tuple(large))
    _refuse_contradiction(indicator, act.policy)
    await refuse_too_many_indicators()
    indicator_id = await _write(indicator, new.reason, unit.id, act)
    approval_id = await approvals.ask(
        Case("indicator", indicator_id), act, flow=flow, note=new.reason, org_unit_id=unit.id
    )
    await change(ProposedIndicator, indicator_id, approval_id=approval_id)
    await noted("indicator.propose", act, subject="policy", subject_id=indicator_id, purpose=new.reason)
    return await by_id(indicator_id, act)


@at_once(Decided, about="indicator")
async def indicator_decided(decided: Decided, act: Act) -> None:
    """Approved: the policy has a new version from this moment on."""
    row = await locked(ProposedIndicator, decided.subject_id)
    await change(ProposedIndicator, decided.subject_id, outcome=decided.outcome, decided_at=act.now)
    if decided.approved:
        await write_again(f"indicator {row['metric']} of {row['scheme']} approved", act)


async def end(indicator_id: UUID, new: IndicatorEnding, act: Act) -> IndicatorView:
    """Give it up from now on. Raises NotFound, NotInForce."""
    await by_id(indicator_id, act)
    row = await locked(ProposedIndicator, indicator_id)
    if row["outcome"] != "approved" or row["ended_at"] is not None:
        raise NotInForce()
    await change(ProposedIndicator, indicator_id, act, ended_because=new.reason)
    await write_again(f"indicator {row['metric']} of {row['scheme']} ended: {new.reason}", act)
    return await by_id(indicator_id, act)


async def approved(indicator_ids: tuple[UUID, ...]) -> tuple[Indicator, ...]:
    """These, in the order in which they were approved."""
    if not indicator_ids:
        return ()
    rows = await fetch(
        "select indicator from proposed_indicator where id = any ($1::uuid[]) order by decided_at, id",
        list(indicator_ids),
    )
    return tuple(msgspec.json.decode(row["indicator"], type=Indicator) for row in rows)


FROM_OUTLETS.give(
    FromOutlets(
        "select i.id from proposed_indicator i where i.tenant_id = v.tenant_id and i.outcome = 'approved'"
        " and i.decided_at <= v.effective_from and (i.ended_at is null or v.effective_from < i.ended_at)"
        " order by i.decided_at, i.id",
        approved,
    )
)
# What another outlet asks for is its own until it is policy, which all have.
_IN_SIGHT = "(x.outcome = 'approved' or {units}::uuid[] is null or x.org_unit_id = any ({units}::uuid[]))"
_LISTED = Listing(
    view=IndicatorView,
    source="proposed_indicator x",
    order=newest_first("x.proposed_at"),
    holds=_IN_SIGHT.format(units="$units"),
)


async def by_id(indicator_id: UUID, act: Act) -> IndicatorView:
    """Raises NotFound."""
    in_sight = _IN_SIGHT.format(units="$2")
    return await struct_of(
        IndicatorView,
        ProposedIndicator,
        indicator_id,
        f"from proposed_indicator x where id = $1 and {in_sight}",
        _units(act.by),
    )


async def listed(page: PageAsked, act: Act) -> Page[IndicatorView]:
    """Newest first."""
    return await _LISTED.page(None, page, act, units=_units(act.by))


def _units(by: Principal) -> list[UUID] | None:
    return list(by.units) if isinstance(by.units, tuple) else None


def _flow(new: NewIndicator, policy: Policy) -> ApprovalFlow:
    able = [scheme.name for scheme in policy.schemes if scheme.indicator_approval]
    scheme = policy.scheme(new.scheme)
    flow = policy.approval(scheme.indicator_approval) if scheme is not None and new.scheme in able else None
    if flow is None:
        rule = "a scheme that takes indicators of outlets"
        fix = f"one of: {', '.join(able)}" if able else "every scheme has one standard for the whole company"
        raise Invalid.at("scheme", rule, fix, new.scheme)
    return flow


def _refuse_contradiction(indicator: Indicator, policy: Policy) -> None:
    scheme = policy.scheme(indicator.scheme)
    problems = []
    if scheme is not None:
        able = [tier.name for tier in scheme.tiers if tier.criterion is not None]
        if indicator.tier not in able:
            problems.append(FieldError("tier", "a tier with a criterion", f"one of: {', '.join(able)}", indicator.tier))
        if indicator.metric.name in {metric.name for metric in scheme.metrics}:
            problems.append(FieldError("metric.name", "a name of its own", "choose another", indicator.metric.name))
    if not problems:
        before = set(validate(policy))
        changed = validate(with_indicators(policy, (indicator,)))
        problems = [FieldError(p.path, p.rule, p.fix, p.value) for p in changed if p not in before]
    refuse(problems, "The indicator cannot be asked for")


async def _write(indicator: Indicator, reason: str, unit_id: UUID, act: Act) -> UUID:
    try:
        async with savepoint():
            return await add(
                ProposedIndicator,
                act,
                scheme=indicator.scheme,
                metric=indicator.metric.name,
                indicator=indicator,
                org_unit_id=unit_id,
                reason=reason,
            )
    except asyncpg.UniqueViolationError:
        raise IndicatorTaken(f"{indicator.metric.name} of {indicator.scheme}") from None
