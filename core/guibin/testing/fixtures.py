"""What tests of a pack are given: real servers of their own, the product over them, and companies that have the pack."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct

from guibin.conformance.checks import plugin_in, theatre_of
from guibin.conformance.companies import SYSTEM, Stage, Theatre, stage_for
from guibin.conformance.playing import play
from guibin.conformance.scenarios import Person, Scenario
from guibin.conformance.soundness import sound
from guibin.conformance.words import duration
from guibin.packs import BadPack, Packs, installed
from guibin.policy.texts import Text

# One of each, by their role; the auditor sees the record and nothing else.
PEOPLE = {role: Person(roles=(role,)) for role in ("tenant_admin", "manager", "account_manager", "agent", "auditor")}
Story = Callable[[], Awaitable[None]]


class Clock(Struct, frozen=True):
    """The company's time: whatever falls due on the way happens at its own moment."""

    stage: Stage

    async def now(self) -> datetime:
        """The company's now."""
        return await self.stage.now()

    async def passes(self, time: str) -> None:
        """So long, such as `4h59m` or `7d`."""
        await self.stage.pass_until(await self.stage.now() + duration(time))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests are run by asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def packs(request: pytest.FixtureRequest) -> Packs:
    """The installed packs and the one that is tested. Fails with all that is wrong with it."""
    return known_in(folder_of(request.config))[1]


@pytest.fixture(scope="session")
async def theatre(packs: Packs, anyio_backend: str) -> AsyncIterator[Theatre]:
    """PostgreSQL, Valkey and the API of this run alone."""
    async with theatre_of(packs) as theatre:
        yield theatre


@pytest.fixture
async def company(request: pytest.FixtureRequest, theatre: Theatre) -> AsyncIterator[Stage]:
    """A company that has the pack, from Monday 2 March 2026, 10:00, with one person of each role."""
    name, _ = known_in(folder_of(request.config))
    step: tuple[Any, ...] = ({},)
    scenario = Scenario(
        name="test", says=Text("测试", "a test"), rules=(), packs=(name,), people=PEOPLE, then=step, otherwise=step
    )
    async with stage_for(scenario, theatre) as stage:
        yield stage


@pytest.fixture
def client(company: Stage) -> httpx.AsyncClient:
    """A program of the company's that may do everything; addresses begin with `/api/v1`."""
    return company.clients[SYSTEM]


@pytest.fixture
def staff(company: Stage) -> dict[str, httpx.AsyncClient]:
    """The people of the company, signed in, by their role."""
    return {role: company.clients[role] for role in PEOPLE}


@pytest.fixture
def clock(company: Stage) -> Clock:
    """The company's time."""
    return Clock(company)


@pytest.fixture
def story(request: pytest.FixtureRequest, theatre: Theatre) -> Story:
    """Play one branch of one scenario: `await story()`."""
    scenario, branch = request.param

    async def played() -> None:
        await play(scenario, branch, theatre)

    return played


def folder_of(config: pytest.Config) -> Path:
    """Where the pack is."""
    return Path(config.getoption("--pack") or config.rootpath).resolve()


@lru_cache(maxsize=1)
def known_in(folder: Path) -> tuple[str, Packs]:
    """The pack's name, and the installed packs with it. Raises BadPack."""
    name, plugin = plugin_in(folder)
    packs = sound({**installed(), name: plugin})
    if name in packs.aside:
        raise BadPack(*packs.aside[name])
    return name, packs
