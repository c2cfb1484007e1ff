"""The application as the environment says, made in each process that serves it."""

import asyncio
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor

from litestar.types import ASGIApp

from guibin.app.bounds import Bounds, bounds_of
from guibin.app.factory import create_app
from guibin.app.protocol import use_bounds
from guibin.app.proxies import proxies_of
from guibin.conformance.soundness import sound
from guibin.operation import migrations, supervisor
from guibin.outbound.targets import use_rules
from guibin.watch import logs, tracing
from guibin.web.public_address import use_public_address
from guibin_tenants import cells

from . import environment


def prepare() -> Bounds:
    """Take what the environment says of this process; its bounds. Raises what names a wrong setting."""
    bounds = bounds_of(os.environ)
    use_bounds(bounds)
    logs.configure(level=os.environ.get("GUIBIN_LOG_LEVEL", "warning").upper())
    tracing.use_environment("guibin-api")
    environment.load_root_key()
    use_rules(environment.outbound_rules())
    use_public_address(environment.public_url())
    environment.use_files()
    return bounds


def application() -> ASGIApp:
    """The application; in one of several processes, after all that their first one has prepared for itself."""
    first = multiprocessing.parent_process()
    if first is not None and first.pid is not None:
        cells.serve(os.environ)
        supervisor.leave_with(first.pid)
        prepare()
    database_url = os.environ[supervisor.DATABASE]
    packs = sound()
    # Beside the loop that calls this in one of several processes.
    with ThreadPoolExecutor(1) as beside:
        beside.submit(asyncio.run, migrations.put_aside_unchanged(packs, database_url)).result()
    return create_app(
        database_url,
        packs=packs,
        bounds=bounds_of(os.environ),
        proxies=proxies_of(os.environ.get("GUIBIN_TRUSTED_PROXIES", "")),
        presence_url=os.environ.get(supervisor.PRESENCE, ""),
    )
