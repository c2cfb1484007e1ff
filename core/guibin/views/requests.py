"""What people send about views of lists, bounded and strict."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from guibin.policy.words import Code, CodeIfAny, saying, up_to

ViewName = Annotated[str, saying(60)]
Asks = Annotated[dict[Code, Annotated[str, up_to(200)]], Meta(max_length=30)]
Columns = Annotated[tuple[Code, ...], Meta(max_length=40)]


class NewView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A view of a list. `asks` are the list's filters with their values as they stand in an address; `$me` is whoever reads it.

    `sort` is one of the list's orders, `columns` those that are shown, in this order; empty for whatever the reader has.
    """

    list: Code
    name: ViewName
    asks: Asks = {}
    sort: CodeIfAny = ""
    columns: Columns = ()


class ViewChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of it becomes something else; what is left out stays."""

    name: ViewName | UnsetType = UNSET
    asks: Asks | UnsetType = UNSET
    sort: CodeIfAny | UnsetType = UNSET
    columns: Columns | UnsetType = UNSET


class NewName(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it is called from now on."""

    name: ViewName


class NewSharing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With whom: those who work in the org unit or under it, those who hold the role, both at once, or without either everybody."""

    org_unit_id: UUID | None = None
    role: CodeIfAny = ""


class NewListSetting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the caller wants a list: columns in this order, none for those it comes with; the view it begins with, if any."""

    columns: Columns = ()
    view_id: UUID | None = None
