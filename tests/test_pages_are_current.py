"""The pages that are made from the sources say what the sources say now: `make docs` writes them."""

import importlib.util
from pathlib import Path

import pytest
from pack_values import all_packs

from guibin.regulations.core import CORE
from guibin.regulations.general import GENERAL
from guibin.regulations.pages import BEGIN, found_in, pages, with_table

ROOT = Path(__file__).parents[1]


def test_the_pages_of_the_rules_are_current():
    packs = all_packs()
    if packs.names != ("banking", "cable_tv", "hotel", "retail", "telecom"):
        pytest.skip("the pages are about the packs of this project")
    values = {"core": CORE, "general": GENERAL} | {name: packs.value(name) for name in packs.names}

    found = found_in(ROOT, values)
    made = pages(found)
    written = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "docs" / "rules").glob("*.md")}

    assert sorted(written) == sorted(made)
    assert [name for name, text in made.items() if written[name] != text] == [], "run `make docs`"
    readmes = {name: (ROOT / "plugins" / name / "README.md").read_text(encoding="utf-8") for name in packs.names}
    assert [name for name, text in readmes.items() if BEGIN not in text or with_table(text, name, found) != text] == []


def test_the_page_of_the_rooms_is_current():
    spec = importlib.util.spec_from_file_location("house", ROOT / "benchmarks" / "house.py")
    house = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(house)

    assert (ROOT / "docs" / "rooms.md").read_text(encoding="utf-8") == house.picture(), "run `make docs`"
