"""Whether an automation's condition holds for what happened, and in words which part of it decided."""

from datetime import timedelta

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.periods.days import local_day
from guibin.policy.automations import (
    AddsUp,
    Automation,
    Condition,
    EveryOf,
    HappenedOften,
    HoldsTier,
    Meets,
    NotOneOf,
    OfKind,
    Says,
    SaysFrom,
    SaysUnder,
    SomeOf,
)
from guibin.policy.criteria import holds as criterion_holds
from guibin.policy.criteria import with_settings
from guibin.profiles.queries import kinds_of
from guibin.tiers.figures import assessment_sql
from guibin.tiers.queries import current_tiers
from guibin_tenants.scope import fetch_one, fetch_value

from .history import PAST, Occurrence, Value, how_often


class Verdict(Struct, frozen=True):
    """Whether it holds; `path` is the part that decided, empty where there is no condition."""

    holds: bool
    path: str = ""


async def judged(automation: Automation, happened: Occurrence, act: Act) -> Verdict:
    """Whether it is to act on this."""
    if isinstance(automation.when, AddsUp) and not await _added_up(automation, automation.when, happened):
        return Verdict(False, "when")
    if automation.condition is None:
        return Verdict(True)
    return await _holds(automation.condition, "condition", happened, act)


async def _added_up(automation: Automation, when: AddsUp, happened: Occurrence) -> bool:
    """So often by now, and nothing was done about it within these days."""
    if happened.customer_id is None or when.event not in PAST:
        return False
    if await how_often(when.event, happened.customer_id, when.days, happened.at) < when.times:
        return False
    return not await fetch_value(
        "select true from automation_run where automation = $1 and customer_id = $2 and outcome = 'done'"
        " and ran_at > $3 and ran_at <= $4 limit 1",
        automation.name,
        happened.customer_id,
        happened.at - timedelta(days=when.days),
        happened.at,
    )


async def _holds(condition: Condition, path: str, happened: Occurrence, act: Act) -> Verdict:
    if isinstance(condition, EveryOf | SomeOf | NotOneOf):
        return await _group(condition, path, happened, act)
    return Verdict(await _leaf(condition, happened, act), path)


async def _group(group: EveryOf | SomeOf | NotOneOf, path: str, happened: Occurrence, act: Act) -> Verdict:
    # The first part that holds decides `some of` and `none of`, the first that does not `every one of`.
    decides = not isinstance(group, EveryOf)
    for place, part in enumerate(group.criteria):
        verdict = await _holds(part, f"{path}.criteria.{place}", happened, act)
        if verdict.holds == decides:
            return Verdict(verdict.holds != isinstance(group, NotOneOf), verdict.path)
    return Verdict(not isinstance(group, SomeOf), path)


async def _leaf(condition: Condition, happened: Occurrence, act: Act) -> bool:
    match condition:
        case Says(payload, values):
            return payload in happened.said and spelled(happened.said[payload]) in values
        case SaysFrom(payload, figure):
            said = happened.said.get(payload)
            return isinstance(said, int) and said >= figure
        case SaysUnder(payload, figure):
            said = happened.said.get(payload)
            return isinstance(said, int) and said < figure
    customer_id = happened.customer_id
    if customer_id is None:
        return False
    match condition:
        case OfKind(kinds):
            return (await kinds_of([customer_id])).get(customer_id) in kinds
        case HoldsTier(tiers):
            day = local_day(happened.at, act.company.time_zone)
            held = (await current_tiers([customer_id], on=day)).get(customer_id, {})
            return bool(held) if not tiers else not set(tiers).isdisjoint(held.values())
        case HappenedOften(event, times, days):
            return event in PAST and await how_often(event, customer_id, days, happened.at) >= times
        case Meets():
            return await _meets(condition, happened, act)
        case _:
            return False


async def _meets(condition: Meets, happened: Occurrence, act: Act) -> bool:
    scheme, customer_id = act.policy.scheme(condition.scheme), happened.customer_id
    if scheme is None or customer_id is None:
        return False
    asked = assessment_sql(scheme, only=customer_id)
    as_of = local_day(happened.at, act.company.time_zone) + timedelta(days=1)
    row = await fetch_one(asked.sql, as_of, happened.at, *asked.values)
    if row is None:
        return False
    measures = msgspec.json.decode(row["measures"], type=dict[str, int | None])
    kind = (await kinds_of([customer_id])).get(customer_id, "")
    figures = {setting.name: setting.value for setting in act.policy.settings}
    return criterion_holds(with_settings(condition.criterion, figures), measures, kind)


def spelled(value: Value) -> str:
    """As conditions say it: text as it is, everything else as in JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
