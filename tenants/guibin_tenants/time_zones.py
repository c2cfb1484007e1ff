"""The time zones this machine knows."""

import functools
import zoneinfo


@functools.cache
def time_zones() -> frozenset[str]:
    """Their IANA names. Reading them walks through hundreds of files, so they are kept."""
    return frozenset(zoneinfo.available_timezones())
