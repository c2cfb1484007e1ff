"""What a scenario file says, and where packs and the general regulations keep theirs."""

import re
from collections.abc import Iterator
from importlib.abc import Traversable
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct

from guibin.packs import Packs
from guibin.policy.texts import Text
from guibin.policy.words import Named

from .steps import Step, step_of

# Whose scenarios those of the general regulations are: of a company without any pack.
GENERAL = "general"
# What stands for a value of the row, within `do`.
_OF_ROW = re.compile(r"\[([a-z_]+)\]")
# What is played when the story goes as told, and when it does not: one company each.
THEN, OTHERWISE = "then", "otherwise"


class BadScenario(Exception):
    """A file says no scenario; the message names the file and the place."""


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who works there: roles or posts, and the org unit."""

    roles: tuple[Named, ...]
    unit: Named = ""


class Client(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer with an archive from the start. `manager` and `unit` by the scenario's names; `holds` says a scheme's tier
    that was granted `since`, by default sixty days ago; `facts` are as the API takes them; `archive` is the rest of it.
    """

    kind: Named
    manager: Named = ""
    unit: Named = ""
    holds: dict[Named, Named] = {}
    since: str = "{today-60d}"
    consents: tuple[Named, ...] = ()
    facts: tuple[dict[str, Any], ...] = ()
    archive: dict[str, Any] = {}


class Scenario(Struct, frozen=True, kw_only=True, eq=False):
    """One story. `then` follows `given` where the story goes as told, `otherwise` where it does not: nobody is told, or
    nothing is refused. `starts` is the company's time, a working Monday by default. `timetable` names the recurring jobs that run, all by default.
    """

    name: Named
    says: Text
    rules: tuple[Named, ...]
    starts: str = "2026-03-02 10:00"
    packs: tuple[Named, ...] = ()
    timetable: tuple[Named, ...] = ()
    units: dict[Named, Named] = {}
    people: dict[Named, Person] = {}
    customers: dict[Named, Client] = {}
    given: tuple[Any, ...] = ()
    then: tuple[Any, ...]
    otherwise: tuple[Any, ...]
    file: str = ""

    def steps(self, branch: str) -> tuple[Step, ...]:
        """What is played in one branch."""
        return self.given + (self.otherwise if branch == OTHERWISE else self.then)


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    """What all scenarios of a file share, and each as it stands."""

    scenario: tuple[dict[str, Any], ...]
    shared: dict[str, Any] = {}


def scenarios_of(name: str, folder: Traversable) -> list[Scenario]:
    """Every scenario below the folder, in the order of files and in theirs; `name` is the pack, or GENERAL. Raises BadScenario."""
    found: list[Scenario] = []
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            found += _read(file, () if name == GENERAL else (name,))
    names = [(each.file, each.name) for each in found]
    twice = {each for each in names if names.count(each) > 1}
    if twice:
        raise BadScenario(f"{name}: two scenarios of one name: {sorted(twice)}")
    return found


def all_scenarios(packs: Packs) -> list[tuple[str, Scenario]]:
    """Those of the general regulations and of every pack, each with whose it is."""
    folders = {GENERAL: files("guibin.regulations") / "scenarios"} | packs.hooks_of(packs.names).scenarios()
    return [(name, each) for name, folder in folders.items() for each in scenarios_of(name, folder)]


def _read(file: Traversable, packs: tuple[str, ...]) -> Iterator[Scenario]:
    place = file.name
    try:
        whole = msgspec.toml.decode(file.read_text(encoding="utf-8"), type=_File)
        for number, each in enumerate(whole.scenario, 1):
            place = f"{file.name}, {each.get('name') or f'scenario {number}'}"
            yield _scenario(file.name.removesuffix(".toml"), _with(whole.shared, each), packs)
    except (msgspec.DecodeError, ValueError, TypeError) as error:
        raise BadScenario(f"{place}: {error}") from error


def _with(shared: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What the scenario says, over what all of the file share; people, units and customers one by one."""
    both = {key for key in shared.keys() & said.keys() if isinstance(said[key], dict)}
    return {**shared, **said, **{key: {**shared[key], **said[key]} for key in both}}


def _scenario(file: str, said: dict[str, Any], packs: tuple[str, ...]) -> Scenario:
    unknown = said.keys() - {*Scenario.__struct_fields__} | {"file"} & said.keys()
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    branches = {}
    for branch in ("given", THEN, OTHERWISE):
        branches[branch] = tuple(_steps(branch, said.get(branch, ())))
    for branch in (THEN, OTHERWISE):
        if not branches[branch]:
            raise ValueError(f"`{branch}` is missing: a story is proved by what happens and by when it does not")
    people = {name: _person(one) for name, one in said.get("people", {}).items()}
    plain = {key: value for key, value in said.items() if key not in branches and key != "people"}
    return msgspec.convert({"packs": packs, **plain, "people": people, **branches, "file": file}, Scenario)


def _steps(branch: str, said: list[dict[str, Any]]) -> Iterator[Step]:
    for number, each in enumerate(_for_each(said), 1):
        try:
            yield step_of(each)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{branch}, step {number}: {error}") from error


def _for_each(said: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The steps, those under `each` once for every row of it, with `[name]` standing for the row's value."""
    for step in said:
        if "each" not in step:
            yield step
            continue
        unknown = step.keys() - {"each", "do"}
        if unknown or not step["each"] or not step.get("do"):
            raise ValueError(f"`each` has rows and what to `do` with every one of them, and nothing else: {step}")
        for row in step["each"]:
            for done in step["do"]:
                yield _of_row(done, row)


def _of_row(said: Any, row: dict[str, Any]) -> Any:
    if isinstance(said, dict):
        return {_of_row(key, row): _of_row(value, row) for key, value in said.items()}
    if isinstance(said, list):
        return [_of_row(value, row) for value in said]
    if not isinstance(said, str):
        return said
    whole = _OF_ROW.fullmatch(said)
    return _cell(whole[1], row) if whole else _OF_ROW.sub(lambda found: str(_cell(found[1], row)), said)


def _cell(name: str, row: dict[str, Any]) -> Any:
    if name not in row:
        raise ValueError(f"the row {row} has no {name!r}")
    return row[name]


def _person(said: Any) -> Any:
    if isinstance(said, str):
        return {"roles": (said,)}
    return {"roles": said} if isinstance(said, list) else said
