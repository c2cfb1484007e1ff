"""A request as the cells of a sheet: read in the words of the API, written so that it reads the same."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import pytest
from msgspec import Meta, Struct

from guibin.spreadsheets.reading import Row, RowProblem
from guibin.spreadsheets.requests import portable, said, told


class NewThing(Struct, frozen=True, kw_only=True):
    """A thing as it comes in."""

    name: Annotated[str, Meta(max_length=5)]
    customer_id: UUID | None = None
    staff_id: UUID
    urgent: bool = False
    seen_at: Annotated[datetime, Meta(tz=True)] | None = None


MOMENT = datetime(2026, 3, 1, 10, tzinfo=UTC)


def row(problems=(), filled=frozenset(), **fields):
    return Row("", 2, fields, problems, filled=filled)


def test_ids_of_rows_mean_nothing_elsewhere():
    assert portable(NewThing) == ("name", "urgent", "seen_at")


@pytest.mark.parametrize("values", [{"name": "A1", "urgent": True, "seen_at": MOMENT}, {"name": "A", "urgent": False}])
def test_what_is_written_reads_the_same(values):
    cells = {name: told(values.get(name)) for name in portable(NewThing)}

    assert said(row(**cells), NewThing, portable(NewThing)) == (values, [])


def test_what_the_types_refuse_is_told_with_its_cell_and_the_rest_is_read():
    values, wrong = said(
        row(name="too long", urgent="perhaps", seen_at="2026-03-01T10:00:00Z"), NewThing, portable(NewThing)
    )

    assert values == {"seen_at": MOMENT}
    assert [(one.column, one.value, one.reason) for one in wrong] == [
        ("name", "too long", "at most 5 characters: shorten it"),
        ("urgent", "perhaps", "not yes or no"),
    ]


@pytest.mark.parametrize(("cell", "value"), [("YES", True), ("是", True), ("否", False), ("false", False)])
def test_yes_and_no_in_both_languages(cell, value):
    assert said(row(urgent=cell), NewThing, ("urgent",)) == ({"urgent": value}, [])


def test_what_is_required_is_missed_unless_the_mapping_could_not_read_it():
    failed = RowProblem("", 2, "when", "x", "not a moment")

    assert [one.column for one in said(row(), NewThing, portable(NewThing))[1]] == ["name"]
    assert said(row(problems=(failed,), filled=frozenset({"name"})), NewThing, portable(NewThing)) == ({}, [])
    assert [one.column for one in said(row(problems=(failed,), name=""), NewThing, ("name",))[1]] == ["name"]


def test_what_no_row_of_a_file_has_is_missed_with_its_first_row_alone():
    assert [one.column for one in said(row(filled=frozenset({"urgent"})), NewThing, portable(NewThing))[1]] == ["name"]
    assert said(row(filled=None), NewThing, portable(NewThing)) == ({}, [])
