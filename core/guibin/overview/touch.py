"""How a customer was kept in touch with, in the words of a list."""

from guibin.console.moments import Due
from guibin.console.shell import Shell
from guibin.records.dues import Obligation, Standing

# A span that has no more than this part left is soon over.
_SOON = 0.25


def touch(standing: Standing | None, shell: Shell) -> Due | None:
    """The most pressing of what is owed; None where no cadence asks for anything."""
    if standing is None:
        return None
    if standing.missed:
        return _said("late", "missed", standing.missed[0], shell)
    owed = [each for each in standing.running if each.state == "due"]
    if owed:
        first = min(owed, key=lambda each: each.after_on)
        length, left = first.after_on - first.first_on, first.after_on - shell.clock.today
        return _said("warn" if left <= length * _SOON else "calm", "due", first, shell)
    if standing.running:
        first = standing.running[0]
        return _said("done" if first.state == "done" else "paused", first.state, first, shell)
    return None


def _said(state: str, what: str, owed: Obligation, shell: Shell) -> Due:
    span = _span(owed)
    text = shell.says(
        f"overview.touch.{what}",
        span=shell.says(f"overview.{'last' if what == 'missed' else 'this'}.{span}"),
        left=max(owed.times - owed.made, 0),
    )
    exact = shell.says("overview.touch.exact", window=owed.window, made=owed.made, times=owed.times, clause=owed.clause)
    return Due(state, text, "", exact)


def _span(owed: Obligation) -> str:
    days = (owed.after_on - owed.first_on).days
    return next(name for name, most in (("week", 7), ("month", 31), ("quarter", 92), ("year", 366)) if days <= most)
