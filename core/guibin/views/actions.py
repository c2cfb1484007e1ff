"""Saving, changing, sharing and removing views of lists, and how somebody wants a list."""

from typing import Any, Protocol, get_type_hints
from uuid import UUID

from msgspec import UNSET, structs

from guibin.audit.actions import noted
from guibin.console.lists import Table, wrong_asked
from guibin.context import Act
from guibin.events import ErasureBegins, at_once
from guibin.profiles.queries import name_of, standing
from guibin_tenants import org_units
from guibin_tenants.principals import ROLE_PERMISSIONS, Predicate, may, require
from guibin_tenants.receivers import standing_unit
from guibin_tenants.refusals import FieldError, Forbidden, Invalid, refuse
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import execute, fetch_one

from .queries import LISTED, ME, ListSettingView, ViewView, asking, known_name, setting, table_of, view, with_gone
from .refusals import NotYourView, ViewNameTaken
from .requests import NewListSetting, NewName, NewSharing, NewView, ViewChange
from .tables import ListSetting, ListView

SHARE = may("views:share")
# A system of the company's own has no lists that it looks at.
PEOPLE = Predicate(lambda who: who.is_person, "a member of staff, or a key of theirs")


class Asking(Protocol):
    """What is asked of a list."""

    @property
    def asks(self) -> dict[str, str]:
        """Filters as they stand in an address."""

    @property
    def sort(self) -> str:
        """In which order."""

    @property
    def columns(self) -> tuple[str, ...]:
        """In which columns."""


async def save(new: NewView, act: Act) -> ViewView:
    """Under a name of its own, for oneself. Raises NotFound for an unknown list, Invalid for what the list does not have,
    ViewNameTaken."""
    table = table_of(new.list)
    require(act.by, PEOPLE & table.needs)
    asks = checked(table, new, act)
    if await known_name(new.list, new.name, act):
        raise ViewNameTaken(f"Change {new.name}, or choose another name")
    view_id = await add(
        ListView,
        act,
        list_name=new.list,
        name=new.name,
        asks=asks,
        sort=new.sort,
        columns=new.columns,
        staff_id=act.by.person,
        org_unit_id=await _own_unit(act),
        changed_at=act.now,
    )
    return await _done("save", view_id, act)


async def alter(view_id: UUID, new: ViewChange, act: Act) -> ViewView:
    """Its name, or what it asks for. Raises NotFound, NotYourView, Invalid, ViewNameTaken."""
    known = await _changeable(view_id, act)
    said = {name: value for name, value in structs.asdict(new).items() if value is not UNSET}
    wanted = structs.replace(known, **said)
    asks = checked(table_of(known.list), wanted, act)
    if await known_name(known.list, wanted.name, act, but=view_id):
        raise ViewNameTaken(f"Change {wanted.name}, or choose another name")
    await change(
        ListView,
        view_id,
        name=wanted.name,
        asks=asks,
        sort=wanted.sort,
        columns=wanted.columns,
        changed_at=act.now,
    )
    return await _done("change", view_id, act)


async def rename(view_id: UUID, new: NewName, act: Act) -> ViewView:
    """Call it something else. Raises NotFound, NotYourView, ViewNameTaken."""
    known = await _changeable(view_id, act)
    if await known_name(known.list, new.name, act, but=view_id):
        raise ViewNameTaken(f"Change {new.name}, or choose another name")
    await change(ListView, view_id, name=new.name, changed_at=act.now)
    return await _done("change", view_id, act)


async def share(view_id: UUID, new: NewSharing, act: Act) -> ViewView:
    """Let others have it too; what it shows them is what they may see. Raises NotFound, NotYourView, Forbidden beyond the org
    units that one sees, Invalid for an unknown unit or role."""
    await _changeable(view_id, act)
    if new.org_unit_id is not None:
        await standing_unit(new.org_unit_id)
    _may_reach(new.org_unit_id, act)
    roles = {*ROLE_PERMISSIONS, *(post.name for post in act.policy.posts)}
    if new.role and new.role not in roles:
        raise Invalid.at("role", f"one of: {', '.join(sorted(roles))}", value=new.role[:60])
    await change(ListView, view_id, shared=True, org_unit_id=new.org_unit_id, role=new.role, changed_at=act.now)
    return await _done("share", view_id, act)


async def unshare(view_id: UUID, act: Act) -> ViewView:
    """It is its maker's alone again. Raises NotFound, NotYourView."""
    known = await _changeable(view_id, act)
    row = await locked(ListView, view_id)
    maker = await fetch_one("select org_unit_id from staff where id = $1", row["staff_id"])
    place = maker["org_unit_id"] if maker and maker["org_unit_id"] else await _own_unit(act)
    await execute(
        "update list_setting set view_id = null where view_id = $1 and staff_id <> $2", view_id, row["staff_id"]
    )
    await change(ListView, view_id, shared=False, org_unit_id=place, role="", changed_at=act.now)
    if not known.own:
        await noted("view.unshare", act, subject="list_view", subject_id=view_id, shown=0)
        return structs.replace(known, shared=False, org_unit_id=None, org_unit_name=None, role="")
    return await _done("unshare", view_id, act)


