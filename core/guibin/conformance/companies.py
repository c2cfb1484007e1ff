"""The company a scenario is played in: made anew, on a clock of its own, with its units, people and customers; how time passes there."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
from litestar.types import ASGIApp
from msgspec import Struct, structs

from guibin import timetable
from guibin.app.browsers import COOKIE
from guibin.context import Clock, Company, Root
from guibin.dispatch.execution import Workshop
from guibin.dispatch.leases import Leases
from guibin.dispatch.simulation import Background
from guibin.jobs.tables import LedgerJob
from guibin.operation import provisioning
from guibin.packs import Packs
from guibin.policies.actions import NewPolicyVersion, write
from guibin.policies.queries import act_of, effective_policy
from guibin.policy.packs import Overrides
from guibin.policy.posts import roles_of
from guibin.sla.simulation import advance
from guibin.tiers import memberships
from guibin.tiers.memberships import NewMembership
from guibin_tenants import keys, org_units, settings, staff
from guibin_tenants.keys import NewKey
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.registry import NewTenant
from guibin_tenants.scope import fetch, tenant_scope
from guibin_tenants.staff import Account, NewStaff, SignedIn, Staff
from guibin_tenants.tables import new_id

from .scenarios import Client, Scenario
from .words import Spoken

# Nobody's password hashes to this: people are signed in without one, which would take most of the time.
_NO_PASSWORD = "!"
# Who asks where the scenario names nobody: a system of the company's that may do everything.
SYSTEM = "system"
_TIME_ZONE = "Asia/Shanghai"
# So long everybody has been there when the story begins: whatever they owe of a span they owe of all of it.
_WORKED_THERE = timedelta(days=400)
# So long a session lasts by whatever clock: no story is longer.
_OUTLASTS = timedelta(days=10 * 365)


class Theatre(Struct, frozen=True, kw_only=True):
    """What scenarios are played on: the application over a database, and the clock by which its people sign in.

    With `overrides` every company has these parts of its own from the beginning of its story.
    """

    app: ASGIApp
    packs: Packs
    clock: Clock
    owner_url: str
    app_url: str
    overrides: Overrides | None = None


@contextlib.contextmanager
def going_by(packs: Packs, theatre: Theatre) -> Iterator[Theatre]:
    """The same theatre meanwhile goes by these packs, with the addresses of its own."""
    app: Any = theatre.app
    while not hasattr(app, "state"):
        app = app.app
    before = app.state.root
    app.state.root = app.state.scope_middleware.root = structs.replace(before, packs=packs)
    try:
        yield structs.replace(theatre, packs=packs)
    finally:
        app.state.root = app.state.scope_middleware.root = before


class Stage(Struct, kw_only=True):
    """One company in the middle of its story: who is signed in, and everything that has a name."""

    theatre: Theatre
    company: Company
    background: Background
    clients: dict[str, httpx.AsyncClient] = {}
    known: dict[str, Any] = {}

    async def spoken(self) -> Spoken:
        """What names stand for at this moment."""
        return Spoken(self.known, await self.now(), self.company.time_zone)

    async def now(self) -> datetime:
        """The company's clock."""
        async with tenant_scope(self.company.id):
            stands = await settings.simulated_now()
        assert stands is not None
        return stands

    async def pass_until(self, moment: datetime) -> None:
        """Everything that falls due by then happens at its own moment."""
        await advance(lambda: tenant_scope(self.company.id), until=moment, sources=[self.background])

    async def ask(self, by: str, method: str, path: str, **more: Any) -> httpx.Response:
        """Somebody asks the API."""
        return await self.clients[by].request(method.upper(), f"/api/v1{path}", **more)

    async def dead_jobs(self) -> list[str]:
        """Kinds of jobs that were given up: whatever they were for did not happen."""
        async with tenant_scope(self.company.id):
            given_up = f"select distinct kind from {LedgerJob._meta.tablename} where outcome = 'dead'"
            return [row["kind"] for row in await fetch(given_up)]


