"""What callers send about changes of a policy, bounded and strict."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from guibin.notation.plausible import Plausible
from guibin.policy.packs import Overrides
from guibin.policy.words import Code, Named, Reason, Unsaid


class NewPolicyProposal(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of one `part`: `overrides` holds only what is to be otherwise, elements whole, `brought_back` what the packs are
    to say again. In effect from `effective_from`, not in the past, at once without; where it waits for an approval, not before
    that."""

    part: Code
    overrides: Overrides
    brought_back: Annotated[tuple[Named, ...], Meta(max_length=200)] = ()
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
    """The policy says again what it said in an earlier `version`, 0 for the packs' own, from `effective_from` on, at once without.

    With `part` only what belongs to that part of the policy. Where a part waits for an approval, the restoration does too.
    """

    version: VersionNumber
    part: Code | None = None
    effective_from: Annotated[datetime, Meta(tz=True)] | None = None
    note: Reason


class Cancellation(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `version` that is to come does not take effect, with `part` only what it says of that part of the policy.

    Where a part waits for an approval, the cancellation does too: until then the version stays as planned.
    """

    version: VersionNumber
    part: Code | None = None
    note: Reason


class DraftChange(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes into one's draft: as in an amendment; `removed` are elements that the policy is to do without, `dropped` those
    of which the draft says nothing any more. `made_from` takes note of the versions up to that one."""

    overrides: Overrides = field(default_factory=Overrides)
    figures: Figures = {}
    brought_back: Annotated[tuple[Named, ...], Meta(max_length=200)] = ()
    removed: Annotated[tuple[Named, ...], Meta(max_length=200)] = ()
    dropped: Annotated[tuple[Named, ...], Meta(max_length=200)] = ()
    made_from: VersionNumber | None = None


class Referred(Struct, frozen=True, kw_only=True):
    """Which element of the policy, by where it stands: `service_items.gift`."""

    element: Named


class DraftSending(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is gathered becomes a version, or a proposal where its part waits for an approval; of `only` these elements, where
    they are named: the rest stays gathered."""

    only: Annotated[tuple[Named, ...], Meta(max_length=200)] = ()
    effective_from: Annotated[datetime, Meta(tz=True)] | None = None
    note: Reason


class Compared(Struct, frozen=True, kw_only=True):
    """Two versions: 0 is what the packs say by themselves, no number the policy that is in force."""

    before: Annotated[int, Meta(ge=0, le=1_000_000)] | None = 0
    after: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None


class OwnFilter(Struct, frozen=True, kw_only=True):
    """Of which section, all of them without; as it is in force `at` a moment, now without."""

    section: Code | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None
