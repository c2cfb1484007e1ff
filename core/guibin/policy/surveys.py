"""Satisfaction surveys and the floor under the score."""

from msgspec import Struct

from .words import Clause, Named


class SurveyPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Questions scored 0 to 100; a customer's average under `floor` alerts the account manager (S09-2).

    `sample_percent` of the customers of `customer_kinds` (all when empty) are drawn, nobody twice within `rest_days`. A
    link holds `answer_within_days`. A year is clearly better than the one before from `clear_gain` points on (S05-2).
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
