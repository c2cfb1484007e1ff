"""How large an outlet's indicator may be, and how many may be in force."""

from guibin_tenants.refusals import Conflict
from guibin_tenants.scope import fetch_value

# Each one is in every later version, for customers of its outlet.
INDICATOR_BYTES_MAX = 8 * 1024
INDICATORS_MAX = 200


class TooManyIndicators(Conflict):
    """There are too many indicators."""


async def refuse_too_many_indicators() -> None:
    """Raises TooManyIndicators."""
    count = await fetch_value(
        "select count(*) from proposed_indicator where ended_at is null and coalesce(outcome, 'approved') = 'approved'"
    )
    if count >= INDICATORS_MAX:
        raise TooManyIndicators(f"At most {INDICATORS_MAX} in force or waiting: give one up first")
