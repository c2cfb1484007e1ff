"""What admins send about desks, bounded and strict."""

from typing import Annotated, get_args
from uuid import UUID

from msgspec import Struct

from guibin.policy.service_items import Venue
from guibin.policy.words import Name, up_to

Kind = Venue
KINDS: tuple[Kind, ...] = get_args(Venue)
Hours = Annotated[str, up_to(100)]


class NewDesk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a hall has: by default a dedicated desk. `hours` as customers read them, such as 9:00-17:30; without any they are the
    org unit's.
    """

    org_unit_id: UUID
    name: Name
    kind: Kind = "desk"
    hours: Hours = ""


class NewSeat(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who works there from now on."""

    staff_id: UUID
