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
from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.policies.actions import write_again
from guibin.policies.bounds import too_large
from guibin.policy.approvals import ApprovalFlow
from guibin.policy.criteria import Metric
from guibin.policy.indicators import Indicator, with_indicators
from guibin.policy.packs import Policy
from guibin.policy.texts import Text
from guibin.policy.validation import validate
from guibin.policy.words import Code, up_to
from guibin.web.paging import Cursor
from guibin_tenants import org_units
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Conflict, FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch, fetch_one, savepoint
from guibin_tenants.tables import new_id

from .bounds import INDICATOR_BYTES_MAX, refuse_too_many_indicators

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
    """The name is in use, or asked for, in the scheme."""

    kind = "indicator-taken"
    title = "An indicator of this name is in force or waits for its approval"


class NotInForce(Conflict):
    """It was never approved, or has been given up."""

    kind = "indicator-not-in-force"
    title = "The indicator is not in force"


async def propose(new: NewIndicator, act: Act) -> IndicatorView:
    """Ask for it under the scheme's flow; nothing changes before it is approved.

    Raises Invalid with every contradiction, and for a scheme with one standard for the whole company; IndicatorTaken, TooManyIndicators.
    """
    unit = await org_units.by_code(new.org_unit)
    if unit is None or not act.by.covers(unit.id):
        raise Invalid(fields=(FieldError("org_unit", "the code of an org unit of yours", value=new.org_unit),))
    flow = _flow(new, act.policy)
    indicator = Indicator(
        new.scheme, new.tier, replace(new.metric, org_units=()), new.at_least, new.title, new.org_unit
    )
    large = too_large(indicator, field="metric", bytes_max=INDICATOR_BYTES_MAX)
    if large:
        raise Invalid("The indicator cannot be asked for", fields=tuple(large))
    _refuse_contradiction(indicator, act.policy)
    await refuse_too_many_indicators()
    proposal_id = new_id()
    await _write(proposal_id, indicator, new.reason, unit.id, act)
    approval_id = await approvals.ask("indicator", proposal_id, act, flow=flow, note=new.reason, org_unit_id=unit.id)
    await execute("update proposed_indicator set approval_id = $2 where id = $1", proposal_id, approval_id)
    note = AuditNote(action="indicator.propose", subject="policy", subject_id=proposal_id, purpose=new.reason)
    await record(note, act)
    return await by_id(proposal_id, by=act.by)


@approvals.on_decision("indicator")
async def indicator_decided(decided: Decided, act: Act) -> None:
    """Approved: the policy has a new version from this moment on."""
    row = await fetch_one(
        "update proposed_indicator set outcome = $2, decided_at = $3 where id = $1 returning scheme, metric",
        decided.subject_id,
        decided.outcome,
        act.now,
    )
    if row is not None and decided.approved:
        await write_again(f"indicator {row['metric']} of {row['scheme']} approved", act)


async def end(proposal_id: UUID, act: Act, *, reason: str) -> IndicatorView:
    """Give it up from now on. Raises NotFound, NotInForce."""
    found = await fetch_one(
        "update proposed_indicator set ended_at = $2, ended_because = $3, ended_by_name = $4"
        " where id = $1 and outcome = 'approved' and ended_at is null returning metric, scheme",
        proposal_id,
        act.now,
        reason,
        act.by.name,
    )
    if found is None:
        await by_id(proposal_id, by=act.by)
        raise NotInForce()
    await write_again(f"indicator {found['metric']} of {found['scheme']} ended: {reason}", act)
    return await by_id(proposal_id, by=act.by)


_SELECT = (
    "select id, indicator, reason, proposed_by_name, proposed_at, approval_id, outcome, decided_at, ended_at,"
    " ended_because, ended_by_name from proposed_indicator"
)


# What another outlet asks for is its own until it is policy, which all have.
_IN_SIGHT = "(outcome = 'approved' or {units}::uuid[] is null or org_unit_id = any ({units}::uuid[]))"


async def by_id(proposal_id: UUID, *, by: Principal) -> IndicatorView:
    """Raises NotFound."""
    row = await fetch_one(f"{_SELECT} where id = $1 and {_IN_SIGHT.format(units='$2')}", proposal_id, _units(by))
    if row is None:
        raise NotFound(f"There is no indicator {proposal_id}")
    return _view(row)


async def listed(*, by: Principal, after: Cursor | None, limit: int) -> list[IndicatorView]:
    """Newest first."""
    rows = await fetch(
        f"{_SELECT} where ($1::timestamptz is null or (proposed_at, id) < ($1, $2::uuid))"
        f" and {_IN_SIGHT.format(units='$4')}"
        " order by proposed_at desc, id desc limit $3",
        after.moment if after else None,
        after.id if after else None,
        limit,
        _units(by),
    )
    return [_view(row) for row in rows]


def _units(by: Principal) -> list[UUID] | None:
    return list(by.units) if isinstance(by.units, tuple) else None


def _flow(new: NewIndicator, policy: Policy) -> ApprovalFlow:
    able = [scheme.name for scheme in policy.schemes if scheme.indicator_approval]
    scheme = policy.scheme(new.scheme)
    flow = policy.approval(scheme.indicator_approval) if scheme is not None and new.scheme in able else None
    if flow is None:
        rule = "a scheme that takes indicators of outlets"
        fix = f"one of: {', '.join(able)}" if able else "every scheme has one standard for the whole company"
        raise Invalid(fields=(FieldError("scheme", rule, fix, new.scheme),))
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
    if problems:
        raise Invalid("The indicator cannot be asked for", fields=tuple(problems))


async def _write(proposal_id: UUID, indicator: Indicator, reason: str, unit: UUID, act: Act) -> None:
    try:
        async with savepoint():
            await execute(
                "insert into proposed_indicator (id, scheme, metric, indicator, org_unit_id, reason, proposed_by,"
                " proposed_by_name, proposed_at, ended_because, ended_by_name)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '')",
                proposal_id,
                indicator.scheme,
                indicator.metric.name,
                msgspec.json.encode(indicator).decode(),
                unit,
                reason,
                act.by.id,
                act.by.name,
                act.now,
            )
    except asyncpg.UniqueViolationError:
        raise IndicatorTaken(f"{indicator.metric.name} of {indicator.scheme}") from None


def _view(row: asyncpg.Record) -> IndicatorView:
    return msgspec.convert({**row, "indicator": msgspec.json.decode(row["indicator"])}, IndicatorView)
