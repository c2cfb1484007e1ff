"""Retail: the membership regulation of a shopping site, S06-1 to S06-4."""

from importlib.abc import Traversable
from importlib.resources import files

from guibin import Demonstration, Pack, PackColumn, hookimpl, load_demonstration

from .pack import PACK
from .screens import COLUMNS


@hookimpl
def pack() -> Pack:
    """The regulation as a value."""
    return PACK


@hookimpl
def demonstration() -> Demonstration:
    """A company to try it with."""
    return load_demonstration(files("guibin_retail") / "demonstration.toml")


@hookimpl
def scenarios() -> Traversable:
    """The stories by which it is proved."""
    return files("guibin_retail") / "scenarios"


@hookimpl
def templates() -> Traversable:
    """What pages are made of and say."""
    return files("guibin_retail") / "templates"


@hookimpl
def columns() -> tuple[PackColumn, ...]:
    """What it adds to lists."""
    return COLUMNS
