"""What callers send about changes of a policy, bounded and strict."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from guibin.notation.plausible import Plausible
from guibin.policy.packs import Overrides
from guibin.policy.words import Code, Named, Reason, Unsaid


class NewPolicyProposal(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of one `part`: `overrides` holds only what is to be otherwise, elements whole. In effect from `effective_from`,
    not in the past, at once without; where it waits for an approval, not before that."""

    part: Code
    overrides: Overrides
    effective_from: Annotated[datetime, Meta(tz=True)] | None = None
    note: Reason


# By where each stands, such as `complaints.levels.standard.resolve_within.count`.
Figures = Annotated[dict[Named, Unsaid | int | bool | None], Meta(max_length=200)]


class PolicyAmendment(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be otherwise in the company's own policy; what is not named here stays as it is.

    `overrides` are elements whole, `figures` single values by where they stand, and `brought_back` the sections (`care`) and
    elements (`settings.silver_from`) of which the company gives up its own, so that the packs hold again. In effect from
    `effective_from`, not in the past, at once without. With `made_from`, the latest version that whoever wrote it knew,
    it is refused once there is another.
    """

    overrides: Overrides = field(default_factory=Overrides)
    figures: Figures = {}
    brought_back: Annotated[tuple[Named, ...], Meta(max_length=200)] = ()
    effective_from: Annotated[datetime, Meta(tz=True)] | None = None
    made_from: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    note: Reason


VersionNumber = Annotated[int, Meta(ge=0, le=1_000_000)]


class Restoration(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The policy says again what it said in an earlier `version`, 0 for the packs' own, from `effective_from` on, at once without."""

    version: VersionNumber
    effective_from: Annotated[datetime, Meta(tz=True)] | None = None
    note: Reason


class Cancellation(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `version` that is to come does not take effect."""

    version: VersionNumber
    note: Reason


class Compared(Struct, frozen=True, kw_only=True):
    """Two versions: 0 is what the packs say by themselves, no number the policy that is in force."""

    before: Annotated[int, Meta(ge=0, le=1_000_000)] | None = 0
    after: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None


class OwnFilter(Struct, frozen=True, kw_only=True):
    """Of which section, all of them without; as it is in force `at` a moment, now without."""

    section: Code | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None
