"""What a directory sends, in its own spelling, and what an admin writes about it. What is not kept here is passed over (RFC 7644, 3.3)."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from guibin.administration.requests import Roles
from guibin.administration.rules import RULES_MAX
from guibin.policy.words import FullLine, up_to

MEMBERS_MAX = 1_000
_ExternalId = Annotated[str, up_to(255)]
_Word = Annotated[str, up_to(200)]


class PersonName(Struct, frozen=True, kw_only=True, rename="camel"):
    """What somebody is called."""

    formatted: _Word | None = None
    family_name: _Word | None = None
    given_name: _Word | None = None


class Told(Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody, whole."""

    user_name: Annotated[str, up_to(100, 1)]
    external_id: _ExternalId | None = None
    display_name: _Word | None = None
    name: PersonName | None = None
    active: bool = True


class Member(Struct, frozen=True):
    """One who is in a group: their id here."""

    value: UUID


class ToldGroup(Struct, frozen=True, kw_only=True, rename="camel"):
    """A group, whole."""

    display_name: FullLine
    external_id: _ExternalId | None = None
    members: Annotated[tuple[Member, ...], Meta(max_length=MEMBERS_MAX)] = ()


class Operation(Struct, frozen=True, kw_only=True):
    """One change: `op` is add, replace or remove."""

    op: Annotated[str, up_to(10)]
    path: Annotated[str, up_to(500)] | None = None
    value: Any = None


class Changes(Struct, frozen=True, kw_only=True, rename={"operations": "Operations"}):
    """Changes, one after the other, all or none."""

    operations: Annotated[tuple[Operation, ...], Meta(min_length=1, max_length=100)]


class GroupRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whoever is in the group of this name gets these roles and posts, and belongs to the org unit, if one is said."""

    group: FullLine
    roles: Roles
    org_unit_id: UUID | None = None


class Provisioning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What groups bring. Customers and cases of somebody who leaves go to the leader of their org unit who can take them, else to
    `successor_id`. With `takes_over` an account that is there already and holds no more than the rules give becomes theirs."""

    rules: Annotated[tuple[GroupRule, ...], Meta(min_length=1, max_length=RULES_MAX)]
    successor_id: UUID | None = None
    takes_over: bool = False
