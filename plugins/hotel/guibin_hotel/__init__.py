"""Hotel: guests of honour in the classes VA to VD and CIP, who applies for them, who approves, how they are received (S11)."""

from guibin import Pack, hookimpl

from .pack import PACK


@hookimpl
def pack() -> Pack:
    """The regulation as a value."""
    return PACK
