"""What a hotline's policy must agree on with itself and with the tiers."""

from collections.abc import Iterable, Iterator, Sequence
from string import Template

from .hotline import PLACEHOLDERS, PRIORITY_MAX, HotlinePolicy, HotlineRoute
from .problems import PolicyProblem
from .texts import Text
from .tiers import TierScheme


def problems(hotline: HotlinePolicy, schemes: Sequence[TierScheme], texts: dict[str, Text]) -> Iterator[PolicyProblem]:
    """Everything wrong; nothing when all is well."""
    tiers = {(scheme.name, tier.name) for scheme in schemes for tier in scheme.tiers}
    for route in hotline.routes:
        for tier in route.tiers or ("",):
            if (route.scheme, tier) not in tiers:
                yield PolicyProblem(f"hotline.routes.{route.queue}", f"{route.scheme}/{tier}", "a tier of a scheme")
    if hotline.otherwise.tiers or hotline.otherwise.scheme:
        yield PolicyProblem("hotline.otherwise", hotline.otherwise.scheme, "no tier", "it is for everybody else")
    for route in _all(hotline):
        if not 0 <= route.priority <= PRIORITY_MAX:
            yield PolicyProblem(f"hotline.{route.queue}.priority", str(route.priority), f"0 to {PRIORITY_MAX}")
        for greeting in (route.greeting, route.by_name):
            yield from _placeholders(f"greeting.{greeting}", texts.get(f"greeting.{greeting}"))


def wanted_texts(hotline: HotlinePolicy) -> Iterable[str]:
    """Every text the policy needs."""
    for route in _all(hotline):
        yield from (f"queue.{route.queue}", f"greeting.{route.greeting}", f"greeting.{route.by_name}")


def _placeholders(path: str, text: Text | None) -> Iterator[PolicyProblem]:
    for sentence in (text.zh, text.en) if text else ():
        template = Template(sentence)
        if not template.is_valid() or not set(template.get_identifiers()) <= PLACEHOLDERS:
            yield PolicyProblem(path, sentence, "no other placeholder than $tier and $addressee", "write $$ for a $")


def _all(hotline: HotlinePolicy) -> tuple[HotlineRoute, ...]:
    return (*hotline.routes, hotline.otherwise)
