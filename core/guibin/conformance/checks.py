"""Checking a pack, installed or in a folder: its stories are played on servers of their own, and what none of them tells is named."""

import contextlib
import os
import sys
import tempfile
import time
import tomllib
from collections.abc import AsyncIterator, Iterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

from msgspec import Struct, structs

from guibin.app.factory import create_app
from guibin.context import Company, real_clock
from guibin.operation import embedded, migrations
from guibin.packs import GROUP, BadPack, Packs, loaded
from guibin.policies.actions import checked
from guibin.policy.packs import Overrides, Pack
from guibin.policy.texts import Text
from guibin.regulations.places import values_by_rule
from guibin_tenants import keyring
from guibin_tenants.database import connected

from .companies import Theatre
from .playing import Broken, play
from .scenarios import GENERAL, OTHERWISE, THEN, Scenario, all_scenarios


class Verdict(Struct, frozen=True, kw_only=True):
    """How one branch of a scenario ended; `problem` is empty when it went as it says."""

    file: str
    scenario: str
    branch: str
    rules: tuple[str, ...]
    problem: str = ""
    took_s: float = 0.0


def plugin_in(folder: Path) -> tuple[str, object]:
    """The pack of a folder with a `pyproject.toml` that names it, or of a package `guibin_<name>`. Raises BadPack."""
    project = folder / "pyproject.toml"
    if project.is_file():
        named = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {}).get("entry-points", {}).get(GROUP)
        if not named or len(named) != 1:
            raise BadPack(f"{project} names no pack, or several, under [project.entry-points.{GROUP!r}]")
        name, value = next(iter(named.items()))
        sys.path[:0] = [str(folder / "src"), str(folder)]
    elif folder.name.startswith("guibin_") and (folder / "__init__.py").is_file():
        name, value = folder.name.removeprefix("guibin_"), folder.name
        sys.path.insert(0, str(folder.parent))
    else:
        raise BadPack(f"{folder} is no pack: it has neither a pyproject.toml nor is it a package guibin_<name>")
    return name, loaded(EntryPoint(name, value, GROUP))


class Promise(Struct, frozen=True, kw_only=True):
    """What a story promises, and what happens instead under a company's own policy; `instead` is empty where it stays."""

    file: str
    scenario: str
    says: Text
    rules: tuple[str, ...]
    instead: str = ""


async def check(packs: Packs, scenarios: Sequence[Scenario]) -> AsyncIterator[Verdict]:
    """Play them all, each branch in a company of its own, one after another; each verdict as it comes."""
    async with theatre_of(packs) as theatre:
        for scenario in scenarios:
            for branch in (THEN, OTHERWISE):
                yield await verdict(scenario, branch, theatre)


async def promises(packs: Packs, company: Company, overrides: Overrides) -> AsyncIterator[Promise]:
    """Whatever the stories of a company's packs promise, played under its own policy; those of no pack for a company that
    has none. What fails is played without it too: a story that does not go then either promises this company nothing.

    Raises Invalid where the policy contradicts itself.
    """
    checked(overrides, company, packs)
    async with theatre_of(packs) as theatre:
        for scenario in stories_for(company.packs, packs):
            promise = await promised(scenario, theatre, overrides)
            if promise:
                yield promise


def stories_for(company: tuple[str, ...], packs: Packs) -> list[Scenario]:
    """The stories of these packs, each in a company that has all of them; of none, those of the general regulations."""
    told = [one for whose, one in all_scenarios(packs) if whose in (company or (GENERAL,))]
    return [structs.replace(one, packs=tuple(dict.fromkeys((*company, *one.packs)))) for one in told]


async def promised(scenario: Scenario, theatre: Theatre, overrides: Overrides) -> Promise | None:
    """What one story promises under these parts of a company's own; None when it promises nothing without them either."""
    own = structs.replace(theatre, overrides=overrides)
    instead = [found.problem for found in [await verdict(scenario, branch, own) for branch in (THEN, OTHERWISE)]]
    if any(instead) and any([(await verdict(scenario, branch, theatre)).problem for branch in (THEN, OTHERWISE)]):
        return None
    return Promise(
        file=scenario.file,
        scenario=scenario.name,
        says=scenario.says,
        rules=scenario.rules,
        instead="\n".join(filter(None, instead)),
    )


@contextlib.asynccontextmanager
async def theatre_of(packs: Packs) -> AsyncIterator[Theatre]:
    """The product with these packs over servers of its own, gone at the end."""
    keyring.use_root_key(os.urandom(32))
    with servers_alone() as servers:
        await migrations.migrate(servers.owner_url, packs.schemas())
        async with connected(servers.app_url, pool_size=8):
            yield Theatre(
                app=create_app(servers.app_url, packs=packs),
                packs=packs,
                clock=real_clock,
                owner_url=servers.owner_url,
                app_url=servers.app_url,
            )


def untold(pack: Pack, scenarios: Sequence[Scenario]) -> list[str]:
    """The clauses of the pack's values that no scenario names."""
    told = {rule for scenario in scenarios for rule in scenario.rules}
    return sorted(values_by_rule({pack.name: pack}).keys() - told)


@contextlib.contextmanager
def servers_alone() -> Iterator[embedded.Servers]:
    """PostgreSQL and Valkey of this check alone, gone with it."""
    with tempfile.TemporaryDirectory(prefix="guibin-check-") as folder:
        # PostgreSQL runs under an account of its own where we are root.
        Path(folder).chmod(0o755)
        with embedded.running(Path(folder), settings=embedded.FORGETFUL) as servers:
            yield servers


async def verdict(scenario: Scenario, branch: str, theatre: Theatre) -> Verdict:
    """How one branch goes."""
    began, problem = time.monotonic(), ""
    try:
        await play(scenario, branch, theatre)
    except Broken as error:
        problem = str(error)
    return Verdict(
        file=scenario.file,
        scenario=scenario.name,
        branch=branch,
        rules=scenario.rules,
        problem=problem,
        took_s=round(time.monotonic() - began, 2),
    )
