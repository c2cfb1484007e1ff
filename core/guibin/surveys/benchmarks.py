"""Satisfaction beside that of other units, which is entered by hand, and who hears where one stands (S05-2, S05-8)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.notices.actions import Notice, notify
from guibin.policy.words import Code, Line, Title
from guibin.web.listing import Listing, Order
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add_all, change
from guibin_tenants.scope import execute, fetch_value
from guibin_tenants.tables import new_id

from .actions import survey_named
from .reports import OVERALL, compare
from .tables import SurveyBenchmark

YEARS = (2000, 2100)


class NewBenchmark(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `unit` reached in a `year`, 0 to 100, and where that is known from; of a `question`, or overall."""

    survey: Code
    year: Annotated[int, Meta(ge=YEARS[0], le=YEARS[1])]
    unit: Title
    score: Annotated[float, Meta(ge=0, le=100)]
    source: Line = ""
    question: Code = OVERALL


class BenchmarkView(Struct, frozen=True, kw_only=True):
    """What another unit reached in a year."""

    id: UUID
    survey: str
    question: str
    year: int
    unit: str
    score: float
    source: str
    entered_by_name: str
    entered_at: datetime


class BenchmarkFilter(Struct, frozen=True, kw_only=True):
    """Which of them."""

    survey: str | None = None
    question: str | None = None
    year: int | None = None


LISTED = Listing(
    view=BenchmarkView,
    source="survey_benchmark x",
    order=Order({"x.year": int, "x.id": UUID}, downward=True),
    columns={"score": "round(x.score_per_mille / 10.0, 1)::float8"},
)


async def enter(new: NewBenchmark, act: Act) -> BenchmarkView:
    """Enter it, or what is right instead; leadership hears at once where one stands below. Raises NotFound, Invalid."""
    survey = survey_named(new.survey, act.policy)
    if new.question not in (OVERALL, *survey.questions):
        fix = f"one of: {', '.join((OVERALL, *survey.questions))}"
        raise Invalid.at("question", "a question of the survey, or overall", fix, new.question)
    held = await fetch_value(
        "select id from survey_benchmark where survey = $1 and question = $2 and year = $3 and unit = $4 for update",
        new.survey,
        new.question,
        new.year,
        new.unit,
    )
    said = {"score_per_mille": round(new.score * 10), "source": new.source}
    row_id = held or new_id()
    if held is not None:
        await change(SurveyBenchmark, held, **said)
    else:
        row = {"id": row_id, "survey": new.survey, "question": new.question, "year": new.year, "unit": new.unit}
        await add_all(SurveyBenchmark, act, [row | said])
    await noted("benchmark.enter", act, subject="survey_benchmark", subject_id=row_id)
    await tell(new.survey, new.year, act)
    return await LISTED.one(row_id)


async def take_out(benchmark_id: UUID, act: Act) -> None:
    """It was entered by mistake. Raises NotFound."""
    await LISTED.one(benchmark_id)
    await execute("delete from survey_benchmark where id = $1", benchmark_id)
    await noted("benchmark.remove", act, subject="survey_benchmark", subject_id=benchmark_id)


async def tell(name: str, year: int, act: Act) -> None:
    """Leadership hears, once a month each: the year is under what others reach, or not clearly better than the one before."""
    survey = survey_named(name, act.policy)
    overall = next(one for one in (await compare(name, year, act)).questions if one.question == OVERALL)
    month = f"{act.today:%Y-%m}"
    details = {
        "year": str(year),
        "score": str(overall.score_avg),
        "others": str(overall.others_avg),
        "before": str(overall.score_avg_before),
        "points": str(survey.clear_gain),
    }
    where, whom = Case("company", act.company.id), survey.leadership
    if overall.below:
        below = Notice("satisfaction_below", where, roles=whom, details=details)
        await notify(below, key=f"satisfaction-below/{name}/{year}/{month}", now=act.now)
    if overall.clearly_better is False:
        same = Notice("satisfaction_not_better", where, roles=whom, details=details)
        await notify(same, key=f"satisfaction-not-better/{name}/{year}/{month}", now=act.now)
