"""Satisfaction surveys and the floor under the score."""

from collections.abc import Iterator

from msgspec import Struct

from .checking import Known, Problems, a_role, within
from .problems import PolicyProblem
from .words import Clause, Named


class SurveyPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Questions scored 0 to 100; a customer's average under `floor` alerts the account manager (S09-2).

    `sample_percent` of the customers of `customer_kinds` (all when empty) are drawn, nobody twice within `rest_days`. A
    link holds `answer_within_days`. A year is clearly better than the one before from `clear_gain` points on (S05-2); from
    `leap` on loyalty jumps, and whoever is under it by `near_leap` points at most is told of and listed (S09-5). `leadership`
    are those who hear when a year is not clearly better, or under what other units reach (S05-8).
    """

    name: Named
    questions: tuple[Named, ...]
    sample_percent: int = 100
    floor: int = 60
    clause: Clause = ""
    customer_kinds: tuple[Named, ...] = ()
    rest_days: int = 90
    answer_within_days: int = 14
    clear_gain: int = 3
    leap: int = 90
    near_leap: int = 15
    leadership: tuple[Named, ...] = ("tenant_admin",)

    def check(self, known: Known, path: str) -> Problems:
        """Each question once, percentages and days within reason."""
        if not self.questions or len(set(self.questions)) < len(self.questions):
            yield PolicyProblem(f"{path}.questions", ", ".join(self.questions), "at least one, each once")
        yield from within(f"{path}.sample_percent", self.sample_percent, (1, 100))
        yield from within(f"{path}.floor", self.floor, (0, 100))
        yield from within(f"{path}.leap", self.leap, (self.floor, 100))
        yield from within(f"{path}.near_leap", self.near_leap, (1, 100))
        for role in self.leadership:
            yield from a_role(f"{path}.leadership", role, known)
        if not 1 <= self.answer_within_days <= 366 or not 0 <= self.rest_days <= 3_660:
            given = f"{self.answer_within_days}, {self.rest_days}"
            yield PolicyProblem(path, given, "answered within 1 to 366 days, 0 to 3,660 days of rest")

    def named_texts(self) -> Iterator[str]:
        """Its title and its questions."""
        yield f"survey.{self.name}"
        yield from (f"survey_question.{question}" for question in self.questions)
