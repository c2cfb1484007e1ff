"""Reading views: one's own, and those shared with oneself, of lists that one may read."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.console import lists
from guibin.console.lists import HABITS, Habits, Saved, Table
from guibin.context import Act
from guibin.web.listing import Listing, Order, PageAsked
from guibin.web.paging import Page
from guibin_tenants.principals import require
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch_one

# What a list's address says for whoever reads it.
ME = "$me"


class ViewView(Struct, frozen=True, kw_only=True):
    """A view with whom it is shared with; `own` is the caller's. `gone` are filters, orders and columns that the list does not
    have any more: it is not shown until they are taken out."""

    id: UUID
    list: str
    name: str
    asks: dict[str, str]
    sort: str
    columns: tuple[str, ...]
    own: bool
    made_by_name: str
    shared: bool
    org_unit_id: UUID | None
    org_unit_name: str | None
    role: str
    changed_at: datetime
    version: int
    gone: tuple[str, ...] = ()


class ViewFilter(Struct, frozen=True, kw_only=True):
    """Of one list; `own` leaves out what others share."""

    list: str | None = None
    own: bool = False


class ListSettingView(Struct, frozen=True, kw_only=True):
    """How the caller wants a list."""

    list: str
    columns: tuple[str, ...] = ()
    view_id: UUID | None = None


# The units above one's own, from which something is shared downward.
_ABOVE = """(with recursive up (tenant_id, id) as (select u.tenant_id, u.parent_id from org_unit u where u.id = $unit::uuid
    union select u.tenant_id, u.parent_id from org_unit u join up on up.tenant_id = u.tenant_id and up.id = u.id)
    select up.id from up where up.id is not null)"""
LISTED = Listing(
    view=ViewView,
    source="list_view x left join org_unit u on u.tenant_id = x.tenant_id and u.id = x.org_unit_id and x.shared",
    order=Order({"x.list_name": str, "lower(x.name)": str, "x.id": UUID}),
    columns={
        "list": "x.list_name",
        "own": "x.staff_id = $me",
        "org_unit_id": "case when x.shared then x.org_unit_id end",
        "org_unit_name": "u.name",
        "gone": "'[]'::jsonb",
    },
    filters={"list": "x.list_name = $value", "own": "x.staff_id = $me"},
    holds="x.list_name = any ($lists::text[]) and (x.staff_id = $me or x.shared"
    " and (x.role = '' or x.role = any ($roles::text[]))"
    f" and (x.org_unit_id is null or x.org_unit_id = $unit::uuid or x.org_unit_id in {_ABOVE}))",
)


def asking(act: Act) -> dict[str, Any]:
    """The values of LISTED."""
    return {
        "me": act.by.person,
        "roles": list(act.by.roles),
        "unit": act.by.org_unit_id,
        "lists": [table.slice_name for table in lists.TABLES.values() if table.needs(act.by)],
    }


def with_gone(view: ViewView, act: Act) -> ViewView:
    """The view, with what the list does not have any more."""
    return msgspec.structs.replace(view, gone=gone_of(view, table_of(view.list), act))


async def views(filters: ViewFilter, page: PageAsked, act: Act) -> Page[ViewView]:
    """A page of the views that the caller has."""
    found = await LISTED.page(filters, page, act, **asking(act))
    return Page([with_gone(each, act) for each in found.items], found.next)


async def view(view_id: UUID, act: Act) -> ViewView:
    """One view that the caller may use. Raises NotFound."""
    return with_gone(await LISTED.one(view_id, **asking(act)), act)


async def setting(list: str, act: Act) -> ListSettingView:
    """How the caller wants the list. Raises NotFound for one there is not, Forbidden for one they may not read."""
    require(act.by, table_of(list).needs)
    row = await fetch_one(
        "select columns, view_id from list_setting where staff_id = $1 and list_name = $2", act.by.person, list
    )
    if row is None:
        return ListSettingView(list=list)
    columns = msgspec.json.decode(row["columns"], type=tuple[str, ...])
    return ListSettingView(list=list, columns=columns, view_id=row["view_id"])


def table_of(list_name: str) -> Table:
    """The list of this name. Raises NotFound."""
    table = lists.TABLES.get(list_name)
    if table is None:
        raise NotFound(f"There is no list {list_name[:40]}; known: {', '.join(sorted(lists.TABLES))}")
    return table


def gone_of(view: ViewView, table: Table, act: Act) -> tuple[str, ...]:
    """What of the view the list does not have: names of filters, orders, columns."""
    filters = [name for name in view.asks if name not in table.asked]
    columns = [name for name in view.columns if name not in {column.name for column in table.has(act)}]
    return (*filters, *columns, *([view.sort] if view.sort and view.sort not in table.sorts else []))


def address_of(view: ViewView, act: Act) -> str:
    """The list as the view asks for it, for this reader."""
    return lists.address_of_saved(table_of(view.list), saved(view, act))


def saved(view: ViewView, act: Act, begins: UUID | None = None) -> Saved:
    """The view as a list has it above its rows."""
    return Saved(
        id=view.id,
        name=view.name,
        asks={name: str(act.by.person) if value == ME else value for name, value in view.asks.items()},
        sort=view.sort,
        columns=view.columns,
        shared=view.shared,
        begins=view.id == begins,
        gone=view.gone,
    )


@HABITS.give
async def habits(table: Table, act: Act) -> Habits:
    """How the reader wants this list, and the views of it."""
    if not act.by.is_person:
        return Habits()
    own = await setting(table.slice_name, act)
    found = [each for each in await known(act) if each.list == table.slice_name]
    return Habits(own.columns, tuple(saved(each, act, own.view_id) for each in found))


async def known(act: Act) -> list[ViewView]:
    """Every view that the caller has, of all lists, by name; with what is gone of each."""
    if not act.by.is_person:
        return []
    found = await LISTED.where("true", order="x.shared, lower(x.name), x.id", **asking(act))
    return [with_gone(each, act) for each in found]


async def known_name(list_name: str, name: str, act: Act, *, but: UUID | None = None) -> bool:
    """Whether the caller has a view of this name already."""
    row = await fetch_one(
        "select id from list_view where staff_id = $1 and list_name = $2 and lower(name) = lower($3) and id is distinct from $4",
        *(act.by.person, list_name, name, but),
    )
    return row is not None
