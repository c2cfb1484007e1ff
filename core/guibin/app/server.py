"""The application on a port of this machine."""

import uvicorn
from litestar.types import ASGIApp

from .bounds import Bounds
from .protocol import bounded


def run(app: ASGIApp, *, port: int, bounds: Bounds) -> None:
    """Serve until SIGINT or SIGTERM."""
    uvicorn.run(
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
