"""What a pack's README names is there: files, values, rules; and no rule of a regulation is missing from the list of all."""

import re
from itertools import groupby
from pathlib import Path

import pytest

from guibin.regulations.pages import BEGIN
from guibin.regulations.rules import all_rules

ROOT = Path(__file__).parents[2]
PACKS = ("banking", "cable_tv", "hotel", "retail", "telecom")
_NAMED, _RULE, _WORD = re.compile(r"`([^`\n]+)`"), re.compile(r"\bS\d\d-\d+\b"), re.compile(r"\w+")
_ADDRESS = re.compile(r"((GET|POST|PUT|PATCH|DELETE) )?/|(GET|POST|PUT|PATCH|DELETE) ")


def _by_hand(pack: str) -> str:
    return (ROOT / "plugins" / pack / "README.md").read_text(encoding="utf-8").partition(BEGIN)[0]


def _sources(*folders: Path) -> str:
    files = [file for folder in folders for ending in ("py", "toml") for file in folder.rglob(f"*.{ending}")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@pytest.mark.parametrize("pack", PACKS)
def test_every_file_that_a_readme_names_is_there(pack):
    home = ROOT / "plugins" / pack
    places = (ROOT, home, home / f"guibin_{pack}", ROOT / "tests" / "plugins")
    named = {each for each in _NAMED.findall(_by_hand(pack)) if "/" in each or each.endswith((".py", ".toml"))}
    files = {each for each in named if not _ADDRESS.match(each)}

    assert files
    assert [each for each in sorted(files) if not any((place / each).exists() for place in places)] == []


@pytest.mark.parametrize("pack", PACKS)
def test_every_value_that_a_readme_names_is_the_packs_or_the_cores(pack):
    known = set(_WORD.findall(_sources(ROOT / "plugins" / pack, ROOT / "core" / "guibin")))
    named = {each for each in _NAMED.findall(_by_hand(pack)) if re.fullmatch(r"[\w.]+", each)}
    words = {word for each in named if not each.endswith((".py", ".toml")) for word in each.split(".")}

    assert words
    assert sorted(words - known) == []


@pytest.mark.parametrize("pack", PACKS)
def test_a_readme_tells_of_every_rule_of_its_pack_and_of_no_rule_there_is_not(pack):
    whole = (ROOT / "plugins" / pack / "README.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| (S\d\d-\d+) \|", whole.partition(BEGIN)[2], re.MULTILINE))
    known = {rule.id: rule.pack for rule in all_rules(ROOT / "tests")}

    assert sorted({rule for rule, of in known.items() if of == pack} - told) == []
    assert sorted(set(_RULE.findall(whole)) - known.keys()) == []


def test_no_number_of_a_regulation_is_left_out_and_whatever_is_cited_is_a_rule():
    known = sorted(
        (regulation, int(number))
        for regulation, _, number in (rule.id.partition("-") for rule in all_rules(ROOT / "tests"))
    )
    gaps = {
        regulation: [number for number in range(1, numbers[-1]) if number not in numbers]
        for regulation, group in groupby(known, key=lambda each: each[0])
        if (numbers := [number for _, number in group])
    }
    cited = set(_RULE.findall(_sources(ROOT / "plugins", ROOT / "core")))

    assert {regulation: missing for regulation, missing in gaps.items() if missing} == {}
    assert sorted(cited - {f"{regulation}-{number}" for regulation, number in known}) == []
