"""Retail: the membership regulation of a shopping site, S06-1 to S06-4."""

from importlib.resources import files

from guibin import Demonstration, Pack, hookimpl, load_demonstration

from .pack import PACK


@hookimpl
def pack() -> Pack:
    """The regulation as a value."""
    return PACK


@hookimpl
def demonstration() -> Demonstration:
    """A company to try it with."""
    return load_demonstration(files("guibin_retail") / "demonstration.toml")
