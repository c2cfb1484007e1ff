"""What tests share: a running application, tenants in it, and people who ask."""

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from documented import Held

from guibin import timetable
from guibin.app.bounds import Bounds
from guibin.app.factory import create_app
from guibin.context import Company as CompanyContext
from guibin.context import Root
from guibin.operation import provisioning
from guibin.packs import Packs
from guibin.policies.queries import effective_policy
from guibin.policy.posts import roles_of
from guibin_tenants import keys, org_units, staff
from guibin_tenants.database import ENGINE
from guibin_tenants.keys import NewKey
from guibin_tenants.principals import AUDITING, PERMISSIONS, Principal
from guibin_tenants.registry import NewTenant, TenantView
from guibin_tenants.scope import Scope, tenant_scope
from guibin_tenants.staff import NewStaff
from guibin_tenants.tables import new_id

# Hundreds of tests share one application: what it allows is tested where it is tight.
PLENTY = Bounds(
    connections=24,
    caller_per_s=5_000,
    caller_burst=10_000,
    company_per_s=5_000,
    company_burst=10_000,
    stranger_burst=100_000,
    refused_after_s=0.001,
    # A test reads an answer whole.
    stream_lasts_s=0.3,
    # Tests move the clock by days.
    idle_minutes=10_000_000,
    confirm_minutes=10_000_000,
)
PASSWORD = "correct horse battery"
# A run inside a run is told the servers of the other, and makes a database of its own there.
SERVERS = "GUIBIN_TEST_SERVERS"
# Such a run may be told which of Redis's databases is its own, and statements that change its own database first.
REDIS_DATABASE, ALTERED = "GUIBIN_TEST_REDIS_DATABASE", "GUIBIN_TEST_ALTERED"
_numbers = itertools.count(1)


class TestClock:
    """The application's clock, moved by the test. Starts on a working Monday at 10:00 in Shanghai."""

    __test__ = False
    START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)

    def __init__(self) -> None:
        self.now = self.START

    def __call__(self) -> datetime:
        return self.now

    def set(self, moment: datetime) -> None:
        """Jump there."""
        self.now = moment.astimezone(UTC)


