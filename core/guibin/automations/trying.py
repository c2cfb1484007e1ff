"""What an automation would have done on the last days of the company's own data, to whom: nothing is done."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.policy.automations import AddsUp, Automation, ComesUp, Recurs
from guibin.policy.texts import Text
from guibin.profiles.queries import names_of
from guibin_tenants.refusals import FieldError, Invalid

from . import history
from .actions import automation_of
from .checking import problems
from .history import PAST, Occurrence
from .judging import judged
from .refusals import NothingPast
from .requests import NewAutomationTrial
from .wording import Sentence, sentence

SHOWN_MAX = 200
CUSTOMERS_MAX = 500


class AutomationWouldHave(Struct, frozen=True, kw_only=True):
    """It would have acted: when, about whom, on what."""

    at: datetime
    customer_id: UUID | None
    customer_name: str | None
    subject: str
    subject_id: UUID


class AutomationTrial(Struct, frozen=True, kw_only=True):
    """What came of trying it: how often it `looked`, how often its condition held (`acted`), of whom the first are told, how often it
    would have been over its bound of the day, and what it would do each time. Whoever stands behind a wall is not counted."""

    sentence: Text
    days: int
    looked: int
    acted: int
    bounded: int
    commands: list[Text]
    would_have: list[AutomationWouldHave]
    problems: list[FieldError]


async def attempt(new: NewAutomationTrial, act: Act) -> AutomationTrial:
    """Try one; whose files were looked at is on record. Raises NotFound, Invalid, NothingPast."""
    if (new.automation is None) == (not new.name):
        raise Invalid.at("name", "either the name of one, or one that is not written yet")
    automation = new.automation or automation_of(new.name, act)
    found = await _past(automation, new.days, act)
    met: list[Occurrence] = []
    quiet: dict[UUID | None, datetime] = {}
    bounded, of_day = 0, dict[str, int]()
    for each in found:
        if not (await judged(automation, each, act)).holds or _quiet(automation, each, quiet):
            continue
        quiet[each.customer_id] = each.at
        day = each.at.date().isoformat()
        of_day[day] = of_day.get(day, 0) + 1
        if of_day[day] > automation.per_day_max:
            bounded += 1
        else:
            met.append(each)
    shown = met[-SHOWN_MAX:][::-1]
    names = await names_of({each.customer_id for each in shown if each.customer_id})
    whose = tuple(dict.fromkeys(each.customer_id for each in shown if each.customer_id))
    await noted("automation.try", act, subject="automation", customer_ids=whose, shown=len(shown))
    return AutomationTrial(
        sentence=Text(sentence(automation, act.policy, "zh-CN"), sentence(automation, act.policy, "en")),
        days=new.days,
        looked=len(found),
        acted=len(met),
        bounded=bounded,
        commands=_commands(automation, act),
        would_have=[
            AutomationWouldHave(
                at=each.at,
                customer_id=each.customer_id,
                customer_name=names.get(each.customer_id) if each.customer_id else None,
                subject=each.subject,
                subject_id=each.subject_id,
            )
            for each in shown
        ],
        problems=await problems(automation, act),
    )


async def _past(automation: Automation, days: int, act: Act) -> list[Occurrence]:
    since = act.now - timedelta(days=days)
    if isinstance(automation.when, ComesUp):
        ahead = timedelta(days=automation.when.days)
        return await history.coming(automation.when.dated, since + ahead, act.now + ahead)
    if isinstance(automation.when, Recurs):
        # As if it came round now, once.
        return await history.everybody(act.now, None, CUSTOMERS_MAX)
    if automation.event not in PAST:
        raise NothingPast(f"{automation.event}; what can be tried: {', '.join(sorted(PAST))}")
    return await history.found(automation.event, since, act.now + timedelta(microseconds=1))


def _quiet(automation: Automation, each: Occurrence, acted: dict[UUID | None, datetime]) -> bool:
    """Whether one that counts has acted about the customer within its days already."""
    last = acted.get(each.customer_id)
    when = automation.when
    return isinstance(when, AddsUp) and last is not None and last > each.at - timedelta(days=when.days)


def _commands(automation: Automation, act: Act) -> list[Text]:
    zh, en = Sentence(act.policy, "zh-CN"), Sentence(act.policy, "en")
    return [Text(zh.command(each), en.command(each)) for each in automation.then]
