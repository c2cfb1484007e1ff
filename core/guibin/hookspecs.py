"""Every hook a pack may implement: synchronous, pure and typed. I/O belongs in reactions and jobs.

Signatures here and in `docs/hooks.md` are the same, and a test says so.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pluggy
from msgspec import Struct
from piccolo.table import Table

from .policy.demonstrations import Demonstration
from .policy.packs import Pack

if TYPE_CHECKING:
    # Packs are read by workers and commands too, which serve nothing.
    from litestar import Controller

PROJECT = "guibin"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class ComplaintDraft(Struct, frozen=True):
    """A complaint before it has a level: what a pack may judge it by."""

    text: str
    channel: str
    customer_kind: str | None = None


class LevelSuggestion(Struct, frozen=True):
    """A level of the pack's complaint policy, and why, in a sentence for the desk."""

    level: str
    because: str


class Proposal(Struct, frozen=True):
    """Something about to be written, about the customer `subject_id`.

    `action` is `application`, with its kind (an exception and an adjustment are such too), scheme and tier; or
    `assessment`, with the move `start` or `upgrade` as its kind, scheme, tier, the tier `held`, `customer_kind`, `as_of`
    and every figure as `measure.<name>`, None where there is no fact.
    """

    action: str
    subject_id: UUID | None
    details: dict[str, str | int | bool | None]


class Measure(Struct, frozen=True):
    """A measure derived from others of one customer, minor units for money."""

    name: str
    value: int


class Reaction(Struct, frozen=True):
    """A function to run as a job after an event's transaction has committed, at least once."""

    event: type[Struct]
    handler: Callable[..., Any]


class PackJob(Struct, frozen=True):
    """A job kind of the pack's own: its payload and handler, and its rhythm if it recurs."""

    payload: type[Struct]
    handler: Callable[..., Any]
    every: str = ""


@hookspec
def pack() -> Pack:  # type: ignore[empty-body]  # a specification has no body
    """The pack as a value. Every plugin has exactly one."""


@hookspec
def derived_measures(measures: dict[str, int]) -> Sequence[Measure]:  # type: ignore[empty-body]
    """Measures computed from a customer's figures of one scheme, such as a ratio; its explanation shows them. Only figures
    there are facts for are in `measures`. The text `measure.<name>` is the title."""


@hookspec(firstresult=True)
def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:
    """The level a new complaint should get; None leaves it to the next pack, then to the policy's keywords."""


@hookspec
def objections(proposal: Proposal) -> Sequence[str]:  # type: ignore[empty-body]
    """Sentences for the reader, each a reason why this must not happen. Any objection stops it, for this customer only."""


@hookspec
def reactions() -> Sequence[Reaction]:  # type: ignore[empty-body]
    """What the pack does after events have committed."""


@hookspec
def jobs() -> Sequence[PackJob]:  # type: ignore[empty-body]
    """Background work of the pack's own."""


@hookspec
def controllers() -> "Sequence[type[Controller]]":  # type: ignore[empty-body]
    """API controllers of the pack's own, under `/api/v1/packs/<pack>/`."""


@hookspec
def tables() -> Sequence[type[Table]]:  # type: ignore[empty-body]
    """Tables of the pack's own: TenantTable subclasses, in the order of their references."""


@hookspec
def demonstration() -> Demonstration:  # type: ignore[empty-body]
    """A company to try the pack with, which `guibin up` makes once."""
