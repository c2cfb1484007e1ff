"""What admins send about desks, bounded and strict."""

from typing import Annotated
from uuid import UUID

from msgspec import Struct

from guibin.policy.words import Name, up_to


class NewDesk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The desk of a hall. `hours` as customers read them, such as 9:00-17:30."""

    org_unit_id: UUID
    name: Name
    hours: Annotated[str, up_to(100)] = ""


class NewSeat(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who works there from now on."""

    staff_id: UUID