@contextlib.asynccontextmanager
async def stage_for(scenario: Scenario, theatre: Theatre) -> AsyncIterator[Stage]:
    """A company in which the scenario can begin. Raises Refusal for what its policy does not know."""
    starts = datetime.fromisoformat(scenario.starts).replace(tzinfo=ZoneInfo(_TIME_ZONE))
    slug = f"scenario-{new_id().hex[-16:]}"
    tenant = await provisioning.provision(
        NewTenant(slug=slug, name=slug, packs=scenario.packs, time_zone=_TIME_ZONE, simulated=True),
        owner_url=theatre.owner_url,
        app_url=theatre.app_url,
        packs=theatre.packs,
        now=theatre.clock(),
        simulated_from=starts,
    )
    company = Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, True)
    async with contextlib.AsyncExitStack() as stack:
        stage = Stage(theatre=theatre, company=company, background=_background(theatre, company, scenario.timetable))
        async with tenant_scope(company.id):
            if theatre.overrides:
                await _have_its_own(theatre.overrides, stage, starts)
            people = await _people(scenario, stage, starts)
            token, _ = await keys.create(NewKey(name=SYSTEM, service=SYSTEM, scopes=("*",)), now=theatre.clock())
        stage.clients[SYSTEM] = await stack.enter_async_context(_client(theatre, {"Authorization": f"Bearer {token}"}))
        for login, session in people.items():
            own = {"Cookie": f"{COOKIE}={session.token}", "X-CSRF-Token": session.csrf}
            stage.clients[login] = await stack.enter_async_context(_client(theatre, own))
        for name, client in scenario.customers.items():
            await _open_archive(stage, name, client)
        yield stage


def _background(theatre: Theatre, company: Company, named: tuple[str, ...]) -> Background:
    shop = Workshop(root=Root(packs=theatre.packs, clock=theatre.clock), worker=new_id(), leases=Leases())
    rhythms = timetable.everything(theatre.packs)
    return Background(shop, company, tuple(one for one in rhythms if not named or one.name in named))


async def _have_its_own(overrides: Overrides, stage: Stage, starts: datetime) -> None:
    by = Principal(kind="operator", id=new_id(), name=SYSTEM, permissions=PERMISSIONS, address=SYSTEM)
    act = await act_of(stage.theatre.packs, stage.company, by=by, now=starts)
    await write(NewPolicyVersion(overrides=overrides), act, packs=stage.theatre.packs)


async def _people(scenario: Scenario, stage: Stage, now: datetime) -> dict[str, SignedIn]:
    """Units and people, each with a session that was opened for them."""
    for code, parent in scenario.units.items():
        unit = await org_units.open_unit(code=code, name=code, parent=parent or "head-office")
        stage.known[code] = str(unit.id)
    policy = await effective_policy(stage.theatre.packs, stage.company, at=now)
    sessions = {}
    for login, person in scenario.people.items():
        unit_id = UUID(stage.known[person.unit]) if person.unit else None
        new = NewStaff(login=login, name=login, roles=person.roles, org_unit_id=unit_id)
        added = await staff.add(new, now=now - _WORKED_THERE, posts=roles_of(policy.posts))
        await Staff.update({Staff.password_hash: _NO_PASSWORD}).where(Staff.id == added.id)
        later = max(now, stage.theatre.clock()) + _OUTLASTS
        signed_in = await staff.open_session(Account(added, _NO_PASSWORD), address="", now=later)
        assert signed_in is not None
        stage.known[login], sessions[login] = str(added.id), signed_in
    return sessions


def _client(theatre: Theatre, headers: dict[str, str]) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=theatre.app, raise_app_exceptions=False)  # type: ignore[arg-type]  # litestar types its scopes more narrowly
    return httpx.AsyncClient(transport=transport, base_url="http://scenario.guibin", headers=headers)


async def _open_archive(stage: Stage, name: str, client: Client) -> None:
    spoken = await stage.spoken()
    new = {"number": name, "name": name, "kind": client.kind} | spoken.filled(client.archive)
    for field, of in (("account_manager_id", client.manager), ("org_unit_id", client.unit)):
        if of:
            new[field] = spoken.id_of(of)
    customer = (await _made(stage, "/customers", new))["id"]
    stage.known[name] = customer
    for purpose in client.consents:
        await _made(stage, f"/customers/{customer}/consents", {"purpose": purpose, "answer": "granted"})
    facts = [{"customer_id": customer, **spoken.filled(fact)} for fact in client.facts]
    if facts:
        await _made(stage, "/facts", {"facts": facts})
    for scheme, tier in client.holds.items():
        await _grant(
            stage,
            NewMembership(
                customer_id=UUID(customer),
                scheme=scheme,
                tier=tier,
                starts_on=datetime.fromisoformat(spoken.filled(client.since)).date(),
                basis="exception",
                basis_id=new_id(),
                reason=name,
            ),
            spoken.now,
        )


async def _grant(stage: Stage, new: NewMembership, now: datetime) -> None:
    async with tenant_scope(stage.company.id):
        await memberships.start(new, now=now)


async def _made(stage: Stage, path: str, said: dict[str, Any]) -> Any:
    answer = await stage.ask(SYSTEM, "post", path, json=said)
    if answer.status_code >= 400:
        raise ValueError(f"{path} {said}: {answer.text}")
    return answer.json()
