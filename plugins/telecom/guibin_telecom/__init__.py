"""Telecom: the VIP club and the account manager's work standard of a mobile carrier, S03-1 to S05-6."""

from guibin import Pack, hookimpl

from .pack import PACK


@hookimpl
def pack() -> Pack:
    """The regulations as a value."""
    return PACK
