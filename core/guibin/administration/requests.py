"""What admins send, bounded and strict."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from guibin.notation.plausible import Plausible
from guibin.policy.words import Code, Login, Name, Note, Password, Recipient, UnitCode

Moment = Annotated[datetime, Meta(tz=True)]
Roles = Annotated[
    tuple[Code, ...],
    Meta(min_length=1, max_length=20, description="Built-in roles and posts of the company's policy (`posts`)"),
]


class NewPerson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A post brings its role, `org_unit_id` None means the head office, `part_time` beside other work (S12-4)."""

    login: Login
    name: Name
    roles: Roles
    org_unit_id: UUID | None = None
    part_time: bool = False


class NewAccount(NewPerson, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account for somebody; a post brings its role, `org_unit_id` None means the head office, `part_time` beside other work (S12-4)."""

    password: Password


class NewInvitation(NewPerson, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account for somebody who chooses the password by a link that is sent to `email`, where they get their notices, too."""

    email: Recipient


class AccountChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is. `org_unit_id` null moves to the head office."""

    name: Name | UnsetType = UNSET
    roles: Roles | UnsetType = UNSET
    org_unit_id: UUID | UnsetType | None = UNSET
    part_time: bool | UnsetType = UNSET


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """Ends every session of the account."""

    password: Password


class Leaving(Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes customers and open work over; needed when there are any."""

    successor_id: UUID | None = None


class NewHandOver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who takes over all customers and open work of somebody, and why."""

    successor_id: UUID
    reason: Note = ""


class PreviewAsked(Struct, frozen=True, kw_only=True):
    """Who would take it over; nobody yet without."""

    successor_id: UUID | None = None


class NewDeputy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who stands in, nobody without: hears what they would, and decides what waits for them, of these approval flows
    (`matters`, of all without), of none with `notices_only`."""

    deputy_id: UUID | None = None
    notices_only: bool = False
    matters: Annotated[tuple[Code, ...], Meta(max_length=50)] = ()


class NewAbsence(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody is away until before `until_at`; from now on without `from_at`. The rest as NewDeputy."""

    until_at: Moment
    from_at: Moment | None = None
    deputy_id: UUID | None = None
    notices_only: bool = False
    matters: Annotated[tuple[Code, ...], Meta(max_length=50)] = ()


class UnitDissolution(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which org unit takes everything over. `account_manager_id` takes customers whose own manager does not see it."""

    successor_id: UUID
    reason: Note = ""
    account_manager_id: UUID | None = None


class DissolutionAsked(Struct, frozen=True, kw_only=True):
    """Which org unit would take everything over; none yet without."""

    successor_id: UUID | None = None


class MoveAsked(Struct, frozen=True, kw_only=True):
    """The code of the unit it would come under; none yet without."""

    parent: UnitCode | None = None


class NewUnit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A branch, outlet or department under the unit with code `parent`."""

    code: UnitCode
    name: Name
    parent: UnitCode


class KeyRotation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The key before the new one works too for `overlap_hours`; 0 when it is known to others."""

    overlap_hours: Annotated[int, Meta(ge=0, le=720)] = 24


class UnitChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is; `parent` is the code of the unit it comes under."""

    name: Name | UnsetType = UNSET
    parent: UnitCode | UnsetType = UNSET


class NewApiKey(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`scopes` are permissions; `addresses` networks such as 10.1.0.0/16, none means anywhere. It is yours, for yourself or
    for the `service` you answer for, and does at no time what you may not do. Made with a key, it ends with that one.
    """

    name: Name
    scopes: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=60)]
    addresses: Annotated[tuple[Name, ...], Meta(max_length=50)] = ()
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    org_unit_id: UUID | None = None
    service: Name | None = None
