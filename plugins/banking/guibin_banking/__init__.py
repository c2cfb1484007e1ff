"""Banking: personal, corporate and international VIPs of a bank, and VIPs of a credit cooperative (S02, S04, S08, S12)."""

from guibin import Pack, hookimpl

from .pack import PACK


@hookimpl
def pack() -> Pack:
    """The four regulations as a value."""
    return PACK