@dataclass
class World:
    """One application over one database."""

    app: Any
    packs: Packs
    clock: TestClock
    owner_url: str
    app_url: str
    redis_url: str = ""

    @property
    def litestar(self) -> Any:
        """The framework's application, within what is wrapped around it."""
        return litestar_in(self.app)

    def client(self, token: str = "", **headers: str) -> httpx.AsyncClient:
        """A caller; with a key when `token` is given."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        transport = httpx.ASGITransport(app=Held(self.app), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://guibin.test", headers=headers)

    async def tenant(self, slug: str = "", *, packs: tuple[str, ...] = ("cable_tv",), **settings: Any) -> "Company":
        """A new company with these packs."""
        simulated_from = settings.pop("simulated_from", None)
        chosen = slug or f"tenant-{next(_numbers)}-{new_id().hex[-6:]}"
        new = NewTenant(slug=chosen, name=chosen, packs=packs, simulated=simulated_from is not None, **settings)
        view = await provisioning.provision(
            new,
            owner_url=self.owner_url,
            app_url=self.app_url,
            packs=self.packs,
            now=self.clock(),
            simulated_from=simulated_from,
        )
        return Company(self, view)


@dataclass
class Company:
    """A tenant, its keys and its people."""

    world: World
    view: TenantView
    units: dict[str, UUID] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        return self.view.id

    @property
    def slug(self) -> str:
        return self.view.slug

    @contextlib.asynccontextmanager
    async def scope(self) -> AsyncIterator[Scope]:
        """Inside this tenant, as the application would be."""
        async with tenant_scope(self.id) as scope:
            yield scope

    def context(self) -> CompanyContext:
        """The company as its work knows it."""
        view = self.view
        return CompanyContext(view.id, view.slug, view.packs, view.time_zone, view.language, view.simulated)

    async def key(self, *scopes: str, org_unit_id: UUID | None = None) -> str:
        """A new API key's text, the operator's; without scopes it may do everything, the audit too."""
        async with self.scope():
            # Of a system of its own, so that two of them are two.
            service = f"system {next(_numbers)}"
            new = NewKey(name="test", service=service, scopes=scopes or ("*", *AUDITING), org_unit_id=org_unit_id)
            token, _ = await keys.create(new, now=self.world.clock())
        return token

    async def client(self, *scopes: str, org_unit_id: UUID | None = None) -> httpx.AsyncClient:
        """A caller with a new key."""
        return self.world.client(await self.key(*scopes, org_unit_id=org_unit_id))

    async def unit(self, code: str, parent: str = "head-office") -> UUID:
        """A new org unit under `parent`."""
        async with self.scope():
            self.units[code] = (await org_units.open_unit(code=code, name=code, parent=parent)).id
        return self.units[code]

    async def staff(self, login: str, *roles: str, unit: str | None = None) -> httpx.AsyncClient:
        """A new member of staff, signed in: cookie and CSRF token set. `client.staff_id` tells who."""
        now = self.world.clock()
        async with self.scope():
            policy = await effective_policy(self.world.packs, self.context(), at=now)
            await staff.add(
                NewStaff(
                    login=login,
                    name=login,
                    roles=roles or ("account_manager",),
                    org_unit_id=self.units[unit] if unit else None,
                    password=PASSWORD,
                ),
                now=now,
                posts=roles_of(policy.posts),
            )
        return await self.sign_in(login)

    async def sign_in(self, login: str) -> httpx.AsyncClient:
        """Somebody who is known already signs in, again."""
        client = self.world.client()
        answer = await client.post(
            "/api/v1/sessions", json={"company": self.slug, "login": login, "password": PASSWORD}
        )
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        client.staff_id = UUID(answer.json()["staff"]["id"])  # type: ignore[attr-defined]  # a convenience of tests
        return client

    def principal(self, *permissions: str, name: str = "tester") -> Principal:
        """Somebody to act in tests that call actions."""
        return Principal(kind="staff", id=new_id(), name=name, permissions=frozenset(permissions) or PERMISSIONS)


async def on_a_wall(company: Company, leader: httpx.AsyncClient, **asked: Any) -> httpx.AsyncClient:
    """A screen that shows the board `leader` made it for. `client.display_id` tells which."""
    until = (company.world.clock() + timedelta(days=30)).date().isoformat()
    made = await leader.post("/api/v1/wall-displays", json={"name": "大厅东墙", "ends_on": until, **asked})
    assert made.status_code == 201, made.text
    screen = company.world.client()
    opened = await screen.post("/console/wall/code", data={"company": company.slug, "code": made.json()["code"]})
    assert (opened.status_code, opened.headers.get("location")) == (303, "/console/wall"), opened.text
    screen.display_id = made.json()["id"]  # type: ignore[attr-defined]  # a convenience of tests
    return screen


@contextlib.contextmanager
def pool_put_aside() -> Iterator[None]:
    """Without the worker's connections, for a test that opens its own."""
    pool, ENGINE.pool = ENGINE.pool, None
    try:
        yield
    finally:
        ENGINE.pool = pool


def make_app(app_url: str, packs: Packs, clock: TestClock) -> Any:
    """The application as it is served, on the test's clock."""
    return create_app(app_url, packs=packs, clock=clock, bounds=PLENTY)


@contextlib.contextmanager
def knowing(app: Any, packs: Packs) -> Iterator[None]:
    """The application has these packs meanwhile, none of which has addresses of its own: another one takes seconds."""
    state = litestar_in(app).state
    before: Root = state.root
    timetable.everything(packs)
    state.root = state.scope_middleware.root = Root(packs=packs, clock=before.clock)
    try:
        yield
    finally:
        state.root = state.scope_middleware.root = before


def company_of(tenant: Company) -> CompanyContext:
    """The tenant as whoever handles a request knows it."""
    view = tenant.view
    return CompanyContext(view.id, view.slug, view.packs, view.time_zone, view.language, view.simulated)


def litestar_in(app: Any) -> Any:
    """The framework's application within the middleware around it."""
    while not hasattr(app, "state"):
        app = app.app
    return app
