"""The application on a port of this machine."""

import contextlib
from socket import socket

import uvicorn
from litestar.types import ASGIApp

from guibin.live.hub import close_all

from .bounds import Bounds
from .protocol import bounded

# What uvicorn exits with when it could not begin.
STARTUP_FAILURE = 3


def run(app: ASGIApp, *, port: int, bounds: Bounds) -> None:
    """Serve until SIGINT or SIGTERM."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http=bounded(bounds),
        access_log=False,
        log_config=None,
        server_header=False,
        # Whom a proxy forwards for is our own question (`proxies.py`): uvicorn would believe anybody on this machine.
        proxy_headers=False,
        timeout_graceful_shutdown=6,
    )
    server = _Server(config)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(STARTUP_FAILURE)


class _Server(uvicorn.Server):
    """Streams have no end of their own: they are told that the process ends, before it waits for what is in progress."""

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        close_all()
        await super().shutdown(sockets)
