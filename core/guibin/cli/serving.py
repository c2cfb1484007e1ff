"""The product's own processes as the environment says: what each prepares, and the application in each that serves it."""

import asyncio
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor

from litestar.types import ASGIApp

from guibin.app.bounds import Bounds, bounds_of
from guibin.app.factory import create_app
from guibin.app.protocol import use_bounds
from guibin.app.proxies import Network, proxies_of
from guibin.conformance.soundness import sound
from guibin.operation import migrations, supervisor
from guibin.outbound.targets import use_rules
from guibin.packs import Packs
from guibin.watch import logs, tracing
from guibin.web.public_address import use_public_address
from guibin_tenants import cells

from . import environment

API = "guibin-api"


def prepare(service: str) -> None:
    """Take what the environment says to a process of this name. Raises what names a wrong setting."""
    logs.configure(level=os.environ.get("GUIBIN_LOG_LEVEL", "warning").upper())
    tracing.use_environment(service)
    environment.load_root_key()
    use_rules(environment.outbound_rules())
    use_public_address(environment.public_url())
    environment.use_files()


def bounds_and_proxies() -> tuple[Bounds, tuple[Network, ...]]:
    """The API's, as the environment says. Raises what names a wrong setting."""
    return bounds_of(os.environ), proxies_of(os.environ.get("GUIBIN_TRUSTED_PROXIES", ""))


async def sound_packs(database_url: str) -> Packs:
    """The packs that are installed; those whose tables are not theirs yet put aside."""
    packs = sound()
    await migrations.put_aside_unchanged(packs, database_url)
    return packs


def application() -> ASGIApp:
    """The application; in one of several processes, after all that their first one has prepared for itself."""
    first = multiprocessing.parent_process()
    if first is not None and first.pid is not None:
        cells.serve(os.environ)
        supervisor.leave_with(first.pid)
        prepare(API)
    bounds, proxies = bounds_and_proxies()
    use_bounds(bounds)
    database_url, presence_url = os.environ[supervisor.DATABASE], os.environ.get(supervisor.PRESENCE, "")
    # Beside the loop that calls this in one of several processes.
    with ThreadPoolExecutor(1) as beside:
        packs = beside.submit(asyncio.run, sound_packs(database_url)).result()
    return create_app(database_url, packs=packs, bounds=bounds, proxies=proxies, presence_url=presence_url)
