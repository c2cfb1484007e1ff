"""Cable TV: the key-account regulation of a Sichuan network company, S07-1 to S07-29."""

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
    return load_demonstration(files("guibin_cable_tv") / "demonstration.toml")
