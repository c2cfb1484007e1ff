"""The pages that are made from the sources say what the sources say now: `make docs` writes them."""

import importlib.util
import re
from pathlib import Path

import pytest
from pack_values import all_packs

from guibin.complaints.importing import COLUMNS as COMPLAINT
from guibin.profiles.exporting import ORDER_COLUMNS
from guibin.profiles.sheet_rows import COLUMNS as CUSTOMER
from guibin.records.importing import COLUMNS as CONTACT
from guibin.regulations.core import CORE
from guibin.regulations.general import GENERAL
from guibin.regulations.pages import found_in, pages
from guibin.tiers.exporting import FACT_COLUMNS

COLUMNS = {
    "customers": CUSTOMER,
    "orders": ORDER_COLUMNS,
    "complaints": COMPLAINT,
    "interactions": CONTACT,
    "facts": FACT_COLUMNS,
}
ROOT = Path(__file__).parents[1]


def test_the_pages_of_the_rules_are_current():
    packs = all_packs()
    if packs.names != ("banking", "cable_tv", "hotel", "retail", "telecom"):
        pytest.skip("the pages are about the packs of this project")
    values = {"core": CORE, "general": GENERAL} | {name: packs.value(name) for name in packs.names}

    made = pages(found_in(ROOT, values))
    written = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "docs" / "rules").glob("*.md")}

    assert sorted(written) == sorted(made)
    assert [name for name, text in made.items() if written[name] != text] == [], "run `make docs`"


def test_the_page_of_the_rooms_is_current():
    spec = importlib.util.spec_from_file_location("house", ROOT / "benchmarks" / "house.py")
    house = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(house)

    assert (ROOT / "docs" / "rooms.md").read_text(encoding="utf-8") == house.picture(), "run `make docs`"


@pytest.mark.parametrize("kind", COLUMNS)
def test_the_page_of_imports_names_every_column(kind):
    page = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| {kind} \| (.*) \|$", page, re.MULTILINE)
    named = {name for code in re.findall("`([^`]+)`", row) for name in code.split(", ")}

    assert sorted(set(COLUMNS[kind]) - named) == []
