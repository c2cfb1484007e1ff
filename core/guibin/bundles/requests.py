"""What callers send about bundles, bounded and strict."""

from typing import Annotated

from msgspec import Meta, Struct

from guibin.policy.words import Named, Reason, up_to

BUNDLE_CHARS_MAX = 900_000
BundleText = Annotated[str, up_to(BUNDLE_CHARS_MAX, 1)]


class BundleCompared(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bundle beside what the company says itself now.

    `kept` are elements (`settings.silver_from`, `scripts.NAME`) of which the company's own stays whatever the bundle says;
    with `whole` the company gives up what of its policy the bundle does not say. Scripts are never given up.
    """

    toml: BundleText
    kept: Annotated[tuple[Named, ...], Meta(max_length=500)] = ()
    whole: bool = False


class BundleImport(BundleCompared, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bundle to be taken in, and why; with `made_from`, the latest version of the policy that whoever sends it knew, it is
    refused once there is another."""

    note: Reason
    made_from: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
