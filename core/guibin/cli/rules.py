"""`guibin rules`: the rules of the regulations, and where each is."""

from collections import Counter
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from guibin.conformance.elements import elements_of
from guibin.policy.packs import Pack
from guibin.regulations.pages import found_in, pages, sections, with_table
from guibin.regulations.rules import Rule, all_rules, noticed_elements

from . import environment
from .output import Json, as_json, as_table, fail, out

app = App(name="rules", help="The rules of the regulations, and where each is.")


@app.default
def rules(
    *,
    uncovered: Annotated[
        bool, Parameter(help="Only rules that no test and no scenario is about.", negative="")
    ] = False,
    unproved: Annotated[
        bool,
        Parameter(
            help="Only rules of which something can be taken out unnoticed, by what `make mutate` found.", negative=""
        ),
    ] = False,
    regulation: Annotated[str, Parameter(help="Only this regulation, such as S07.")] = "",
    json: Json = False,
) -> None:
    """List every rule; from a checkout, with how many tests and scenarios are about each, and of how much that was taken out
    of it, one by one, one of them noticed: a rule is proved when it is all."""
    tests = Path("tests")
    if (uncovered or unproved) and not tests.is_dir():
        fail("the tests are not in this folder: run `guibin rules --uncovered` in a checkout of the project")
    elements = _elements() if tests.is_dir() else {}
    found = all_rules(tests if tests.is_dir() else None, elements)
    if regulation:
        found = [rule for rule in found if rule.id.startswith(f"{regulation}-")]
    if uncovered:
        found = [rule for rule in found if not rule.proved_by]
    if unproved:
        found = [rule for rule in found if not rule.proved]
    if json:
        as_json(found)
    elif found or not (uncovered or unproved):
        as_table(
            ("rule", "pack", "tests", "noticed", "what must hold"),
            [(rule.id, rule.pack, len(rule.proved_by), _noticed(rule), rule.rule) for rule in found],
            empty="No such rule",
        )
        if tests.is_dir() and not regulation:
            out.print(_noticed_of_all(elements, noticed_elements(tests)), markup=False, soft_wrap=True)


def _elements() -> dict[str, tuple[str, ...]]:
    """Everything that `make mutate` takes out of the policies, by its name there, with the rules it stands under."""
    return {
        f"element {whose} {element.place}": element.rules
        for whose, value in _values().items()
        for element in elements_of(value)
    }


def _noticed_of_all(elements: dict[str, tuple[str, ...]], noticed: set[str]) -> str:
    """Of how many elements of the policies a test misses each, by whose they are."""
    count = Counter(name.split()[1] for name in elements)
    missed = Counter(name.split()[1] for name in elements if name in noticed)
    each = ", ".join(f"{whose} {missed[whose]}/{number}" for whose, number in count.items())
    return f"noticed {missed.total()} of {count.total()} that were taken out of the policies: {each}"


def _noticed(rule: Rule) -> str:
    """Of so many that were taken out; nothing where nothing was."""
    tried = rule.noticed + rule.missed
    return f"{rule.noticed}/{tried}" if tried else "-"


@app.command
def show(rule: str, *, json: Json = False) -> None:
    """One rule: its text, the values packs give it, the code that runs it, the tests that prove it."""
    everything = found_in(_checkout(), _values())
    found = next((each for each in everything if each.rule.id == rule.upper()), None)
    if found is None:
        fail(f"there is no rule {rule}: `guibin rules` lists them, such as {everything[0].rule.id}")
    if json:
        as_json(found)
        return
    out.print(f"{found.rule.id} · {found.rule.regulation}", style="bold", markup=False)
    out.print(found.rule.rule, markup=False, soft_wrap=True)
    for heading, items in sections(found).items():
        out.print(f"\n{heading}", style="bold")
        for item in items or ["none"]:
            out.print(f"  {item.replace('`', '')}", markup=False, soft_wrap=True)


@app.command
def write(folder: Path) -> None:
    """Write the pages of all rules into a folder, such as docs/rules, and the tables of rules into the READMEs of packs."""
    root, values = _checkout(), _values()
    found = found_in(root, values)
    made = pages(found)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    for pack in values:
        readme = root / "plugins" / pack / "README.md"
        if readme.is_file():
            readme.write_text(with_table(readme.read_text(encoding="utf-8"), pack, found), encoding="utf-8")
    out.print(f"{len(made)} pages are in {folder}")


def _checkout() -> Path:
    root = Path()
    if not (root / "core" / "guibin").is_dir():
        fail("the sources are not in this folder: run this in a checkout of the project")
    return root


def _values() -> dict[str, Pack]:
    # Read by this command alone: its texts are loaded at import.
    from guibin.regulations.core import CORE
    from guibin.regulations.general import GENERAL

    packs = environment.packs()
    return {"core": CORE, "general": GENERAL} | {name: packs.value(name) for name in packs.names}
