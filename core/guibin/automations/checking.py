"""What of an automation the company does not have, and whether automations go round."""

from collections.abc import Iterable, Mapping

from guibin.commands import checking
from guibin.context import Act
from guibin.policy.automations import (
    AddsUp,
    Automation,
    HappenedBefore,
    HappenedOften,
    Happens,
    Says,
    SaysFrom,
    SaysUnder,
    leaves,
)
from guibin.policy.commands import AddNote, AskApproval, AskDepartment, SetField, SetLevel, StartSurvey
from guibin.webhooks.kinds import known_kinds
from guibin_tenants.refusals import FieldError

from .history import PAST

# What a command itself sets off.
LEADS_TO: Mapping[type, tuple[str, ...]] = {
    SetLevel: ("complaint_level_changed",),
    AskDepartment: ("department_request_moved",),
    AskApproval: ("approval_asked", "approval_decided"),
    SetField: ("customer_changed",),
    StartSurvey: ("survey_answered",),
    AddNote: (),
}


async def problems(automation: Automation, act: Act) -> list[FieldError]:
    """Every name in it that nothing is called by."""
    found = list(_events(automation, act))
    for place, command in enumerate(automation.then):
        found += await checking.problems(command, f"then[{place}]", act.policy)
    return found


def _events(automation: Automation, act: Act) -> Iterable[FieldError]:
    kinds = {kind.name: kind for kind in known_kinds(act.company.packs)}
    event = automation.event
    if isinstance(automation.when, Happens | HappenedBefore | AddsUp) and event not in kinds:
        yield FieldError("when.event", "a kind of event", "see GET /event-types", event)
    if isinstance(automation.when, AddsUp) and event not in PAST:
        yield FieldError("when.event", "an event that is counted", f"one of: {', '.join(sorted(PAST))}", event)
    for leaf in leaves(automation.condition):
        if isinstance(leaf, HappenedOften) and leaf.event not in PAST:
            yield FieldError("condition", "an event that is counted", f"one of: {', '.join(sorted(PAST))}", leaf.event)
        if (
            isinstance(leaf, Says | SaysFrom | SaysUnder)
            and event in kinds
            and kinds[event].field(leaf.payload) is None
        ):
            known = ", ".join(field.name for field in kinds[event].payload)
            yield FieldError("condition", f"a field of {event}", f"one of: {known}", leaf.payload)


def round_of(automation: Automation, others: Iterable[Automation]) -> tuple[str, ...]:
    """The automations that set each other off without end, once this one is on with the others; none where it ends."""
    known = {each.name: each for each in others} | {automation.name: automation}
    path: list[str] = []

    def goes(name: str) -> bool:
        path.append(name)
        for follower in _set_off(known[name], known.values()):
            if follower == automation.name or (follower not in path and goes(follower)):
                return True
        path.pop()
        return False

    return tuple(path) if goes(automation.name) else ()


def _set_off(automation: Automation, known: Iterable[Automation]) -> list[str]:
    told = {event for command in automation.then for event in LEADS_TO.get(type(command), ())}
    return [each.name for each in known if each.event in told]
