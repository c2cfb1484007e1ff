"""Forms people fill in: applications, qualification tables, opinion sheets."""

from collections.abc import Iterator, Mapping
from datetime import date

from msgspec import Struct

from .fields import ArchiveField, FieldProblem, check_values
from .words import Clause, Named


class Form(Struct, frozen=True, forbid_unknown_fields=True):
    """A form with its fields, in order. Each pair of `periods` names its first day and its end, the day after the last."""

    name: Named
    fields: tuple[ArchiveField, ...]
    periods: tuple[tuple[Named, Named], ...] = ()
    clause: Clause = ""

    def named_texts(self) -> Iterator[str]:
        """Its title."""
        yield f"form.{self.name}"


def check_answers(form: Form, answers: Mapping[str, object]) -> tuple[FieldProblem, ...]:
    """Everything wrong with a filled-in form; nothing when all is well."""
    problems = check_values(form.fields, answers)
    return problems or tuple(
        FieldProblem(end, f"after {start}", str(answers[end]), "the day after the last day")
        for start, end in form.periods
        if answers.get(start) and answers.get(end) and _day(answers[end]) <= _day(answers[start])
    )


def _day(value: object) -> date:
    return date.fromisoformat(str(value))
