"""How callers are recognised: where a call goes, and the two sentences it is answered with."""

from msgspec import Struct

from .words import Clause, Named

PRIORITY_MAX = 100
PLACEHOLDERS = frozenset({"tier", "addressee"})


class HotlineRoute(Struct, frozen=True, forbid_unknown_fields=True):
    """Where holders of one of `tiers` of `scheme` go, at any hour: past the menu or not, into which queue, how soon.

    A higher `priority` is answered first, 0 to 100. `greeting` and `by_name` name texts `greeting.<name>`: what the agent
    says first, and then to a caller known by name. They may hold `$tier` and `$addressee`. Queues are texts `queue.<name>`.
    """

    queue: Named
    scheme: Named = ""
    tiers: tuple[Named, ...] = ()
    skips_menu: bool = False
    priority: int = 0
    greeting: Named = "ordinary"
    by_name: Named = "by_name"
    clause: Clause = ""


class HotlinePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """The first route whose tier the caller holds is taken, else `otherwise`, which names no tier."""

    routes: tuple[HotlineRoute, ...] = ()
    otherwise: HotlineRoute = HotlineRoute("general")
    clause: Clause = ""

    def route_for(self, held: dict[str, str]) -> HotlineRoute:
        """The route of somebody who holds these tiers by scheme."""
        return next((route for route in self.routes if held.get(route.scheme) in route.tiers), self.otherwise)
