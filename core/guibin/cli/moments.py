"""Moments as people type them."""

from datetime import UTC, datetime
from typing import overload
from zoneinfo import ZoneInfo


@overload
def aware(moment: datetime, time_zone: str) -> datetime: ...
@overload
def aware(moment: None, time_zone: str) -> None: ...
@overload
def aware(moment: datetime | None, time_zone: str) -> datetime | None: ...
def aware(moment: datetime | None, time_zone: str) -> datetime | None:
    """In UTC; a moment without an offset is meant in the tenant's zone."""
    if moment is None:
        return None
    placed = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(time_zone))
    return placed.astimezone(UTC)
