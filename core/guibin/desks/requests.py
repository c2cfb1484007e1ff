"""What admins send about desks, bounded and strict."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

_Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*\S[^\x00]*\Z")]
_Reason = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=r"^[^\x00]*\S[^\x00]*\Z")]


class NewDesk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The desk of a hall. `hours` as customers read them, such as 9:00-17:30."""

    org_unit_id: UUID
    name: _Name
    hours: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*\Z")] = ""


class NewDeskClosing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the hall has no desk any more."""

    reason: _Reason


class NewSeat(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who works there from now on."""

    staff_id: UUID
