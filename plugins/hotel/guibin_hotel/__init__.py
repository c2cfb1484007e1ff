"""Hotel: guests of honour in the classes VA to VD and CIP, who applies for them, who approves, how they are received (S11)."""

from importlib.abc import Traversable
from importlib.resources import files

from guibin import Demonstration, Pack, Panel, Tile, hookimpl, load_demonstration

from .pack import PACK
from .screens import PANELS, TILES


@hookimpl
def pack() -> Pack:
    """The regulation as a value."""
    return PACK


@hookimpl
def demonstration() -> Demonstration:
    """A company to try it with."""
    return load_demonstration(files("guibin_hotel") / "demonstration.toml")


@hookimpl
def scenarios() -> Traversable:
    """The stories by which it is proved."""
    return files("guibin_hotel") / "scenarios"


@hookimpl
def templates() -> Traversable:
    """What pages are made of and say."""
    return files("guibin_hotel") / "templates"


@hookimpl
def panels() -> tuple[Panel, ...]:
    """What it shows beside customers and cases."""
    return PANELS


@hookimpl
def tiles() -> tuple[Tile, ...]:
    """Figures above the workbench."""
    return TILES
