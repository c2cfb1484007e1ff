"""What a case's targets must agree on with themselves and with the clocks the product runs beside them."""

from collections.abc import Collection, Iterable, Iterator

from .deadlines import AtOnce, BusinessDays, Days
from .milestones import Milestone
from .problems import PolicyProblem

# Names of clocks that the product itself runs on the same cases.
RESERVED = frozenset({"resolution", "rectification", "service"})
CALENDARS = frozenset({"always", "business"})


def milestone_problems(milestones: Iterable[Milestone], known: Collection[str], path: str) -> Iterator[PolicyProblem]:
    """Everything wrong with these; `known` are the roles and posts there are."""
    seen: set[str] = set()
    for milestone in milestones:
        place = f"{path}.{milestone.name}"
        if milestone.name in seen or milestone.name in RESERVED or not 1 <= len(milestone.name) <= 60:
            yield PolicyProblem(place, milestone.name, f"a name of its own, none of {sorted(RESERVED)}")
        seen.add(milestone.name)
        if milestone.calendar not in CALENDARS:
            yield PolicyProblem(f"{place}.calendar", milestone.calendar, "always or business")
        for percent in (milestone.warn_at_percent, *milestone.further_warnings):
            if not 0 < percent < 100:
                yield PolicyProblem(place, str(percent), "1 to 99: a warning comes before the breach")
        yield from _limit(milestone, f"{place}.within")
        for step in milestone.escalations:
            if step.role not in known or step.after_minutes < 0:
                given = f"{step.role}, {step.after_minutes}"
                yield PolicyProblem(f"{place}.escalations", given, "a role or post, 0 minutes or more")
        for role in (*milestone.warned_roles, *milestone.told_of_success):
            if role not in known:
                yield PolicyProblem(place, role, "a role or post", f"one of {sorted(known)}")


def _limit(milestone: Milestone, place: str) -> Iterator[PolicyProblem]:
    if isinstance(milestone.within, AtOnce):
        if milestone.recurrence == "sequential":
            yield PolicyProblem(place, "at once", "some time: it comes again and again")
        return
    least = 0 if isinstance(milestone.within, Days | BusinessDays) and milestone.recurrence != "sequential" else 1
    if milestone.within.count < least:
        yield PolicyProblem(place, str(milestone.within.count), f"at least {least}")
