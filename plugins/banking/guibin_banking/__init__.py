"""Banking: personal, corporate and international VIPs of a bank, and VIPs of a credit cooperative (S02, S04, S08, S12)."""

from importlib.abc import Traversable
from importlib.resources import files

from guibin import Demonstration, Pack, hookimpl, load_demonstration

from .pack import PACK


@hookimpl
def pack() -> Pack:
    """The four regulations as a value."""
    return PACK


@hookimpl
def demonstration() -> Demonstration:
    """A company to try it with."""
    return load_demonstration(files("guibin_banking") / "demonstration.toml")


@hookimpl
def scenarios() -> Traversable:
    """The stories by which it is proved."""
    return files("guibin_banking") / "scenarios"
