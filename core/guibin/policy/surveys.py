"""Satisfaction surveys and the floor under the score."""

from msgspec import Struct


class SurveyPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Questions scored 0 to 100; a customer's score under `floor` alerts the account manager (S09-2)."""

    name: str
    questions: tuple[str, ...]
    sample_percent: int = 100
    floor: int = 60
    clause: str = ""
