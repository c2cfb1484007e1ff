"""Outermost around the application: how long each request took, and its trace."""

import time

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry.trace import SpanKind, StatusCode

from guibin.live.api import LISTENER
from guibin.watch import tracing
from guibin.watch.metrics import REQUEST_SECONDS

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Observed:
    """Measures and traces requests. Routes are told by their template, so neither names nor ids get into figures."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        status, begun, ended = 500, time.perf_counter(), 0.0

        async def noting(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
                # How long somebody listens to a stream is no figure of how long we take.
                ended = time.perf_counter() if LISTENER in scope else 0.0
            await send(message)

        method = scope["method"] if scope["method"] in _METHODS else "other"
        headers = dict(scope["headers"])
        parent = headers.get(b"traceparent", b"").decode("latin-1")
        with tracing.span(method, SpanKind.SERVER, parent=parent) as span:
            try:
                await self.app(scope, receive, noting)
            finally:
                # Empty until the router has found it: what leads nowhere is one route.
                route = str(scope.get("path_template") or "nowhere")
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    span.set_status(StatusCode.ERROR)
                took_s = (ended or time.perf_counter()) - begun
                REQUEST_SECONDS.labels(method, route, f"{status // 100}xx").observe(took_s)
