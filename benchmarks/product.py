"""The product on servers of its own, for as long as a measurement lasts, and what it takes to answer."""

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/support"))

from litestar import Litestar
from litestar.types import ASGIApp
from msgspec import Struct
from pack_values import all_packs

from guibin.app.factory import create_app
from guibin.context import Act, Company
from guibin.operation import embedded, migrations
from guibin.packs import Packs
from guibin.policies.queries import act_of
from guibin_tenants import keyring
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.registry import TenantView
from guibin_tenants.scope import tenant_scope
from guibin_tenants.tables import new_id
from support import PLENTY, litestar_in

PASSWORD = "correct horse battery"
P95_MAX_MS = 300


class Product(Struct, frozen=True):
    """What is served, and where its servers are."""

    app: ASGIApp
    litestar: Litestar
    servers: embedded.Servers
    home: Path


async def acting(tenant: TenantView, packs: Packs, *, now: datetime) -> Act:
    """What an action needs that is done for the company by whoever measures."""
    company = Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, False)
    by = Principal(kind="operator", id=new_id(), name="bench", permissions=PERMISSIONS)
    async with tenant_scope(tenant.id):
        return await act_of(packs, company, by=by, now=now)


@contextlib.asynccontextmanager
async def database(kept: Path | None = None) -> AsyncIterator[tuple[embedded.Servers, Path]]:
    """Servers with a migrated database; they end with it, and so does its folder unless one is `kept`."""
    home = kept or Path(tempfile.mkdtemp(prefix="guibin-bench-"))
    home.mkdir(exist_ok=True)  # before anything else runs
    home.chmod(0o755)  # as above
    servers = embedded.start(home)
    try:
        await migrations.migrate(servers.owner_url, all_packs().schemas())
        keyring.load_root_key(home)
        yield servers, home
    finally:
        embedded.stop(home)
        if kept is None:
            shutil.rmtree(home, ignore_errors=True)


@contextlib.asynccontextmanager
async def served(kept: Path | None = None) -> AsyncIterator[Product]:
    """The application in this process, on a database of its own, or on the one in the folder that is `kept`."""
    async with database(kept) as (servers, home), contextlib.AsyncExitStack() as stack:
        app = create_app(servers.app_url, packs=all_packs(), bounds=PLENTY)
        litestar = litestar_in(app)
        for lifespan in litestar._lifespan_managers:
            await stack.enter_async_context(lifespan(litestar))
        yield Product(app, litestar, servers, home)


@contextlib.asynccontextmanager
async def signed_in(app: ASGIApp, slug: str, login: str) -> AsyncIterator[httpx.AsyncClient]:
    """A member of its staff, who waits five minutes for an answer if it must be."""
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://bench", timeout=300) as client:
        answer = await client.post("/console/sign-in", data={"company": slug, "login": login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text[:500]
        yield client


async def timed(client: httpx.AsyncClient, path: str) -> tuple[float, httpx.Response]:
    """The milliseconds until the answer, and the answer, which must be one."""
    begun = time.perf_counter()
    answer = await client.get(path)
    took = (time.perf_counter() - begun) * 1_000
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
    return took, answer
