"""Cable TV: the key-account regulation of a Sichuan network company, S07-1 to S07-29."""

from guibin import Pack, hookimpl

from .pack import PACK


@hookimpl
def pack() -> Pack:
    """The regulation as a value."""
    return PACK
