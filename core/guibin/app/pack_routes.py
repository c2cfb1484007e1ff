"""The routes that packs bring: each answers companies that have the pack, and says so where its pack is put aside."""

from typing import Any

from litestar import HttpMethod, Litestar, Router, route
from litestar.openapi import OpenAPIConfig

from guibin.packs import PACK, ROUTES, Hooks, Packs, PutAside
from guibin_tenants.principals import anyone

from .dependencies import DEPENDENCIES
from .document import document_of

_METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE]


def routers(packs: Packs) -> list[Router]:
    """Every pack's controllers, those of packs that are put aside as one answer."""
    return [
        *(
            Router("/", route_handlers=[controller], opt={PACK: name})
            for name, controller in packs.hooks_of(packs.names).controllers_of()
        ),
        *(Router(f"{ROUTES}{name}", route_handlers=[_put_aside(name)], opt={PACK: name}) for name in packs.aside),
    ]


def probe(hooks: Hooks) -> None:
    """Make an application of these packs' routes alone, and its document. Raises whatever keeps them from being served."""
    added = [Router("/", route_handlers=[controller]) for controller in hooks.controllers()]
    if added:
        config = OpenAPIConfig(title="Guibin", version="1")
        app = Litestar(route_handlers=added, dependencies=DEPENDENCIES, openapi_config=config, logging_config=None)
        document_of(app)


def _put_aside(name: str) -> Any:
    @route(["/", "/{rest:path}"], http_method=_METHODS, needs=anyone, include_in_schema=False)
    async def put_aside() -> None:
        raise PutAside(f"{name}: what it brings is not there for now; everything else is")

    return put_aside
