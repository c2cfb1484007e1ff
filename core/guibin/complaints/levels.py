"""Which level a complaint gets, and what its level means for the clock."""

from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.cases import Case
from guibin.context import Act
from guibin.hookspecs import ComplaintDraft, LevelSuggestion
from guibin.packs import Hooks
from guibin.policy.complaints import ComplaintPolicy, Level
from guibin.policy.terms import Terms
from guibin_tenants.above import NamedFromAbove
from guibin_tenants.refusals import FieldError, Invalid

from .tables import LevelBy

SUBJECT = "complaint"
RESOLUTION = "resolution"
RECTIFICATION = "rectification"
# Telling the customer the result: a clock of its own, once a round.
RESULT = "result"
# Calling back a complaint of the week's sample, once for each time it was drawn.
FOLLOW_UP = "follow_up"
# What leadership is told at once of a complaint (S14-11), beside its plan.
LEADERSHIP_TOLD = "complaint_to_leadership"


class Draft(ComplaintDraft, frozen=True):
    """A complaint before it has a level, with whose it is."""

    customer_id: UUID | None = None


Suggesting = Callable[[Draft, Act], Awaitable[LevelSuggestion | None]]
# What of the company's own gives a complaint its level, before any pack is asked.
SUGGESTING: NamedFromAbove[Suggesting] = NamedFromAbove()


class Judged(Struct, frozen=True):
    """A level, why in a sentence for the desk, and who or what gave it."""

    level: Level
    because: str
    by: LevelBy


def level_named(policy: ComplaintPolicy, name: str) -> Level:
    """Raises Invalid for a level the policy does not know."""
    level = policy.level(name)
    if level is None:
        raise Invalid(fields=(unknown_level(policy, name),))
    return level


def unknown_level(policy: ComplaintPolicy, name: str) -> FieldError:
    """What is wrong with a level the policy does not know."""
    known = ", ".join(level.name for level in policy.levels)
    return FieldError("level", "a level of the complaint policy", f"one of: {known}", name)


def case_of(complaint: asyncpg.Record) -> Case:
    """The case that a complaint's row is."""
    return Case(SUBJECT, complaint["id"], complaint["customer_id"])


async def suggested(draft: Draft, act: Act) -> Judged | None:
    """What the company's own automations give it, the first that answers with a level there is."""
    for suggest in SUGGESTING.values():
        suggestion = await suggest(draft, act)
        if suggestion is not None and act.policy.complaints.level(suggestion.level) is not None:
            return Judged(level_named(act.policy.complaints, suggestion.level), suggestion.because, "automation")
    return None


async def judged(policy: ComplaintPolicy, hooks: Hooks, draft: ComplaintDraft, about: UUID | None = None) -> Judged:
    """The level and why: what the company's scripts or packs suggest, else the level of the first keyword of the policy that the text has, else the policy's default (S07-23)."""
    own = await hooks.own_level(draft, about)
    # A pack or a script may know a level that the company does without.
    if own is not None and policy.level(own.level) is not None:
        return Judged(level_named(policy, own.level), own.because, "script")
    return await by_packs_or_policy(policy, hooks, draft)


async def by_packs_or_policy(policy: ComplaintPolicy, hooks: Hooks, draft: ComplaintDraft) -> Judged:
    """The same where the company's own scripts say nothing."""
    suggestion = await hooks.suggest_level(draft)
    if suggestion is not None and policy.level(suggestion.level) is not None:
        return Judged(level_named(policy, suggestion.level), suggestion.because, "pack")
    name = policy.suggested(draft.text)
    because = "a keyword of the policy" if name != policy.default_level else "no keyword of the policy"
    return Judged(level_named(policy, name), because, "policy")


def terms_of(policy: ComplaintPolicy, level: Level, tiers: Collection[str] = ()) -> Terms:
    """What the level says of the clock of a customer of these tiers."""
    return level.terms(level.within(tiers), clause=level.clause or policy.clause)
