"""The lock must install on the pip that comes with Python 3.11, whatever is released later."""

import re
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement

LOCK = Path(__file__).parent.parent / "requirements.lock"


def test_every_extra_that_a_dependency_asks_for_is_locked_with_its_extra() -> None:
    """Pip before 23.3 pins `name[extra]` only where the lock spells it so; otherwise it takes the newest and fails."""
    locked = {_normal(Requirement(line.rstrip("\\ ").split(" --")[0])) for line in _requirement_lines()}
    asked = {
        _normal(requirement)
        for distribution in distributions()
        for requirement in map(Requirement, distribution.requires or ())
        if requirement.extras and (requirement.marker is None or requirement.marker.evaluate({"extra": ""}))
    }

    assert asked
    assert asked <= locked


def _requirement_lines() -> list[str]:
    return [line for line in LOCK.read_text().splitlines() if re.match(r"[A-Za-z0-9]", line)]


def _normal(requirement: Requirement) -> tuple[str, frozenset[str]]:
    return requirement.name.lower().replace("_", "-"), frozenset(requirement.extras)


def test_what_is_pinned_with_an_extra_is_pinned_without_it_too() -> None:
    """pip takes no pin with an extra for what another asks for without one."""
    pinned = set(re.findall(r"^(\S+==\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))

    assert {re.sub(r"\[.*\]", "", each) for each in pinned if "[" in each} <= pinned
