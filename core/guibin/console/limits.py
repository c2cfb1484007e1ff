"""How long something may take, in words: 8 小时, 当天, 3 个工作日内."""

from guibin.policy.deadlines import AtOnce, BusinessDays, BusinessHours, Days, Hours
from guibin.policy.deadlines import Deadline as Limit

from .shell import Shell

_KINDS = {
    AtOnce: "at_once",
    Hours: "hours",
    Days: "days",
    BusinessHours: "business_hours",
    BusinessDays: "business_days",
}


def limit_words(limit: Limit, shell: Shell) -> str:
    """The limit as people say it; one of no whole day is the same day."""
    kind, count = _KINDS[type(limit)], getattr(limit, "count", 0)
    if kind in ("days", "business_days") and count == 0:
        return shell.says("limit.same_day")
    return shell.says(f"limit.{kind}", count=count)
