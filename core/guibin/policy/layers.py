"""How packs lie over a base regulation: what of it goes on as it is, and what is said of a pack's own tiers instead.

The base is written for classes of its own. A pack whose members are one of those classes says so by an `InPlace`; what the
base gives the class is then given to the pack's tiers, except where the pack says something of the same matter itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from .checking import Known, Problems, a_tier
from .criteria import settings_in
from .service_items import ServiceItem
from .tiers import Consequence, TierScheme
from .words import Named


class InPlace(Struct, frozen=True, forbid_unknown_fields=True):
    """`scheme` of the pack takes the place of the base's class `of`, whose rights its tiers then have.

    `tiers` says which of its tiers counts as which of the base's. `items` of the base are given by services of the pack's
    own: its entitlements say how often.
    """

    of: Named
    scheme: Named
    tiers: dict[Named, Named]
    items: dict[Named, Named] = {}

    def check(self, known: Known, path: str) -> Problems:
        """Its own tiers are there."""
        for tier in self.tiers:
            yield from a_tier(path, (self.scheme, tier), known)

    def tiers_like(self, names: Iterable[str]) -> tuple[str, ...]:
        """Its tiers that count as one of these of the base."""
        wanted = set(names)
        return tuple(tier for tier, like in self.tiers.items() if like in wanted)


class Layered(Struct, frozen=True):
    """The parts of a policy from below: what lies under the packs, the packs, and what is listed after theirs."""

    under: Any
    packs: tuple[Any, ...]
    after: Any

    @property
    def parts(self) -> tuple[Any, ...]:
        """All of them, the lowest first."""
        return (self.under, *self.packs, self.after)


def layered(base: Any, packs: Sequence[Any], own: Any) -> Layered:
    """The base under these packs; `own` is what the company itself says."""
    places = tuple(place for pack in packs for place in pack.in_place)
    taken = {place.of for place in places}
    ours = {scheme.name for pack in packs for scheme in pack.schemes}
    kept = tuple(scheme for scheme in base.schemes if scheme.name not in taken | ours)
    kinds = {kind for scheme in base.schemes if scheme.name not in taken for kind in scheme.customer_kinds}
    under = replace(
        base,
        customer_kinds=(),
        schemes=(),
        settings=tuple(one for one in base.settings if one.name in _figures(kept)),
        service_items=tuple(_timed(item, base, places) for item in base.service_items),
        entitlements=tuple(_rights(base, packs, places, own)),
        activities=tuple(replace(kind, item=_item(kind.item, places)) for kind in base.activities),
        **{name: tuple(_silent(getattr(base, name), name, packs, places)) for name in ("cadences", "head_starts")},
        relationships=tuple(_templates(base, packs, places)),
        invitations=tuple(_invited(base, packs, places)),
        care=base.care
        and replace(base.care, occasions=tuple(_for_tiers(o, base, places) for o in base.care.occasions)),
        hotline=base.hotline and replace(base.hotline, routes=tuple(_routes(base, places))),
    )
    silent = type(base)(name=base.name, regulation=base.regulation)
    return Layered(
        _there(under, packs, own),
        tuple(_rewarding(pack, base, own) for pack in packs),
        replace(silent, schemes=kept, customer_kinds=tuple(kind for kind in base.customer_kinds if kind in kinds)),
    )


def _figures(schemes: Iterable[TierScheme]) -> set[str]:
    return {
        name for scheme in schemes for tier in scheme.tiers if tier.criterion for name in settings_in(tier.criterion)
    }


def _placed(one: Any, places: Sequence[InPlace]) -> Iterator[Any]:
    """What is said of a tier of the base, of each tier that counts as it."""
    mine = [place for place in places if place.of == one.scheme]
    if not mine:
        yield one
    for place in mine:
        for tier in place.tiers_like((one.tier,)) if one.tier else ("",):
            yield replace(one, scheme=place.scheme, tier=tier)


def _rights(base: Any, packs: Sequence[Any], places: Sequence[InPlace], own: Any) -> Iterator[Any]:
    said = {(right.scheme, right.tier, right.item) for pack in packs for right in pack.entitlements}
    for right in base.entitlements:
        for each in _placed(right, places):
            elsewhere = any(place.scheme == each.scheme and each.item in place.items for place in places)
            if not elsewhere and (each.scheme, each.tier, each.item) not in said:
                yield each


def _silent(ones: Sequence[Any], section: str, packs: Sequence[Any], places: Sequence[InPlace]) -> Iterator[Any]:
    """Of the schemes of which no pack says anything in this section."""
    said = {one.scheme for pack in packs for one in getattr(pack, section)}
    for one in ones:
        yield from (each for each in _placed(one, places) if each.scheme not in said)


def _templates(base: Any, packs: Sequence[Any], places: Sequence[InPlace]) -> Iterator[Any]:
    for template in _silent(base.relationships, "relationships", packs, places):
        moved = any(place.scheme == template.scheme for place in places)
        yield replace(template, name=f"{template.scheme}_{template.tier}") if moved else template


def _invited(base: Any, packs: Sequence[Any], places: Sequence[InPlace]) -> Iterator[Any]:
    """Whom the base has invited regularly, as the packs' tiers; of the schemes of which no pack says so itself (S13-7)."""
    said = {rhythm.scheme for pack in packs for rhythm in pack.invitations}
    for rhythm in base.invitations:
        mine = [place for place in places if place.of == rhythm.scheme and place.scheme not in said]
        if not any(place.of == rhythm.scheme for place in places):
            yield rhythm
        for place in mine:
            if tiers := place.tiers_like(rhythm.tiers):
                yield replace(rhythm, scheme=place.scheme, tiers=tiers)


