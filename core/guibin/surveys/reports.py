"""A year's satisfaction beside the year before (S05-2), question by question."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from guibin.audit.actions import noted
from guibin.context import Act
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import fetch

from .actions import survey_named
from .queries import FEW

OVERALL = "overall"


class QuestionYears(Struct, frozen=True, kw_only=True):
    """A question's averages, 0 to 100; None for fewer than five answers.

    `clearly_better` when the gain reaches the policy's `clear_gain`; None when there is nothing to compare. `others` are the
    other units whose figure was entered, `others_avg` their average, `rank` where one stands among them, 1 the best; `below`
    their average or not (S05-8).
    """

    question: str
    title: str
    answers: int
    score_avg: float | None
    answers_before: int
    score_avg_before: float | None
    gain: float | None
    clearly_better: bool | None
    others: int = 0
    others_avg: float | None = None
    others_avg_before: float | None = None
    rank: int | None = None
    rank_before: int | None = None
    below: bool | None = None


class YearComparison(Struct, frozen=True, kw_only=True):
    """The survey's answers given in a year and in the one before, those of the customers one may see."""

    survey: str
    year: int
    clear_gain: int
    clause: str
    questions: list[QuestionYears]


_ANSWERS = """
with given as (
  select a.scores, a.score, a.answered_at >= $3 as late from survey_answer a
  where a.survey = $1 and a.answered_at >= $2 and a.answered_at < $4
)
select q.key as question, g.late, count(*)::int as n, avg(q.value::numeric)::float8 as mean
from given g cross join lateral jsonb_each_text(g.scores) q group by 1, 2
union all select 'overall', late, count(*)::int, avg(score)::float8 from given group by late
"""


async def compare(name: str, year: int, act: Act) -> YearComparison:
    """Raises NotFound for an unknown survey, Invalid for an impossible year."""
    survey = survey_named(name, act.policy)
    if not 1901 <= year <= 9000:
        raise Invalid.at("year", "1901 to 9000", value=str(year))
    zone = ZoneInfo(act.company.time_zone)
    starts = [datetime(start, 1, 1, tzinfo=zone) for start in (year - 1, year, year + 1)]
    rows = {(row["question"], row["late"]): row for row in await fetch(_ANSWERS, name, *starts)}
    others: dict[tuple[str, int], list[float]] = {}
    for row in await fetch(_OTHERS, name, year):
        others.setdefault((row["question"], row["year"]), []).append(row["score"])
    questions = []
    for question in (OVERALL, *survey.questions):
        text = act.policy.texts.get(f"survey_question.{question}") or act.policy.texts.get(f"survey.{name}")
        title = text.in_language(act.language) if text else question
        own = _years(question, title, rows, survey.clear_gain)
        beside = (others.get((question, year), []), others.get((question, year - 1), []))
        questions.append(_beside(own, *beside))
    await noted("survey.compare", act, subject="survey", shown=len(questions))
    return YearComparison(
        survey=name, year=year, clear_gain=survey.clear_gain, clause=survey.clause, questions=questions
    )


def _years(question: str, title: str, rows: dict[Any, Any], clear_gain: int) -> QuestionYears:
    now, earlier = rows.get((question, True)), rows.get((question, False))
    mean = _mean(now)
    before = _mean(earlier)
    gain = None if mean is None or before is None else round(mean - before, 1)
    return QuestionYears(
        question=question,
        title=title,
        answers=now["n"] if now else 0,
        score_avg=mean,
        answers_before=earlier["n"] if earlier else 0,
        score_avg_before=before,
        gain=gain,
        clearly_better=None if gain is None else gain >= clear_gain,
    )


_OTHERS = """select question, year, score_per_mille / 10.0::float8 as score from survey_benchmark
    where survey = $1 and year in ($2::int, $2::int - 1) order by unit"""


def _beside(own: QuestionYears, others: list[float], before: list[float]) -> QuestionYears:
    """With what other units reached in the year and in the one before."""
    mean = round(sum(others) / len(others), 1) if others else None
    return structs.replace(
        own,
        others=len(others),
        others_avg=mean,
        others_avg_before=round(sum(before) / len(before), 1) if before else None,
        rank=_rank(own.score_avg, others),
        rank_before=_rank(own.score_avg_before, before),
        below=None if mean is None or own.score_avg is None else own.score_avg < mean,
    )


def _rank(score: float | None, others: list[float]) -> int | None:
    return None if score is None or not others else 1 + sum(other > score for other in others)


def _mean(row: Any) -> float | None:
    return None if row is None or row["n"] < FEW else round(row["mean"], 1)
