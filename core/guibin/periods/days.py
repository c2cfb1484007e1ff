"""Days are the company's: a fact, a membership and a quota begin at its midnight, not the server's."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def local_day(moment: datetime, time_zone: str) -> date:
    """The day it is at `moment` in the IANA zone."""
    return moment.astimezone(ZoneInfo(time_zone)).date()
