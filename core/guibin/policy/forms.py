"""Forms people fill in: applications, qualification tables, opinion sheets."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from msgspec import Struct

from .approvals import Facts
from .fields import ArchiveField, FieldProblem, check_values
from .words import Clause, Named


class Form(Struct, frozen=True, forbid_unknown_fields=True):
    """A form with its fields, in order. Each pair of `periods` names its first day and its end, the day after the last."""

    titled: ClassVar = "form"
    name: Named
    fields: tuple[ArchiveField, ...]
    periods: tuple[tuple[Named, Named], ...] = ()
    clause: Clause = ""


def check_answers(form: Form, answers: Mapping[str, object]) -> tuple[FieldProblem, ...]:
    """Everything wrong with a filled-in form; nothing when all is well."""
    problems = check_values(form.fields, answers)
    return problems or tuple(
        FieldProblem(end, f"after {start}", str(answers[end]), "the day after the last day")
        for start, end in form.periods
        if answers.get(start) and answers.get(end) and _day(answers[end]) <= _day(answers[start])
    )


def facts_of(form: Form | None, answers: Facts) -> dict[str, str | int | bool | None]:
    """What approval standards look at in a filled-in form: its answers, and the days of its first period (S07-17)."""
    for start, end in form.periods if form else ():
        if answers.get(start) and answers.get(end):
            return {**answers, "period_days": (_day(answers[end]) - _day(answers[start])).days}
    return dict(answers)


def _day(value: object) -> date:
    return date.fromisoformat(str(value))
