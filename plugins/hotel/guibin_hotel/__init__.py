"""Hotel: guests of honour in the classes VA to VD and CIP, who applies for them, who approves, how they are received (S11)."""

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
    return load_demonstration(files("guibin_hotel") / "demonstration.toml")
