"""Who goes from which tier to which, as a drawing: bars of the tiers before and after, bands between them. No script draws it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from guibin.policy.tiers import TierScheme

from .assessment import MoveCount

WIDTH = 560
_BAR, _LABELS, _GAP, _TOP = 10, 140, 14, 14
# As tall as the line that names it.
_LINE = 14
_TALL = 240
# A band of few is still seen beside one of many.
_THIN = 2.0

Way = Literal["up", "down", "stays"]


class Flow(Struct, frozen=True, kw_only=True):
    """So many customers go from the tier `held` to `becomes`; None is outside all tiers."""

    held: str | None
    becomes: str | None
    customers: int
    way: Way


class Band(Struct, frozen=True):
    """A flow as drawn: `path` as SVG takes it."""

    flow: Flow
    path: str


class Bar(Struct, frozen=True):
    """All of a tier before or after."""

    tier: str | None
    customers: int
    x: float
    y: float
    height: float


class Drawing(Struct, frozen=True, kw_only=True):
    """Everything in the units of the drawing."""

    width: int
    height: int
    before: tuple[Bar, ...]
    after: tuple[Bar, ...]
    bands: tuple[Band, ...]


class Migration(Struct, frozen=True):
    """All that moves, and all that stays in a tier; `tiers` from the highest down, outside of them last."""

    tiers: tuple[str | None, ...]
    flows: tuple[Flow, ...]


def migration(moves: Iterable[MoveCount], scheme: TierScheme | None) -> Migration:
    """What an assessment's figures come to; whoever was outside and stays there is no flow. Tiers that the policy has no
    more stand after its own."""
    summed: Counter[tuple[str | None, str | None]] = Counter()
    for move in moves:
        if move.held or move.becomes:
            summed[move.held, move.becomes] += move.customers
    known = [tier.name for tier in scheme.tiers] if scheme else []
    gone = sorted({tier for between in summed for tier in between if tier and tier not in known})
    tiers = (*known, *gone, None)
    flows = [
        Flow(held=held, becomes=becomes, customers=customers, way=_way(tiers.index(held), tiers.index(becomes)))
        for (held, becomes), customers in summed.items()
    ]
    return Migration(tiers, tuple(sorted(flows, key=lambda flow: (tiers.index(flow.held), tiers.index(flow.becomes)))))


def drawn(found: Migration) -> Drawing:
    """The flows as bars and bands; whoever moves lies above whoever stays."""
    unit = _TALL / max(sum(flow.customers for flow in found.flows), 1)
    thick = {flow: max(flow.customers * unit, _THIN) for flow in found.flows}
    before, from_y = _side(found.tiers, thick, lambda flow: flow.held, _LABELS)
    after, to_y = _side(found.tiers, thick, lambda flow: flow.becomes, WIDTH - _LABELS - _BAR)
    bands = [Band(flow, _path(from_y[flow], to_y[flow], thick[flow])) for flow in found.flows]
    return Drawing(
        width=WIDTH,
        height=round(max((bar.y + max(bar.height, _LINE) for bar in (*before, *after)), default=0) + _TOP),
        before=tuple(before),
        after=tuple(after),
        bands=tuple(sorted(bands, key=lambda band: band.flow.way != "stays")),
    )


def _way(held: int, becomes: int) -> Way:
    if held == becomes:
        return "stays"
    return "up" if becomes < held else "down"


def _side(
    tiers: Sequence[str | None], thick: Mapping[Flow, float], tier_of: Callable[[Flow], str | None], x: float
) -> tuple[list[Bar], dict[Flow, float]]:
    """The bars of one side, and where each flow's band begins there."""
    y, bars, begins = float(_TOP), [], {}
    for tier in tiers:
        at = y
        for flow, height in thick.items():
            if tier_of(flow) == tier:
                begins[flow] = at
                at += height
        if at > y:
            customers = sum(flow.customers for flow in thick if tier_of(flow) == tier)
            bars.append(Bar(tier, customers, x, round(y, 1), round(at - y, 1)))
            y = max(at, y + _LINE) + _GAP
    return bars, begins


def _path(from_y: float, to_y: float, thick: float) -> str:
    left, right = _LABELS + _BAR, WIDTH - _LABELS - _BAR
    middle = (left + right) / 2
    upper = f"M{left},{from_y:.1f} C{middle},{from_y:.1f} {middle},{to_y:.1f} {right},{to_y:.1f}"
    lower = f"L{right},{to_y + thick:.1f} C{middle},{to_y + thick:.1f} {middle},{from_y + thick:.1f} {left},{from_y + thick:.1f} Z"
    return f"{upper} {lower}"
