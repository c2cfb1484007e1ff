"""What is written by the statement that shows a row."""

from typing import Any

from msgspec import Struct


class Beside(Struct, frozen=True):
    """What the statement that shows a row writes along with it: an `insert … select` without its `from`, which calls the row
    `x`, and what the names in it stand for."""

    sql: str
    values: dict[str, Any]
