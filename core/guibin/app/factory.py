"""Putting the application together."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

import asyncpg
from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ASGIApp

from guibin import timetable
from guibin.console.assets import Assets
from guibin.context import Clock, Root, real_clock
from guibin.live.hub import Hub, heard_by
from guibin.live.presence import Presence
from guibin.packs import Packs, installed
from guibin.scripts.runner import running_scripts
from guibin_tenants import cells
from guibin_tenants.database import UNREACHABLE, connected
from guibin_tenants.keyring import KeyringError
from guibin_tenants.listening import listening
from guibin_tenants.rate_limits import RateLimits
from guibin_tenants.refusals import Refusal
from guibin_tenants.remembering import told_by_others
from guibin_tenants.violations import VIOLATIONS

from . import link_pages, pack_routes, pages, problems, sessions
from .bounds import Bounds
from .browsers import own_pages_guard
from .counts import written_every
from .dependencies import DEPENDENCIES
from .docs import OfflineDocs
from .documents import Document
from .guards import needs_guard
from .headers import SecurityHeaders
from .json_bodies import StrictRequest
from .observing import Observed
from .parameters import note_parameters, query_guard
from .proxies import Forwarded, Network
from .routes import CONTROLLERS
from .scope_middleware import ScopeMiddleware, held
from .versions import note_subjects, tagged, version_guard
from .wording import Worded


def create_app(
    database_url: str,
    *,
    packs: Packs | None = None,
    clock: Clock = real_clock,
    bounds: Bounds | None = None,
    proxies: tuple[Network, ...] = (),
    presence_url: str = "",
) -> ASGIApp:
    """The whole ASGI application. `database_url` belongs to the application role; `clock` tells UTC; `proxies` are
    trusted to say whom they forward for; `presence_url` is a Valkey, without which nobody sees who else is at a case."""
    bounds = bounds or Bounds()
    root = Root(packs=packs if packs is not None else Packs(installed()), clock=clock)
    timetable.everything(root.packs)
    litestar = _litestar(root, database_url, bounds)
    litestar.state.presence = Presence(presence_url)
    note_parameters(litestar)
    note_subjects(litestar)
    scoped = ScopeMiddleware(litestar, root, bounds)
    litestar.state.scope_middleware = scoped
    litestar.state.sign_in_limits = RateLimits(sessions.ALLOWANCE)
    litestar.state.survey_limits = RateLimits(link_pages.ALLOWANCE)
    return Assets(Forwarded(Observed(SecurityHeaders(scoped)), proxies))


def _litestar(root: Root, database_url: str, bounds: Bounds) -> Litestar:
    @contextlib.asynccontextmanager
    async def database(app: Litestar) -> AsyncIterator[None]:
        pool_size, sharing = bounds.connections, bounds.sharing
        async with (
            connected(database_url, name="guibin api", pool_size=pool_size, sharing=sharing),
            contextlib.AsyncExitStack() as listened,
            written_every(bounds.counted_every_s, app.state.scope_middleware.counts),
            running_scripts(),
        ):
            # What a company's own database tells, whichever it is.
            for url in [cell.url("app") for cell in cells.used()] or [database_url]:
                await listened.enter_async_context(told_by_others(url, app.state.scope_middleware.remembered))
                hub = app.state.hub
                await listened.enter_async_context(listening(url, "guibin streams", heard_by(hub), hub.nudge_all))
            await root.packs.runs.warm()
            yield
            await root.packs.runs.close()
        await app.state.presence.close()

    return Litestar(
        route_handlers=[*CONTROLLERS, *pages.CONTROLLERS, *pack_routes.routers(root.packs)],
        dependencies={**DEPENDENCIES, **pages.PROVIDED},
        request_class=StrictRequest,
        guards=[needs_guard, own_pages_guard, query_guard, version_guard],
        after_request=tagged,
        response_class=Worded,
        exception_handlers={
            Refusal: problems.refused,
            KeyringError: problems.keyring_error,
            asyncpg.PostgresError: problems.database_refused,
            **dict.fromkeys(UNREACHABLE, problems.unreachable),
            **dict.fromkeys(VIOLATIONS, problems.violated),
            # Under a request it is rather a value of ours that fits no parameter.
            asyncpg.InterfaceError: problems.unexpected,
            asyncpg.InsufficientPrivilegeError: problems.behind_a_wall,
            UnicodeDecodeError: problems.unreadable,
            RecursionError: problems.unreadable,
            asyncpg.DataError: problems.unstorable,
            OverflowError: problems.unstorable,
            HTTPException: problems.http_error,
            Exception: problems.unexpected,
        },
        # The service writes its own lines (`watch/logs.py`), in which no value stands.
        logging_config=None,
        state=State(
            {
                "root": root,
                "document": Document(),
                "studio": pages.studio_of(root.packs),
                "allowance": bounds.company,
                "hub": Hub(bounds.listening, root.clock, partial(held, root.packs)),
            }
        ),
        lifespan=[database],
        request_max_body_size=bounds.body_bytes,
        openapi_config=OpenAPIConfig(
            title="Guibin",
            version="1",
            path="/api/docs",
            render_plugins=[OfflineDocs()],
            components=Components(
                security_schemes={"key": SecurityScheme(type="http", scheme="bearer", bearer_format="gb_live_…")}
            ),
            security=[{"key": []}],
        ),
    )
