"""How what was asked for ends: the words of that state, for tables, counts and views alike."""

from typing import Any, Literal, get_args

Outcome = Literal["approved", "rejected", "withdrawn"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
# Somebody decided; what was withdrawn nobody did.
DECIDED = ("approved", "rejected")


def among(words: tuple[str, ...]) -> str:
    """SQL: the words as what follows `in`."""
    return f"({', '.join(repr(word) for word in words)})"


def known(column: str, words: Any) -> str:
    """What a table checks of the column: that it holds one of the words of the Literal."""
    return f"{column} in {among(get_args(words))}"


KNOWN = known("outcome", Outcome)
"""What a table checks of its column `outcome`."""
