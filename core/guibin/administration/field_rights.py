"""What of customers' files somebody sees, part by part, and what of it a change gives or takes."""

from collections.abc import Mapping

from msgspec import Struct

from guibin.policy.packs import Policy
from guibin.profiles.queries import every_field
from guibin.sealing.seeing import CLASSES, CONFIDENTIAL, INTERNAL, PARTS
from guibin_tenants.field_rights import RIGHTS, PartRights, Right, right_to


class SightChange(Struct, frozen=True, kw_only=True):
    """A part, as somebody sees it now and would see it."""

    part: str
    before: Right
    after: Right


def parts_of(policy: Policy) -> dict[str, str]:
    """Every part that a right may be said of, with its class; the classes first."""
    fields = every_field(policy)
    sealed = {field.name: CONFIDENTIAL for field in fields if field.confidentiality == "confidential"}
    plain = {field.name: INTERNAL for field in fields if field.name not in sealed}
    inner = {name: among for name, among in PARTS.items() if among == INTERNAL}
    outer = {name: among for name, among in PARTS.items() if among == CONFIDENTIAL}
    return {INTERNAL: "", **inner, **plain, CONFIDENTIAL: "", **sealed, **outer}


def rights_to(sees: tuple[PartRights, ...], parts: Mapping[str, str], *, reads: bool = True) -> dict[str, Right]:
    """To each part: hidden all of them from whoever `reads` no files."""
    return {part: right_to(sees, part, among) if reads else "hidden" for part, among in parts.items()}


def changes(before: Mapping[str, Right], after: Mapping[str, Right]) -> tuple[list[SightChange], list[SightChange]]:
    """What is seen more of, and what less; of the parts themselves, not of their classes."""
    found = [
        SightChange(part=part, before=right, after=after[part])
        for part, right in before.items()
        if part not in CLASSES and right != after[part]
    ]
    more = [one for one in found if RIGHTS.index(one.after) > RIGHTS.index(one.before)]
    return more, [one for one in found if one not in more]
