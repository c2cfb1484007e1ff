"""Every route, called by somebody who may do everything but what it asks for, and by somebody who may do that alone."""

import re
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import httpx
import pytest

from guibin_tenants.principals import PERMISSIONS, ROLE_PERMISSIONS, Predicate
from support import Company, on_a_wall

from .declared import Door, doors

DOORS = doors()
SAMPLES = {"uuid": lambda: str(uuid4()), "str": lambda: "nothing", "int": lambda: "1"}
PARAMETER = re.compile(r"\{\w+:(\w+)\}")
WORDS = {
    "whole-company": "sight of the whole company",
    "anyone": "anyone signed in",
    "any": "any credential",
    "display": "a wall display",
}
OPEN = {"any", "anyone", "public"}
# All that a wall display gets to see.
ON_A_WALL = {"GET /console/wall", "GET /api/v1/events/stream"}


@dataclass
class Callers:
    """One company whose keys allow this and not that; made as they are asked for, and kept for all routes."""

    company: Company
    outlet: UUID
    known: dict[tuple[str, ...], httpx.AsyncClient] = field(default_factory=dict)

    async def all_but(self, word: str) -> httpx.AsyncClient:
        """A caller who has whatever there is, except this."""
        if word == "whole-company":
            return await self._caller("outlet", *PERMISSIONS)
        if word in ("staff", "display"):
            return await self._caller("", *PERMISSIONS)
        return await self._caller("", *(PERMISSIONS - {*word.split("|")}))

    async def with_only(self, needs: tuple[str, ...]) -> httpx.AsyncClient:
        """A caller who has these and nothing else."""
        if "display" in needs:
            return await self.display()
        if "staff" in needs:
            return await self._caller("staff", *(word for word in needs if word in PERMISSIONS))
        permissions = [first for word in needs if (first := word.partition("|")[0]) in PERMISSIONS]
        return await self._caller("" if "whole-company" in needs else "outlet", *permissions or ["policy:read"])

    async def display(self) -> httpx.AsyncClient:
        """A screen on a wall, made by somebody who may do whatever a role allows."""
        if ("display",) not in self.known:
            leader = await self.company.staff("leader", "manager")
            self.known["display",] = await on_a_wall(self.company, leader)
        return self.known["display",]

    async def _caller(self, where: str, *permissions: str) -> httpx.AsyncClient:
        named = (where, *sorted(permissions))
        if named not in self.known:
            if where == "staff":
                role = next(
                    role for role in ("agent", "manager", "auditor") if {*permissions} <= ROLE_PERMISSIONS[role]
                )
                self.known[named] = await self.company.staff(f"member-{len(self.known)}", role)
            else:
                unit = self.outlet if where == "outlet" else None
                self.known[named] = await self.company.client(*permissions, org_unit_id=unit)
        return self.known[named]


_callers: dict[int, Callers] = {}


@pytest.fixture
async def callers(world):
    """Of this worker: provisioning a company for each of hundreds of routes would take longer than all calls."""
    if id(world.app) not in _callers:
        company = await world.tenant()
        _callers[id(world.app)] = Callers(company, await company.unit("outlet"))
    return _callers[id(world.app)]


@pytest.mark.parametrize("address", [a for a, door in DOORS.items() if not {*door.needs} & OPEN])
async def test_a_route_refuses_whoever_lacks_what_it_asks_for_and_only_them(callers, address):
    door = DOORS[address]

    refused = {word: await _refused(await callers.all_but(word), door) for word in door.needs}
    alone = await _refused(await callers.with_only(door.needs), door)

    assert refused == dict.fromkeys(door.needs, True), (
        f"permissions.txt says `{door.line}`: it does not ask for all of it"
    )
    assert not alone, f"permissions.txt says `{door.line}`: it asks for more"


@pytest.mark.parametrize("address", [a for a, door in DOORS.items() if {*door.needs} & {"any", "anyone"}])
async def test_a_route_for_anyone_asks_for_a_credential_and_nothing_else(callers, world, address):
    door = DOORS[address]

    nobody = await _call(world.client(), door)
    assert nobody.status_code == 401 or nobody.headers.get("location", "").startswith("/console/sign-in?next=")
    assert not await _refused(await callers.with_only(door.needs), door), (
        f"permissions.txt says `{door.line}`: it asks for more"
    )


@pytest.mark.parametrize("address", [a for a, door in DOORS.items() if "public" not in door.needs])
async def test_a_wall_display_is_refused_everywhere_but_at_the_board_and_its_stream(callers, address):
    answer = await _call(await callers.display(), DOORS[address])

    assert (answer.status_code in (401, 403)) == (address not in ON_A_WALL), (answer.status_code, answer.text[:200])
    if DOORS[address].method == "GET" and address not in ON_A_WALL:
        assert answer.status_code == 403


async def test_every_route_has_its_line(world):
    served = {}
    for route in world.litestar.routes:
        for handler in getattr(route, "route_handlers", ()):
            needs = handler.opt.get("needs")
            if needs is not None and route.path.startswith(("/api/v1/", "/console", "/scim/")):
                for method in handler.http_methods - {"HEAD", "OPTIONS"}:
                    served[f"{method} {route.path}"] = Door(method, route.path, _words(needs)).line

    missing = [line for address, line in sorted(served.items()) if address not in DOORS]
    gone = [door.line for address, door in DOORS.items() if address not in served]

    assert not missing, "\n".join(("add to tests/isolation/permissions.txt, if that is who may call them:", *missing))
    assert not gone, "\n".join(("take out of tests/isolation/permissions.txt, for there is no such route:", *gone))


def _words(needs):
    if not isinstance(needs, Predicate):
        return (needs,)
    if needs.all_of:
        return tuple(word for part in needs.all_of for word in _words(part))
    said = {said: word for word, said in WORDS.items()}.get(needs.says, needs.says)
    return (said.strip("()").replace(" or ", "|"),)


async def _refused(client, door):
    """Whether it is the route that refuses, not what is asked for behind it, such as another's address."""
    answer = await _call(client, door)
    assert answer.status_code != 401, answer.text
    if door.path.startswith("/console"):
        return answer.status_code == 403
    return answer.status_code == 403 and "lacks what this needs" in answer.json()["detail"]


async def _call(client, door):
    path = PARAMETER.sub(lambda found: SAMPLES[found[1]](), door.path)
    return await client.request(door.method, path, json=None if door.method == "GET" else {})
