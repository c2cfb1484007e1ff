"""What callers send."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.policy.words import Seed, Word, Words

Moment = Annotated[datetime, Meta(tz=True)]


class NewRound(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hold a survey once. `sample_percent` is by default the policy's; `scheme` and `tier` limit it to their members.

    The same `seed` draws the same customers from the same base; without one it is made and shown.
    """

    sample_percent: Annotated[int, Meta(ge=1, le=100)] | None = None
    scheme: Word | None = None
    tier: Word | None = None
    seed: Seed | None = None


class NewImprovement(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `owner_id` is to change until `due_at`, because of a round, or of one answer."""

    text: Words
    owner_id: UUID
    due_at: Moment
    round_id: UUID | None = None
    answer_id: UUID | None = None


class NewStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done, found or is missing."""

    note: Words
