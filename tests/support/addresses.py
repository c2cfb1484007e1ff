"""Which addresses of the application ask who is there."""

from litestar.routes import HTTPRoute

from guibin.app import pages
from guibin.app.guards import PUBLIC
from guibin.app.scope_middleware import _is_public
from support import World


def addresses(world: World, *beginnings: str) -> list[tuple[str, str]]:
    """Every method and address of the console and of those that begin so, which asks who is there."""
    return sorted(
        (method, route.path_format)
        for route in world.litestar.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method not in ("HEAD", "OPTIONS")
        and handler.opt.get("needs") != PUBLIC
        and not _is_public(method, route.path_format)
        and (route.path_format.startswith(beginnings) or pages.is_page(route.path_format))
    )
