"""Retail: the membership regulation of a shopping site, S06-1 to S06-4."""

from guibin import Pack, hookimpl

from .pack import PACK


@hookimpl
def pack() -> Pack:
    """The regulation as a value."""
    return PACK
