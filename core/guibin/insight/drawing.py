"""A trend as a drawing: where its points, its target and its lines of reference stand. The page draws it, without a script."""

from collections.abc import Sequence

from msgspec import Struct

WIDTH, HEIGHT = 720, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 16, 28
_LINES = 4


class Dot(Struct, frozen=True):
    """One period: where its point stands; `y` is None for a figure of too few."""

    name: str
    x: float
    y: float | None
    value: float | None
    met: bool | None


class Grid(Struct, frozen=True):
    """A line of reference and what it stands for."""

    y: float
    value: float


class Chart(Struct, frozen=True, kw_only=True):
    """Everything in the units of the drawing. `runs` are the stretches of points without a gap, as SVG takes them."""

    width: int
    height: int
    dots: tuple[Dot, ...]
    runs: tuple[str, ...]
    grid: tuple[Grid, ...]
    target_y: float | None
    left: int
    right: int


def chart(points: Sequence[tuple[str, float | None, bool | None]], target: float | None) -> Chart:
    """The trend of these periods, each with its value and whether that meets the target, from zero up."""
    known = [value for _, value, _ in points if value is not None]
    most = _round_up(max([*known, target or 0, 1]))
    across = WIDTH - _LEFT - _RIGHT
    down = HEIGHT - _TOP - _BOTTOM

    def height(value: float) -> float:
        return round(_TOP + down * (1 - value / most), 1)

    step = across / max(len(points) - 1, 1)
    dots = tuple(
        Dot(name, round(_LEFT + place * step, 1), None if value is None else height(value), value, met)
        for place, (name, value, met) in enumerate(points)
    )
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        dots=dots,
        runs=tuple(_runs(dots)),
        grid=tuple(Grid(height(most * line / _LINES), most * line / _LINES) for line in range(_LINES + 1)),
        target_y=None if target is None else height(target),
        left=_LEFT,
        right=WIDTH - _RIGHT,
    )


def _runs(dots: Sequence[Dot]) -> list[str]:
    runs: list[list[str]] = [[]]
    for dot in dots:
        if dot.y is None:
            runs.append([])
        else:
            runs[-1].append(f"{dot.x},{dot.y}")
    return [" ".join(run) for run in runs if len(run) > 1]


def _round_up(value: float) -> float:
    """The next number that the lines part into round whole ones."""
    tenfold = 1
    while True:
        for step in (1.0, 2.0, 2.5, 5.0):
            if (step * tenfold).is_integer() and step * tenfold * _LINES >= value:
                return step * tenfold * _LINES
        tenfold *= 10
