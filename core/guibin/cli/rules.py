"""`guibin rules`: the rules of the regulations and the tests that prove them."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from guibin.regulations import all_rules

from .output import as_json, as_table, fail
from .tenants import Json


def rules(
    *,
    uncovered: Annotated[bool, Parameter(help="Only rules that no test proves.", negative="")] = False,
    regulation: Annotated[str, Parameter(help="Only this regulation, such as S07.")] = "",
    json: Json = False,
) -> None:
    """List every rule; from a checkout, with how many tests prove each."""
    tests = Path("tests")
    if uncovered and not tests.is_dir():
        fail("the tests are not in this folder: run `guibin rules --uncovered` in a checkout of the project")
    found = all_rules(tests if tests.is_dir() else None)
    if regulation:
        found = [rule for rule in found if rule.id.startswith(f"{regulation}-")]
    if uncovered:
        found = [rule for rule in found if not rule.proved_by]
    if json:
        as_json(found)
    elif found or not uncovered:
        as_table(
            ("rule", "pack", "tests", "what must hold"),
            [(rule.id, rule.pack, len(rule.proved_by), rule.rule) for rule in found],
            empty="No such rule",
        )
