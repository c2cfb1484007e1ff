"""`guibin up`, `serve` and `worker`: running the product."""

import asyncio
import os
import sys
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from guibin.app import server
from guibin.app.sign_in_pages import DEMONSTRATION
from guibin.conformance.soundness import sound
from guibin.context import real_clock
from guibin.demonstration import companies
from guibin.operation import embedded, migrations, pack_upgrades, root_keys, supervisor
from guibin.operation import worker as worker_process
from guibin.operation.supervisor import Urls
from guibin.watch import metrics
from guibin_tenants import keyring

from . import environment, serving
from .output import fail, out, say

METRICS = "Where Prometheus finds /metrics, on this machine only; nowhere by default."
DEMO = (
    "Make the demonstration companies, whose password everybody knows. Without this word: on the embedded database, and"
    " not in one of your own."
)
# Names of cells, by commas; a worker serves all of them without it.
CELLS_SERVED = "GUIBIN_WORKER_CELLS"
HOST = "On which of this machine's addresses. Another than 127.0.0.1 only in a network of your own: the proxy before it has TLS."
WORKERS = "Processes that share the port; SIGHUP replaces them one after the other."
Port = Annotated[int, Parameter(env_var="GUIBIN_PORT", help="Where the API listens.")]


def up(*, port: Port = 8000, demo: Annotated[bool | None, Parameter(help=DEMO)] = None) -> None:
    """Run everything on the embedded servers, in the foreground; Ctrl-C stops it within ten seconds."""
    wanted = demo if demo is not None else not os.environ.get("GUIBIN_DATABASE_URL")
    # The pages then offer to be one of its people.
    os.environ[DEMONSTRATION] = "1" if wanted else ""
    made: list[companies.Access] = []
    packs = sound()

    async def prepare(urls: Urls) -> None:
        say("Bringing the database up to date …")
        done = await migrations.migrate_all(urls.owner, packs.schemas())
        packs.put_aside(migrations.problems(done))
        for refused in done.refused:
            say(f"put aside: {refused}")
        keyring.load_root_key(environment.home())
        await root_keys.refuse_wrong_first(urls.database)
        if wanted:
            made.extend(await companies.fill(urls.owner, urls.database, packs, say=say))
        await pack_upgrades.keep_all((urls.owner, urls.database), packs, real_clock)

    def announce(urls: Urls) -> None:
        out.print(companies.welcome(urls.api, made), soft_wrap=True)

    try:
        asyncio.run(supervisor.run(environment.home(), port=port, prepare=prepare, announce=announce, say=say))
    except (supervisor.AlreadyUp, supervisor.PortTaken, embedded.EmbeddedFailed) as error:
        fail(str(error))


def serve(
    *,
    port: Port = 8000,
    host: Annotated[str, Parameter(env_var="GUIBIN_HOST", help=HOST)] = "127.0.0.1",
    workers: Annotated[int, Parameter(env_var="GUIBIN_SERVE_WORKERS", help=WORKERS, validator=Number(gte=1))] = 1,
    metrics_port: Annotated[int | None, Parameter(env_var="GUIBIN_METRICS_PORT", help=METRICS)] = None,
) -> None:
    """Run the API alone. Needs GUIBIN_DATABASE_URL, or starts the embedded servers."""
    _alone("serve", port=port)
    try:
        asyncio.run(supervisor.port_free(port, host))
    except supervisor.PortTaken as error:
        fail(str(error))
    # Before any process begins that would say it only to its log.
    serving.bounds_and_proxies()
    serving.prepare(serving.API)
    listening = server.Listening(port, host)
    with environment.urls() as urls:
        asyncio.run(root_keys.refuse_wrong_first(urls.app))
        with metrics.served(metrics_port, processes=workers):
            if workers == 1:
                server.run(serving.application(), listening)
            else:
                server.run_several(f"{serving.__name__}:application", listening, processes=workers)


def worker(
    *, metrics_port: Annotated[int | None, Parameter(env_var="GUIBIN_WORKER_METRICS_PORT", help=METRICS)] = None
) -> None:
    """Run background jobs: relay, timetable and executor."""
    _alone("worker")
    serving.prepare("guibin-worker")
    with environment.urls() as urls:
        asyncio.run(root_keys.refuse_wrong_first(urls.app))
        served = tuple(name.strip() for name in os.environ.get(CELLS_SERVED, "").split(",") if name.strip())
        at = worker_process.Addresses(urls.app, urls.relay, urls.redis, served)
        packs = asyncio.run(serving.sound_packs(urls.app))
        with metrics.served(metrics_port):
            asyncio.run(worker_process.run(at, packs=packs))


def _alone(command: str, *, port: int = 8000) -> None:
    """Go on with the addresses the command needs and no others, in a child where the servers are the embedded ones."""
    if supervisor.DATABASE not in os.environ:
        environment.refuse_nowhere()
        sys.exit(asyncio.run(supervisor.beside_servers(command, environment.home(), port=port, say=say)))
    supervisor.hold_what_is_needed(command)
    supervisor.leave_with_supervisor()
