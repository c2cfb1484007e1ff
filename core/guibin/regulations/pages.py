"""The pages of `docs/rules`: each regulation with its rules, their values, code and tests, made from the sources."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from msgspec import Struct

from guibin.policy.packs import Pack

from .places import Place, Value, code_by_rule, values_by_rule
from .rules import Rule, all_rules


class Found(Struct, frozen=True):
    """A rule with everything that is known of it."""

    rule: Rule
    values: tuple[Value, ...]
    code: tuple[Place, ...]


def found_in(root: Path, packs: Mapping[str, Pack]) -> list[Found]:
    """Every rule as the checkout at `root` and these packs have it."""
    values, code = values_by_rule(packs), code_by_rule(root)
    return [
        Found(rule, tuple(values.get(rule.id, ())), tuple(code.get(rule.id, ()))) for rule in all_rules(root / "tests")
    ]


def pages(found: Sequence[Found]) -> dict[str, str]:
    """File name → the page: one per regulation, and the index."""
    made = {}
    index = ["# Rules", "", "Made by `make docs` from the sources: do not edit.", ""]
    index += [
        "| regulation | title | rules | without value | without code | without test |",
        "|---|---|---|---|---|---|",
    ]
    for regulation, group in groupby(found, key=lambda each: each.rule.id.partition("-")[0]):
        rules = list(group)
        made[f"{regulation}.md"] = _page(regulation, rules)
        lacking = (sum(not getattr(each, part) for each in rules) for part in ("values", "code"))
        untested = sum(not each.rule.proved_by for each in rules)
        cells = (f"[{regulation}]({regulation}.md)", rules[0].rule.regulation, len(rules), *lacking, untested)
        index.append(f"| {' | '.join(map(str, cells))} |")
    made["README.md"] = "\n".join(index) + "\n"
    return made


BEGIN, END = "<!-- rules: made by `make docs` from the sources -->", "<!-- end of rules -->"


def with_table(readme: str, pack: str, found: Sequence[Found]) -> str:
    """The README of a pack with its rules between the marks: where each is, and what is about it."""
    before, _, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        return readme
    return f"{before}{BEGIN}\n\n{_table(pack, found)}\n\n{END}{after}"


def _table(pack: str, found: Sequence[Found]) -> str:
    lines = ["| rule | what must hold | where | proof |", "|---|---|---|---|"]
    for each in found:
        places = [f"`{value.place}`" for value in each.values if value.pack == pack]
        if each.rule.pack == pack or places:
            stories = [_story(test) for test in each.rule.proved_by if "/scenarios/" in test]
            # Which tests is told there: here it would change with every one.
            tested = len(each.rule.proved_by) > len(stories)
            page = f"[tests](../../docs/rules/{each.rule.id.partition('-')[0]}.md)"
            proof = [*stories, *([page] if tested else [])]
            where = places[:3] + (["…"] if len(places) > 3 else []) or [f"`{place.file}`" for place in each.code[:2]]
            lines.append(
                f"| {each.rule.id} | {each.rule.rule} | {', '.join(where) or 'none'} | {', '.join(proof) or 'none'} |"
            )
    return "\n".join(lines)


def _story(test: str) -> str:
    file, _, name = test.partition("::")
    return f"{Path(file).stem}/{name}"


def sections(each: Found) -> dict[str, list[str]]:
    """What is shown of a rule below its text, as lines under a heading."""
    return {
        "values": [f"{value.pack} `{value.place}`: `{value.text}`" for value in each.values],
        "code": [f"`{place.file}` {place.name}" for place in each.code],
        "tests": [f"`{test}`" for test in each.rule.proved_by],
    }


def _page(regulation: str, rules: Sequence[Found]) -> str:
    lines = [f"# {regulation} {rules[0].rule.regulation}", "", "Made by `make docs` from the sources: do not edit."]
    for each in rules:
        lines += ["", f"## {each.rule.id}", "", each.rule.rule]
        for heading, items in sections(each).items():
            lines += ["", f"**{heading}** (from {each.rule.pack})" if heading == "values" else f"**{heading}**", ""]
            lines += [f"- {item}" for item in items] or ["- none"]
    return "\n".join(lines) + "\n"