async def remove(view_id: UUID, act: Act) -> None:
    """It is gone, for everybody who had it. Raises NotFound, NotYourView."""
    await _changeable(view_id, act)
    await _drop("id = $1", view_id)
    await noted("view.remove", act, subject="list_view", subject_id=view_id, shown=0)


async def set_list(list: str, new: NewListSetting, act: Act) -> ListSettingView:
    """Columns and first view of a list, for oneself. Raises NotFound, Forbidden, Invalid."""
    table = table_of(list)
    require(act.by, PEOPLE & table.needs)
    _refuse_unknown("columns", new.columns, {column.name for column in table.has(act)})
    if new.view_id is not None and (await view(new.view_id, act)).list != list:
        raise Invalid.at("view_id", f"a view of the list: {list}", value=str(new.view_id))
    await execute("delete from list_setting where staff_id = $1 and list_name = $2", act.by.person, list)
    await add(ListSetting, staff_id=act.by.person, list_name=list, columns=new.columns, view_id=new.view_id)
    return await setting(list, act)


async def begin_with(view_id: UUID, act: Act) -> None:
    """The list opens with this view from now on. Raises NotFound."""
    known = await view(view_id, act)
    own = await setting(known.list, act)
    await set_list(known.list, NewListSetting(columns=own.columns, view_id=view_id), act)


async def begin_without(view_id: UUID, act: Act) -> None:
    """The list opens as it comes again. Raises NotFound."""
    known = await view(view_id, act)
    own = await setting(known.list, act)
    await set_list(known.list, NewListSetting(columns=own.columns), act)


def checked(table: Table, wanted: Asking, act: Act) -> dict[str, str]:
    """The filters as they are kept: the caller's own id stands for whoever reads it. Raises Invalid."""
    _refuse_unknown("asks", tuple(wanted.asks), set(table.asked))
    _refuse_unknown("sort", (wanted.sort,) if wanted.sort else (), set(table.sorts))
    _refuse_unknown("columns", wanted.columns, {column.name for column in table.has(act)})
    hints = get_type_hints(table.kind, include_extras=True) if table.kind else {}
    wrong: list[FieldError] = []
    for name, value in wanted.asks.items():
        asked = str(act.by.person) if value == ME else value
        wrong += wrong_asked(name, asked, hints[name], at=f"asks.{name}")
    refuse(wrong)
    return {name: ME if value == str(act.by.person) else value for name, value in wanted.asks.items() if value}


@at_once(ErasureBegins)
async def forget(happening: ErasureBegins, act: Act) -> None:
    """A view that asks for the customer goes with them: by id, or by words in which their name or number stands."""
    customer = await standing(happening.customer_id)
    words = [word for word in (await name_of(customer.id), customer.number) if word]
    await _drop(
        "exists (select from jsonb_each_text(asks) said where said.value = $1 or exists (select from unnest($2::text[]) word"
        " where strpos(lower(said.value), lower(word)) > 0)) or exists (select from unnest($2::text[]) word"
        " where strpos(lower(name), lower(word)) > 0)",
        str(happening.customer_id),
        words,
    )


async def _drop(which: str, *values: Any) -> None:
    await execute(
        f"update list_setting set view_id = null where view_id in (select id from list_view where {which})", *values
    )
    await execute(f"delete from list_view where {which}", *values)


async def _changeable(view_id: UUID, act: Act) -> ViewView:
    """One's own, or one that is shared where one may share."""
    known = await LISTED.one(view_id, **asking(act))
    if not known.own and not (known.shared and SHARE(act.by)):
        raise NotYourView(f"{known.made_by_name} made it")
    if known.shared:
        _may_reach(known.org_unit_id, act)
    return known


def _may_reach(unit_id: UUID | None, act: Act) -> None:
    if unit_id is None and act.by.units_seen is not None:
        raise Forbidden("With the whole company it is shared by whoever sees the whole of it; choose your org unit")
    if unit_id is not None and not act.by.covers(unit_id):
        raise Forbidden("It is shared with an org unit by whoever sees that one")


async def _own_unit(act: Act) -> UUID | None:
    if act.by.org_unit_id is not None:
        return act.by.org_unit_id
    head = await org_units.head_office()
    return head.id if head else None


async def _done(verb: str, view_id: UUID, act: Act) -> ViewView:
    await noted(f"view.{verb}", act, subject="list_view", subject_id=view_id, shown=0)
    return with_gone(await LISTED.one(view_id, **asking(act)), act)


def _refuse_unknown(field: str, names: tuple[str, ...], known: set[str]) -> None:
    strange = [name for name in names if name not in known]
    if strange:
        raise Invalid.at(field, f"one of: {', '.join(sorted(known))}", value=", ".join(strange)[:60])
