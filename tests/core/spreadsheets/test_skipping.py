"""Rows a mapping passes over."""

import pytest

from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import rows
from guibin_tenants.refusals import Invalid

TABLE = "company,cancelled,rate\n7,0,80\n7,1,90\nNULL,0,70\n8,0,60\n"


def test_rows_with_a_value_to_skip_are_passed_over_and_the_others_keep_their_numbers(tmp_path):
    file = tmp_path / "bookings.csv"
    file.write_text(TABLE, encoding="utf-8")
    mapping = Mapping(columns={"number": "company"}, skip={"cancelled": ("1",), "company": ("NULL",)})

    assert [(row.number, row.fields) for row in rows(file, mapping)] == [(2, {"number": "7"}), (5, {"number": "8"})]


def test_a_column_to_skip_by_must_be_there(tmp_path):
    file = tmp_path / "bookings.csv"
    file.write_text(TABLE, encoding="utf-8")

    with pytest.raises(Invalid):
        list(rows(file, Mapping(columns={"number": "company"}, skip={"canceled": ("1",)})))
