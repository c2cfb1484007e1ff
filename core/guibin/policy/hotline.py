"""How callers are recognised: where a call goes, and the two sentences it is answered with."""

from collections.abc import Collection, Iterator
from string import Template

from msgspec import Struct

from .checking import Known, Problems, a_tier, within
from .deadlines import Deadline, Hours
from .problems import PolicyProblem
from .terms import Escalation, Terms, Timed
from .texts import Text
from .tier_limits import TierLimit, for_tiers
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

    def named_texts(self) -> Iterator[str]:
        """The queue, and what the agent says first."""
        yield from (f"queue.{self.queue}", f"greeting.{self.greeting}", f"greeting.{self.by_name}")


class HotlinePolicy(Timed, frozen=True, forbid_unknown_fields=True):
    """The first route whose tier the caller holds is taken, else `otherwise`, which names no tier.

    A call that nobody took is called back within `call_back_within`, `faster` where a caller who is known holds a tier; whose a
    call was is known within `match_within` of its end.
    """

    routes: tuple[HotlineRoute, ...] = ()
    otherwise: HotlineRoute = HotlineRoute("general")
    call_back_within: Deadline = Hours(2)
    faster: tuple[TierLimit, ...] = ()
    match_within: Deadline = Hours(24)
    escalations: tuple[Escalation, ...] = (Escalation("manager"),)
    clause: Clause = ""

    def route_for(self, held: dict[str, str]) -> HotlineRoute:
        """The route of somebody who holds these tiers by scheme."""
        return next((route for route in self.routes if held.get(route.scheme) in route.tiers), self.otherwise)

    def call_back_terms(self, tiers: Collection[str]) -> Terms:
        """Those of calling a caller back who holds these tiers (S07-5)."""
        return self.terms(for_tiers(self.call_back_within, self.faster, tiers), clause=self.clause)

    def check(self, known: Known, path: str) -> Problems:
        """Routes for tiers there are, priorities in range, greetings that can be filled."""
        yield from super().check(known, path)
        for route in self.routes:
            for tier in route.tiers or ("",):
                yield from a_tier(f"{path}.routes.{route.queue}", (route.scheme, tier), known)
        if self.otherwise.tiers or self.otherwise.scheme:
            yield PolicyProblem(f"{path}.otherwise", self.otherwise.scheme, "no tier", "it is for everybody else")
        for route in (*self.routes, self.otherwise):
            yield from within(f"{path}.{route.queue}.priority", route.priority, (0, PRIORITY_MAX))
            for greeting in (route.greeting, route.by_name):
                yield from _placeholders(f"greeting.{greeting}", known.texts.get(f"greeting.{greeting}"))


def _placeholders(path: str, text: Text | None) -> Problems:
    for sentence in (text.zh, text.en) if text else ():
        template = Template(sentence)
        if not template.is_valid() or not set(template.get_identifiers()) <= PLACEHOLDERS:
            yield PolicyProblem(path, sentence, "no other placeholder than $tier and $addressee", "write $$ for a $")
