"""What people type where the API takes what is nested: a plan with its itinerary line by line, money as a number, which opinion is
answered."""

from datetime import datetime, time, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from guibin.context import Act
from guibin.policy.money import Money
from guibin.policy.words import Answers, Line, Note, Said, Unsaid
from guibin_tenants.refusals import Invalid

from . import actions, applications, orders
from .queries import LISTED
from .requests import ItineraryLine, NewFeedbackAnswer, PlanContent, TaskReport

Amount = Annotated[float, Meta(ge=0, le=100_000_000)]
# Before the place of a line of the itinerary.
_AT = ("@", "＠")


class PlanSheet(Struct, frozen=True, kw_only=True):
    """A plan; each line of `itinerary` is a time, what happens, and after an @ where. `budget` is in the company's currency."""

    plan: Said
    standard: Unsaid = ""
    room: Line = ""
    gifts: Unsaid = ""
    budget: Amount | None = None
    itinerary: Unsaid = ""


class ReportSheet(Struct, frozen=True, kw_only=True):
    """A task that is done, and what it cost."""

    text: Unsaid = ""
    cost: Amount | None = None
    answers: Answers = {}


class AnswerSheet(Struct, frozen=True, kw_only=True):
    """What was done about one of the guest's opinions, and what the guest was told."""

    feedback: UUID
    handling: Said
    reply: Said
    remains: Note = ""


async def plan(reception_id: UUID, new: PlanSheet, act: Act) -> None:
    """As `applications.plan`. Raises Invalid also for a line that begins with no time."""
    arrives_at = (await LISTED.one(reception_id)).arrives_at
    content = PlanContent(
        plan=new.plan,
        standard=new.standard,
        room=new.room,
        gifts=new.gifts,
        budget=_money(new.budget),
        itinerary=tuple(
            _line(text.strip(), arrives_at.astimezone(ZoneInfo(act.company.time_zone)))
            for text in new.itinerary.splitlines()
            if text.strip()
        ),
    )
    await applications.plan(reception_id, content, act)


async def report(task_id: UUID, new: ReportSheet, act: Act) -> None:
    """As `orders.report`."""
    await orders.report(task_id, TaskReport(text=new.text, cost=_money(new.cost), answers=new.answers), act)


async def answer(reception_id: UUID, new: AnswerSheet, act: Act) -> None:
    """As `actions.answer_feedback`."""
    said = NewFeedbackAnswer(handling=new.handling, reply=new.reply, satisfied=not new.remains, remains=new.remains)
    await actions.answer_feedback(reception_id, new.feedback, said, act)


def typed(line: ItineraryLine, arrives_at: datetime) -> str:
    """A line as it is typed: its time, on another day than the arrival's with how many days later."""
    at = line.at.astimezone(arrives_at.tzinfo)
    days = (at.date() - arrives_at.date()).days
    where = f" @ {line.place}" if line.place else ""
    return f"{f'+{days} ' if days else ''}{at.hour}:{at.minute:02} {line.what}{where}"


def _line(text: str, arrives_at: datetime) -> ItineraryLine:
    """`10:30 参观 @ 展厅`, `+1 9:00 座谈` on the day after the arrival. Raises Invalid."""
    days, rest = 0, text
    if text.startswith("+"):
        later, _, rest = text[1:].partition(" ")
        days = int(later) if later.isdecimal() and len(later) < 3 else 0
    at, _, what = rest.strip().partition(" ")
    place = ""
    for sign in _AT:
        if sign in what:
            what, _, place = what.partition(sign)
    hour, _, minute = at.replace("：", ":").partition(":")
    try:
        moment = time(int(hour), int(minute))
    except ValueError:
        raise Invalid.at("itinerary", "each line begins with a time", "10:30 …", text[:60]) from None
    if not what.strip():
        raise Invalid.at("itinerary", "each line says what happens", "10:30 …", text[:60])
    day = arrives_at.date() + timedelta(days=days)
    return ItineraryLine(
        at=datetime.combine(day, moment, arrives_at.tzinfo), what=what.strip()[:100], place=place.strip()[:200]
    )


def _money(amount: float | None) -> Money | None:
    return None if amount is None else Money(amount=f"{amount:.2f}")
