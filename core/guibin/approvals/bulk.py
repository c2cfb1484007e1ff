"""Many decided together, with one word to all: what may be decided is, and what may not says why, each by itself."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.context import Act
from guibin.policy.words import Paragraph
from guibin.web.wording import Sentence
from guibin_tenants.refusals import Refusal
from guibin_tenants.scope import savepoint

from . import actions, queries

TOGETHER_MAX = 100


class Chosen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request and the step that its approver had before their eyes (from 0); by default the one that waits."""

    approval_id: UUID
    step: Annotated[int, Meta(ge=0, le=100)] | None = None


class Word(Struct, frozen=True, kw_only=True):
    """Yes or no, and why."""

    approved: bool
    reason: str = ""


class NewDecisions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same word to all of `approvals`; `reason` is required when refusing."""

    approvals: Annotated[tuple[Chosen, ...], Meta(min_length=1, max_length=TOGETHER_MAX)]
    approved: bool
    reason: Paragraph = ""


class NotDecided(Struct, frozen=True, kw_only=True):
    """One that was left as it was: what it is called, and why. `kind` is that of the problem that deciding it alone answers with."""

    approval_id: UUID
    flow: str
    customer_name: str | None
    kind: str
    title: Sentence
    detail: Sentence


class Decisions(Struct, frozen=True, kw_only=True):
    """What was decided, and what was not."""

    decided: tuple[UUID, ...]
    refused: tuple[NotDecided, ...]


async def decide_together(new: NewDecisions, act: Act) -> Decisions:
    """Decide each by itself: one that is not the caller's to decide keeps no other from it. Raises Invalid for no without a reason."""
    actions.reason_of(new.reason, new.approved)
    word = Word(approved=new.approved, reason=new.reason)
    # In one order, so that two who decide the same do not wait for each other.
    chosen = {each.approval_id: each for each in sorted(new.approvals, key=lambda each: each.approval_id)}
    refusals = {
        each.approval_id: refusal for each in chosen.values() if (refusal := await attempt(each, word, act)) is not None
    }
    return Decisions(
        decided=tuple(each for each in chosen if each not in refusals),
        refused=tuple([await _left(each, refusal, act) for each, refusal in refusals.items()]),
    )


async def attempt(chosen: Chosen, word: Word, act: Act) -> Refusal | None:
    """Decide it, or say why it cannot be; then nothing of it is written."""
    try:
        async with savepoint():
            await actions.decide(chosen.approval_id, act, approved=word.approved, reason=word.reason, step=chosen.step)
    except Refusal as refusal:
        return refusal
    return None


async def named(approval_ids: Sequence[UUID], act: Act) -> dict[UUID, queries.ApprovalLine]:
    """Those of them that the caller sees, with names; the look is on record."""
    found = await queries.lines_of(approval_ids)
    await queries.shown("approval.read", found, act)
    return {line.id: line for line in found}


async def _left(approval_id: UUID, refusal: Refusal, act: Act) -> NotDecided:
    line = (await named([approval_id], act)).get(approval_id)
    return NotDecided(
        approval_id=approval_id,
        flow=line.flow if line else "",
        customer_name=line.customer_name if line else None,
        kind=refusal.kind,
        title=refusal.title,
        detail=refusal.detail,
    )
