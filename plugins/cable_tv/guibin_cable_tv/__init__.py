"""Cable TV: the key-account regulation of a Sichuan network company, S07-1 to S07-29."""

from importlib.abc import Traversable
from importlib.resources import files

from guibin import Demonstration, Pack, PackPage, Panel, hookimpl, load_demonstration

from .pack import PACK
from .screens import PAGES, PANELS


@hookimpl
def pack() -> Pack:
    """The regulation as a value."""
    return PACK


@hookimpl
def demonstration() -> Demonstration:
    """A company to try it with."""
    return load_demonstration(files("guibin_cable_tv") / "demonstration.toml")


@hookimpl
def templates() -> Traversable:
    """What pages are made of and say."""
    return files("guibin_cable_tv") / "templates"


@hookimpl
def scenarios() -> Traversable:
    """The stories by which it is proved."""
    return files("guibin_cable_tv") / "scenarios"


@hookimpl
def pages() -> tuple[PackPage, ...]:
    """What the console shows on pages of the pack's own."""
    return PAGES


@hookimpl
def panels() -> tuple[Panel, ...]:
    """What it shows beside customers and cases."""
    return PANELS
