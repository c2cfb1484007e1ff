"""Telecom: the VIP club and the account manager's work standard of a mobile carrier, S03-1 to S05-6."""

from importlib.abc import Traversable
from importlib.resources import files

from guibin import Demonstration, Pack, hookimpl, load_demonstration

from .pack import PACK


@hookimpl
def pack() -> Pack:
    """The regulations as a value."""
    return PACK


@hookimpl
def demonstration() -> Demonstration:
    """A company to try it with."""
    return load_demonstration(files("guibin_telecom") / "demonstration.toml")


@hookimpl
def scenarios() -> Traversable:
    """The stories by which it is proved."""
    return files("guibin_telecom") / "scenarios"
