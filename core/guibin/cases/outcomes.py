"""How what was asked for ends: the words of that state, for tables, counts and views alike."""

from typing import Literal, get_args

Outcome = Literal["approved", "rejected", "withdrawn"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
# Somebody decided; what was withdrawn nobody did.
DECIDED = ("approved", "rejected")


def among(words: tuple[str, ...]) -> str:
    """SQL: the words as what follows `in`."""
    return f"({', '.join(repr(word) for word in words)})"


KNOWN = f"outcome in {among(OUTCOMES)}"
"""What a table checks of its column `outcome`."""
