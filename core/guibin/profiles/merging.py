"""Two archives of one customer become one, and two again within the policy's time (S14-2).

Rows go to the archive that is kept with everything they say, but for those of which it has an equal already: these stay in the
other, which is closed. Nothing is lost either way, and the record says who saw and did what in which.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin import events
from guibin.audit.actions import noted
from guibin.context import Act
from guibin.events import ArchiveCloses, ArchiveReopens, ArchivesMerge, ArchivesMerged, ArchivesPart, tell_at_once
from guibin.notation.dates import LunarDay, shown
from guibin.sealing.seeing import refuse_partly
from guibin.sealing.values import opened
from guibin_tenants import keyring
from guibin_tenants.above import NamedFromAbove
from guibin_tenants.keyring import Place
from guibin_tenants.refusals import Conflict, FieldError, Invalid
from guibin_tenants.rows import add, add_all, change, columns_of, locked, name_of, standing
from guibin_tenants.schema import moving
from guibin_tenants.scope import fetch, fetch_value, savepoint
from guibin_tenants.tables import TenantTable, all_tables, new_id

from . import actions, queries
from .closing import MERGED
from .merged import refuse_merged_away
from .queries import CustomerView
from .refusals import ArchiveClosed, ArchiveErased, TooLateToUndo
from .requests import CustomerChange, NewMerge, NewUndoing
from .tables import ArchiveClosing, ArchiveMerge, ArchiveMergeRow, ArchiveReopening, Customer

_PLAIN = ("name", "kind", "sex", "birthday", "employer", "department", "position")
KEPT, TAKEN, BOTH = "kept", "merged", "both"


class Difference(Struct, frozen=True, kw_only=True):
    """A field of which both archives say something, and not the same: what they say, masked where it is confidential, and what
    can be chosen."""

    field: str
    kept: list[str]
    merged: list[str]
    choices: tuple[str, ...] = (KEPT, TAKEN)


class MergeView(Struct, frozen=True, kw_only=True):
    """Two archives became one, and were parted again if they were; until `undoable_until` that is possible."""

    id: UUID
    customer_id: UUID
    merged_id: UUID
    merged_number: str
    reason: str
    choices: dict[str, str]
    rows: int
    merged_by_name: str
    merged_at: datetime
    undoable_until: datetime
    undone_because: str
    undone_by_name: str
    undone_at: datetime | None


# What rooms above have of both that excludes each other.
DIFFERENCES: NamedFromAbove[Callable[[UUID, UUID, Act], Awaitable[list[Difference]]]] = NamedFromAbove()


class _Before(Struct, frozen=True):
    """What stood in the kept archive, and what was put in its place."""

    plain: dict[str, Any] = {}
    confidential: dict[str, list[str]] = {}
    taken: dict[str, list[str]] = {}


async def merges(customer_id: UUID, act: Act) -> list[MergeView]:
    """What became one with this archive, the latest first. Raises NotFound."""
    await queries.standing(customer_id)
    await noted("merge.read", act, customer_id=customer_id)
    rows = await fetch(
        "select x.*, c.number as merged_number, (select count(*)::int from archive_merge_row r where r.tenant_id = x.tenant_id"
        " and r.merge_id = x.id) as rows, x.merged_at + make_interval(days => $2) as undoable_until"
        " from archive_merge x join customer c on c.tenant_id = x.tenant_id and c.id = x.merged_id"
        " where x.customer_id = $1 order by x.merged_at desc, x.id desc",
        customer_id,
        act.policy.closing.merged_undone_days,
    )
    return [msgspec.convert(dict(row) | {"choices": msgspec.json.decode(row["choices"])}, MergeView) for row in rows]


async def differences(customer_id: UUID, other_id: UUID, act: Act) -> list[Difference]:
    """What is to be chosen before the other archive becomes one with this one. Raises NotFound, also behind a wall."""
    refuse_partly()
    kept, merged = await queries.customer(customer_id), await queries.customer(other_id)
    await noted("merge.compare", act, customer_ids=(customer_id, other_id), shown=2)
    return await _differences(kept, merged, act)


async def merge(customer_id: UUID, new: NewMerge, act: Act) -> MergeView:
    """Everything of the other archive is this one's from now on, and that one is closed.

    Raises NotFound, ArchiveClosed, ArchiveErased, MergedAway, Invalid naming what is not chosen yet.
    """
    refuse_partly()
    for each in sorted((customer_id, new.merged_id)):
        await locked(Customer, each)
        await refuse_merged_away(each)
    kept, merged = await queries.customer(customer_id), await queries.customer(new.merged_id)
    _refuse_unlike(kept, merged, act)
    open_ = await _differences(kept, merged, act)
    _refuse_unchosen(open_, new.choices)
    before = await _take_values(kept, merged, new, act)
    await tell_at_once(ArchivesMerge(customer_id, new.merged_id, dict(new.choices)), act)
    key = await keyring.subject_key(customer_id)
    merge_id = new_id()
    await add(
        ArchiveMerge,
        act,
        id=merge_id,
        customer_id=customer_id,
        merged_id=new.merged_id,
        reason=new.reason,
        choices=new.choices,
        closed=merged.closed_at is None,
        sealed=keyring.seal(key, _place(merge_id), msgspec.json.encode(before).decode()),
    )
    await _move(merge_id, new.merged_id, customer_id)
    await keyring.merge(new.merged_id, customer_id)
    if merged.closed_at is None:
        await tell_at_once(ArchiveCloses(new.merged_id), act)
        await add(ArchiveClosing, act, customer_id=new.merged_id, reason=MERGED, note=kept.number)
        await change(Customer, new.merged_id, closed_at=act.now, changed_at=act.now)
    await _told("merge.merge", ArchivesMerged(customer_id, new.merged_id, False), act)
    return (await _views(customer_id, act))[0]


async def undo(customer_id: UUID, merge_id: UUID, new: NewUndoing, act: Act) -> MergeView:
    """They are two customers' after all: what came goes back, what was written since stays where it was written.

    Raises NotFound, Conflict when it was undone, TooLateToUndo, ArchiveErased.
    """
    refuse_partly()
    row = await locked(ArchiveMerge, merge_id)
    if row["customer_id"] != customer_id:
        raise Invalid.at("merge_id", "a merge of this archive", value=str(merge_id))
    if row["undone_at"] is not None:
        raise Conflict(f"It was undone at {row['undone_at']:%Y-%m-%d %H:%M}")
    if act.now - row["merged_at"] > timedelta(days=act.policy.closing.merged_undone_days):
        raise TooLateToUndo(f"It could be undone for {act.policy.closing.merged_undone_days} days")
    if (await queries.customer(customer_id)).erased_at is not None:
        raise ArchiveErased("What was erased does not come back")
    merged_id: UUID = row["merged_id"]
    await refuse_merged_away(customer_id)
    await _give_back(merge_id, customer_id, merged_id)
    await keyring.part(merged_id, await _parts_of(merged_id))
    await _restore_values(row, act)
    if row["closed"]:
        await _reopen(merged_id, new.reason, row["merged_at"], act)
    await change(ArchiveMerge, merge_id, act, undone_because=new.reason)
    await tell_at_once(ArchivesPart(customer_id, merged_id, row["merged_at"]), act)
    await _told("merge.undo", ArchivesMerged(customer_id, merged_id, True), act)
    return next(view for view in await _views(customer_id, act) if view.id == merge_id)


async def _reopen(merged_id: UUID, reason: str, closed_at: datetime, act: Act) -> None:
    await change(Customer, merged_id, closed_at=None, changed_at=act.now)
    closing_id = await fetch_value(
        "select id from archive_closing where customer_id = $1 order by closed_at desc, id desc limit 1", merged_id
    )
    await add(ArchiveReopening, act, closing_id=closing_id, reason=reason, restored=True)
    await tell_at_once(ArchiveReopens(merged_id, closed_at, True), act)


async def _views(customer_id: UUID, act: Act) -> list[MergeView]:
    return await merges(customer_id, act)


async def _told(action: str, told: ArchivesMerged, act: Act) -> None:
    await noted(action, act, customer_ids=(told.customer_id, told.merged_id), shown=2)
    await events.happen(told, act)


def _refuse_unlike(kept: CustomerView, merged: CustomerView, act: Act) -> None:
    if kept.id == merged.id:
        raise Invalid.at("merged_id", "another archive", value=str(merged.id))
    for each in (kept, merged):
        if each.erased_at is not None:
            raise ArchiveErased(f"The archive {each.number} was erased: there is nothing to be made one with")
    if kept.closed_at is not None:
        raise ArchiveClosed(f"The archive {kept.number} is closed: keep the open one, or reopen it first")
    if act.policy.is_organisation(kept.kind) != act.policy.is_organisation(merged.kind):
        raise Invalid.at("merged_id", "an archive of the same customer", "one is a person, the other an organisation")


def _refuse_unchosen(open_: list[Difference], choices: Mapping[str, str]) -> None:
    known = {each.field: each for each in open_}
    wrong = [
        FieldError(f"choices.{name}", f"one of: {', '.join(each.choices)}", "both archives say something")
        for name, each in known.items()
        if choices.get(name) not in each.choices
    ]
    wrong += [
        FieldError(f"choices.{name}", "a field in which they differ", value=name)
        for name in choices
        if name not in known
    ]
    if wrong:
        raise Invalid("The archives differ: choose first", fields=tuple(wrong))


async def _differences(kept: CustomerView, merged: CustomerView, act: Act) -> list[Difference]:
    found = [
        Difference(field=name, kept=[_said(one)], merged=[_said(other)])
        for name, one, other in _plain(kept, merged)
        if one not in (None, "") and other not in (None, "") and one != other
    ]
    clear = await _clear((kept.id, merged.id))
    for name in sorted(kept.masked.keys() & merged.masked.keys()):
        if clear[kept.id][name] != clear[merged.id][name]:
            found.append(
                Difference(field=name, kept=kept.masked[name], merged=merged.masked[name], choices=(KEPT, TAKEN, BOTH))
            )
    for ask in DIFFERENCES.values():
        found += await ask(kept.id, merged.id, act)
    return found


def _plain(kept: CustomerView, merged: CustomerView) -> Iterator[tuple[str, Any, Any]]:
    for name in _PLAIN:
        yield name, getattr(kept, name), getattr(merged, name)
    for part in ("preferences", "fields"):
        one, other = getattr(kept, part), getattr(merged, part)
        for name in dict.fromkeys((*one, *other)):
            yield f"{part}.{name}", one.get(name), other.get(name)


def _said(value: Any) -> str:
    return str(shown(value)) if isinstance(value, LunarDay) else str(value)


async def _clear(customers: Collection[UUID]) -> dict[UUID, dict[str, list[str]]]:
    """What is sealed of them, in clear: compared, and sealed again for the one that is kept."""
    keys = await keyring.known_subject_keys(customers)
    values: dict[UUID, dict[str, list[str]]] = {each: {} for each in customers}
    for row in await fetch(
        "select id, customer_id, field, sealed from sealed_value where customer_id = any ($1)"
        " order by customer_id, field, place",
        list(customers),
    ):
        value = opened(row["id"], keys[row["customer_id"]], bytes(row["sealed"]), unshown=keyring.Unshown.SEALED_AGAIN)
        values[row["customer_id"]].setdefault(row["field"], []).append(value)
    return values


async def _take_values(kept: CustomerView, merged: CustomerView, new: NewMerge, act: Act) -> _Before:
    """What the kept archive lacks or is chosen of the other stands in it, as any change on record; what stood there before."""
    plain = {
        name: (one, other)
        for name, one, other in _plain(kept, merged)
        if other not in (None, "") and one != other and (one in (None, "") or new.choices.get(name) == TAKEN)
    }
    clear = await _clear((kept.id, merged.id))
    own, others = clear[kept.id], clear[merged.id]
    taken = {
        name: _joined(own.get(name, []), values, new.choices.get(name, TAKEN))
        for name, values in others.items()
        if own.get(name) != values and new.choices.get(name, TAKEN) != KEPT
    }
    if plain or taken:
        await actions.change(kept.id, _as_change(kept, {name: pair[1] for name, pair in plain.items()}, taken), act)
    return _Before({name: pair[0] for name, pair in plain.items()}, {name: own.get(name, []) for name in taken}, taken)


def _joined(own: list[str], others: list[str], choice: str) -> list[str]:
    return list(dict.fromkeys((*own, *others))) if choice == BOTH else others


def _as_change(archive: CustomerView, plain: Mapping[str, Any], sealed: Mapping[str, list[str]]) -> CustomerChange:
    columns = {name: value for name, value in plain.items() if name in _PLAIN}
    parts: dict[str, dict[str, Any]] = {}
    for name, value in plain.items():
        part, _, key = name.partition(".")
        if key:
            parts.setdefault(part, {})[key] = value
    if "preferences" in parts:
        known = archive.preferences | parts["preferences"]
        parts["preferences"] = {name: value for name, value in known.items() if value not in (None, "")}
    given: dict[str, Any] = {**columns, **parts, "confidential": dict(sealed)}
    return CustomerChange(**given)


async def _restore_values(row: asyncpg.Record, act: Act) -> None:
    """What was taken over goes, where nobody changed it since."""
    customer_id, key = row["customer_id"], await keyring.subject_key(row["customer_id"])
    text = keyring.unseal(key, _place(row["id"]), bytes(row["sealed"]), unshown=keyring.Unshown.SEALED_AGAIN)
    before = msgspec.json.decode(text, type=_Before)
    archive, merged = await queries.customer(customer_id), await queries.customer(row["merged_id"])
    stands = {name: (one, other) for name, one, other in _plain(archive, merged)}
    plain = {name: _typed(name, value) for name, value in before.plain.items() if stands[name][0] == stands[name][1]}
    now = (await _clear((customer_id,)))[customer_id]
    sealed = {name: values for name, values in before.confidential.items() if now.get(name, []) == before.taken[name]}
    if plain or sealed:
        await actions.change(customer_id, _as_change(archive, plain, sealed), act)


def _typed(name: str, value: Any) -> Any:
    if name == "birthday":
        return msgspec.convert({"birthday": value}, CustomerChange, strict=False).birthday
    return ("" if name in _PLAIN else None) if value is None else value


async def _parts_of(customer_id: UUID) -> list[UUID]:
    rows = await fetch("select merged_id from archive_merge where customer_id = $1 and undone_at is null", customer_id)
    return [row["merged_id"] for row in rows]


def movers() -> list[tuple[type[TenantTable], tuple[str, ...]]]:
    """Every table with rows that go along, each after those it refers to, and by which of its columns."""
    known = {name_of(table): table for table in all_tables()}
    ordered: dict[str, None] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        table = known.get(name)
        if table is None or name in ordered or name in above:
            return
        for target in table.keys.references.values():
            visit(target, (*above, name))
        ordered[name] = None

    for name in known:
        visit(name, ())
    return [(known[name], moving(known[name])) for name in ordered if name != "customer" and moving(known[name])]


async def _move(merge_id: UUID, from_id: UUID, to_id: UUID) -> None:
    moved = dict(movers())
    for table in await standing(list(moved)):
        for column in moved[table]:
            ids = await _go(table, column, from_id, to_id)
            if ids:
                went = [
                    {"merge_id": merge_id, "table_name": name_of(table), "column_name": column, "row_id": row_id}
                    for row_id in ids
                ]
                await add_all(ArchiveMergeRow, None, went)


async def _go(table: type[TenantTable], column: str, from_id: UUID, to_id: UUID) -> list[UUID]:
    """The rows that went. One of which the other has an equal, or that belongs to one that stays, stays too."""
    name = name_of(table)
    beside = [
        f"not exists (select from {target} p where p.tenant_id = x.tenant_id and p.id = x.{reference}"
        f" and p.customer_id = $1)"
        for reference, target in table.keys.references.items()
        if target not in ("customer", name) and column == "customer_id" and _goes_by_customer(target)
    ]
    beside += [f"x.{other} is distinct from $2" for other in moving(table) if other != column]
    where = " and ".join((f"x.{column} = $1", *beside))
    version = ", version = version + 1" if "version" in columns_of(table) else ""
    update = f"update {name} x set {column} = $2{version} where {where}"
    try:
        async with savepoint():
            return [row["id"] for row in await fetch(f"{update} returning x.id", from_id, to_id)]
    except (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError):
        gone = []
        for row in await fetch(
            f"select x.id from {name} x where {where} and $2::uuid is not null order by x.id", from_id, to_id
        ):
            try:
                async with savepoint():
                    gone += await fetch(f"{update} and x.id = $3 returning x.id", from_id, to_id, row["id"])
            except (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError):
                continue
        return [row["id"] for row in gone]


def _goes_by_customer(name: str) -> bool:
    return any(name_of(table) == name and "customer_id" in columns for table, columns in movers())


async def _give_back(merge_id: UUID, customer_id: UUID, merged_id: UUID) -> None:
    rows = await fetch(
        "select table_name, column_name, array_agg(row_id) as ids from archive_merge_row where merge_id = $1 group by 1, 2",
        merge_id,
    )
    back = {(row["table_name"], row["column_name"]): row["ids"] for row in rows}
    for table, columns in movers():
        for column in columns:
            ids = back.get((name_of(table), column))
            if ids:
                await fetch(
                    f"update {name_of(table)} set {column} = $2 where {column} = $1 and id = any ($3)",
                    customer_id,
                    merged_id,
                    ids,
                )


def _place(merge_id: UUID) -> Place:
    return Place("archive_merge", "sealed", merge_id)
