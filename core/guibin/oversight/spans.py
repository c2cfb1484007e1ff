"""Spans of time as people ask for them, counted in the company's own days."""

from datetime import date, datetime, time, timedelta
from typing import Literal, Protocol, TypeVar, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from guibin.console.choices import words_of
from guibin.context import Act

Span = Literal["today", "week", "month", "last_month", "quarter"]
SPANS: tuple[Span, ...] = get_args(Span)
_DAYS = {"today": 1, "week": 7, "month": 30, "quarter": 92}


class Between(Struct, frozen=True):
    """From `since` on, before `until`; None where there is no end."""

    since: datetime
    until: datetime | None = None


def between(span: Span, act: Act) -> Between:
    """The moments of a span; those that count days end with the day at hand."""
    if span == "last_month":
        first = act.today.replace(day=1)
        before = (first - timedelta(days=1)).replace(day=1)
        return Between(midnight(before, act), midnight(first, act))
    return Between(midnight(act.today - timedelta(days=_DAYS[span] - 1), act))


class Spanned(Protocol):
    """What is asked within a span, or between two moments."""

    @property
    def span(self) -> Span | None: ...

    @property
    def since(self) -> datetime | None: ...

    @property
    def until(self) -> datetime | None: ...


Asked = TypeVar("Asked", bound=Spanned)


def bounded(filters: Asked, act: Act) -> Asked:
    """With the moments that the span stands for; those that were asked by themselves stay."""
    if filters.span is None:
        return filters
    asked = between(filters.span, act)
    moments = {"since": filters.since or asked.since, "until": filters.until or asked.until}
    return replace(filters, span=None, **moments)  # type: ignore[type-var]  # each of them is a struct


def midnight(day: date, act: Act) -> datetime:
    """Where the company's day begins."""
    return datetime.combine(day, time(), ZoneInfo(act.company.time_zone))


# Every span by its name.
choices = words_of("oversight.span", SPANS)
