"""The application on a port: one process, or several that share the port and are replaced one after the other."""

import contextlib
from typing import Any

import uvicorn
from litestar.types import ASGIApp
from msgspec import Struct
from uvicorn.supervisors import Multiprocess

from .protocol import BoundedProtocol

# What uvicorn exits with when it could not begin.
STARTUP_FAILURE = 3
# How long a process may take to begin, and one that computes to say that it lives.
BEGINS_WITHIN_S = 60
LEAVES_WITHIN_S = 6


class Listening(Struct, frozen=True):
    """Where: this machine only, unless the operator says otherwise."""

    port: int
    host: str = "127.0.0.1"


def run(app: ASGIApp, listening: Listening) -> None:
    """Serve until SIGINT or SIGTERM."""
    server = uvicorn.Server(_config(app, listening))
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(STARTUP_FAILURE)


def run_several(made_by: str, listening: Listening, *, processes: int) -> None:
    """Serve in so many processes, each with an application `made_by` a function ("module:function"), until SIGINT or SIGTERM.

    SIGHUP replaces each by a new one that answers before the old one leaves; SIGTTIN and SIGTTOU have one more, one less. A
    process that ends is begun again; when it cannot begin, all ends with STARTUP_FAILURE.
    """
    config = _config(made_by, listening, factory=True, workers=processes)
    config.timeout_worker_healthcheck = BEGINS_WITHIN_S
    several = Multiprocess(config, [config.bind_socket()])
    several.run()
    if any(process.exitcode == STARTUP_FAILURE for process in several.processes):
        raise SystemExit(STARTUP_FAILURE)


def _config(app: ASGIApp | str, listening: Listening, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=listening.host,
        port=listening.port,
        loop="uvloop",
        http=BoundedProtocol,
        access_log=False,
        log_config=None,
        server_header=False,
        # Whom a proxy forwards for is our own question (`proxies.py`): uvicorn would believe anybody on this machine.
        proxy_headers=False,
        timeout_graceful_shutdown=LEAVES_WITHIN_S,
        **more,
    )
