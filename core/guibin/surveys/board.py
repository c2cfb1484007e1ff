"""Satisfaction for whoever leads: how many were asked and answered, how it goes month by month, what came of those who were
dissatisfied, and which comments are owed an answer (S01-11, S09-2, S10-5)."""

from datetime import date, datetime, time
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin.audit.actions import noted, searched
from guibin.context import Act
from guibin.profiles.queries import called
from guibin.records.answering import owed_for
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants.rows import many

from .queries import FEW, STATE, ActionState

MONTHS = 12
Followed = Literal["none", "open", "reported", "confirmed"]
Comment = Literal["owed", "late", "answered"]


class MonthPoint(Struct, frozen=True, kw_only=True):
    """The answers of one month; the average is None for fewer than five."""

    month: str
    answers: int
    score_avg: float | None


class SurveyLine(Struct, frozen=True, kw_only=True):
    """One survey over twelve months, of the customers one may see. `low` are under the floor of then, and of these `unseen` are
    those for whom nothing is to be improved; `comments_owed` wait for an answer, `comments_late` of them past their time."""

    survey: str
    asked: int
    answered: int
    score_avg: float | None
    months: tuple[MonthPoint, ...]
    low: int
    unseen: int
    improving: int
    improved: int
    comments: int
    comments_owed: int
    comments_late: int


class FollowedAnswer(Struct, frozen=True, kw_only=True):
    """An answer and what came of it: the state of what is improved because of it, and where its comment stands; what was written
    is read one answer at a time. `contact_id` is the contact in which it is answered, until `answer_by`."""

    id: UUID
    survey: str
    customer_id: UUID
    customer_name: str | None
    score: int
    floor: int
    answered_at: datetime
    improvement: ActionState | None
    comment: Comment | None
    contact_id: UUID | None
    answer_by: datetime | None
    warn_at: datetime | None
    paused_at: datetime | None


class FollowedFilter(Struct, frozen=True, kw_only=True):
    """Which answers of the last twelve months: `low` those under the floor, `improvement` what is done about them."""

    survey: str | None = None
    low: bool = False
    improvement: Followed | None = None
    comment: Comment | None = None


class _Month(Struct, frozen=True, kw_only=True):
    survey: str
    month: str
    answers: int
    scored: int
    low: int
    unseen: int
    improving: int
    improved: int
    comments: int
    comments_owed: int
    comments_late: int


class _Invited(Struct, frozen=True):
    survey: str
    invited: int


# What is improved because of the answer `x`, the latest of it.
_IMPROVED = (
    f"left join lateral (select {STATE.replace('x.', 'm.')} as state from improvement_action m"
    " where m.tenant_id = x.tenant_id and m.answer_id = x.id order by m.due_at desc, m.id desc limit 1) m on true"
)
_COMMENT = (
    "case when i.handling_state = 'open' and t.due_at < $now and t.paused_at is null then 'late'"
    " when i.handling_state = 'open' then 'owed' when i.id is not null then 'answered' end"
)
_SOURCE = f"survey_answer x {_IMPROVED} {owed_for('survey_answer', 'x')}"
FOLLOWED: Listing[FollowedAnswer] = Listing(
    view=FollowedAnswer,
    source=_SOURCE,
    order=newest_first("x.answered_at"),
    holds="x.answered_at >= $since",
    columns={
        "customer_name": called("x.customer_id"),
        "improvement": "m.state",
        "comment": _COMMENT,
        "contact_id": "i.id",
        "answer_by": "t.due_at",
        "warn_at": "t.warn_at",
        "paused_at": "t.paused_at",
    },
    filters={
        "low": "x.score < x.floor",
        "improvement": "coalesce(m.state, 'none') = $value",
        "comment": f"({_COMMENT}) = $value or ($value = 'owed' and ({_COMMENT}) = 'late')",
    },
)


async def board(act: Act) -> list[SurveyLine]:
    """Every survey of the policy. That it was read is on record."""
    since = _since(act)
    asked = await many(
        _Invited,
        "from (select survey, count(*)::int as invited from survey_invitation where invited_at >= $1 group by 1) x",
        since,
    )
    low = "x.score < x.floor"
    late = "i.handling_state = 'open' and t.due_at < $3 and t.paused_at is null"
    months = await many(
        _Month,
        "from (select x.survey, to_char(x.answered_at at time zone $2::text, 'YYYY-MM') as month, count(*)::int as answers,"
        f" sum(x.score)::int as scored, (count(*) filter (where {low}))::int as low,"
        f" (count(*) filter (where {low} and m.state is null))::int as unseen,"
        f" (count(*) filter (where {low} and m.state in ('open', 'reported')))::int as improving,"
        f" (count(*) filter (where {low} and m.state = 'confirmed'))::int as improved, count(i.id)::int as comments,"
        f" (count(*) filter (where i.handling_state = 'open'))::int as comments_owed,"
        f" (count(*) filter (where {late}))::int as comments_late from {_SOURCE} where x.answered_at >= $1 group by 1, 2) x"
        " order by survey, month",
        since,
        act.company.time_zone,
        act.now,
    )
    invited = {each.survey: each.invited for each in asked}
    lines = [
        _line(survey.name, invited.get(survey.name, 0), [each for each in months if each.survey == survey.name], act)
        for survey in act.policy.surveys
    ]
    await noted("survey.board", act, subject="survey", shown=sum(line.answered for line in lines))
    return lines


async def answers(filters: FollowedFilter, page: PageAsked, act: Act) -> Page[FollowedAnswer]:
    """The latest first; whose answers were shown is on record."""
    found = await FOLLOWED.page(filters, page, act, since=_since(act))
    return await searched("survey_answer", found, act)


def _since(act: Act) -> datetime:
    """The beginning of the first of the twelve months."""
    first = _months(act)[0]
    return datetime.combine(date.fromisoformat(f"{first}-01"), time(), ZoneInfo(act.company.time_zone))


def _months(act: Act) -> list[str]:
    last = act.today.year * 12 + act.today.month - 1
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(last - MONTHS + 1, last + 1)]


def _line(survey: str, asked: int, months: list[_Month], act: Act) -> SurveyLine:
    known = {each.month: each for each in months}
    answered = sum(each.answers for each in months)
    summed = ("low", "unseen", "improving", "improved", "comments", "comments_owed", "comments_late")
    return SurveyLine(
        survey=survey,
        asked=asked,
        answered=answered,
        score_avg=_mean(sum(each.scored for each in months), answered),
        months=tuple(
            MonthPoint(
                month=month,
                answers=known[month].answers if month in known else 0,
                score_avg=_mean(known[month].scored, known[month].answers) if month in known else None,
            )
            for month in _months(act)
        ),
        **{name: sum(getattr(each, name) for each in months) for name in summed},
    )


def _mean(scored: int, answers: int) -> float | None:
    return None if answers < FEW else round(scored / answers, 1)