def _like(tiers: Sequence[str], base: Any, places: Sequence[InPlace]) -> tuple[str, ...]:
    """These tiers of the base, those of a class whose place is taken as the tiers that count as them."""
    gone = {tier.name for scheme in base.schemes if scheme.name in {p.of for p in places} for tier in scheme.tiers}
    like = (tier for place in places for tier in place.tiers_like(tiers))
    return tuple(dict.fromkeys((*(tier for tier in tiers if tier not in gone), *like)))


def _timed(item: ServiceItem, base: Any, places: Sequence[InPlace]) -> ServiceItem:
    limits = ((limit, _like(limit.tiers, base, places)) for limit in item.time_limits)
    return replace(
        item, time_limits=tuple(replace(limit, tiers=like) for limit, like in limits if like or not limit.tiers)
    )


def _for_tiers(occasion: Any, base: Any, places: Sequence[InPlace]) -> Any:
    return replace(occasion, tiers=_like(occasion.tiers, base, places))


def _routes(base: Any, places: Sequence[InPlace]) -> Iterator[Any]:
    for route in base.hotline.routes:
        mine = [place for place in places if place.of == route.scheme]
        if not mine:
            yield route
        for place in mine:
            if tiers := place.tiers_like(route.tiers):
                yield replace(route, scheme=place.scheme, tiers=tiers)


def _item(item: str, places: Sequence[InPlace]) -> str:
    """What an event of the base uses; nothing where the packs' members would use different things."""
    used = {place.items.get(item, item) for place in places} or {item}
    return used.pop() if len(used) == 1 else ""


def _there(under: Any, packs: Sequence[Any], own: Any) -> Any:
    """Without what is said of tiers that the company does without in its own schemes."""
    schemes = {scheme.name: scheme for pack in packs for scheme in pack.schemes} | {
        one.name: one for one in own.schemes
    }
    known = {name: {tier.name for tier in scheme.tiers} for name, scheme in schemes.items()}

    def there(one: Any) -> bool:
        return one.scheme not in known or one.tier in {"", *known[one.scheme]}

    def fewer(rhythm: Any) -> Any:
        there = known.get(rhythm.scheme, set(rhythm.tiers))
        return replace(rhythm, tiers=tuple(tier for tier in rhythm.tiers if tier in there))

    parts = ("entitlements", "cadences", "head_starts", "relationships")
    routes = under.hotline and tuple(
        r for r in under.hotline.routes if r.scheme not in known or set(r.tiers) <= known[r.scheme]
    )
    return replace(
        under,
        **{name: tuple(one for one in getattr(under, name) if there(one)) for name in parts},
        invitations=tuple(one for one in map(fewer, under.invitations) if one.tiers),
        hotline=under.hotline and replace(under.hotline, routes=routes),
    )


def _rewarding(pack: Any, base: Any, own: Any) -> Any:
    """The pack with the base's rewards and penalties for schemes that have none (S13-3).

    Of a company that writes its rights itself, those that still have a right to hang on.
    """
    rights = own.entitlements
    brought = {
        place.scheme: tuple(
            one for one in _consequences(base, place) if rights is None or _hangs_on(one, place.scheme, rights)
        )
        for place in pack.in_place
    }
    return replace(
        pack,
        schemes=tuple(
            replace(scheme, consequences=brought[scheme.name])
            if scheme.name in brought and not scheme.consequences
            else scheme
            for scheme in pack.schemes
        ),
    )


def _hangs_on(one: Consequence, scheme: str, rights: Iterable[Any]) -> bool:
    """Whether the tiers are entitled to the item, for a reward so many times."""
    quotas = [
        right.quota for right in rights if (right.scheme, right.item) == (scheme, one.item) and right.tier in one.tiers
    ]
    return bool(quotas) and (one.kind == "penalty" or None not in quotas)


def _consequences(base: Any, place: InPlace) -> Iterator[Consequence]:
    for scheme in base.schemes:
        if scheme.name == place.of:
            for one in scheme.consequences:
                tiers = place.tiers_like(one.tiers) if one.tiers else tuple(place.tiers)
                if tiers:
                    yield replace(one, item=place.items.get(one.item, one.item), tiers=tiers)
