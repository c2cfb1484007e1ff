"""What a company holds of the customers in a file already, what of it a row would change, and which of them are closed."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.notation.dates import Day, age, from_columns
from guibin.sealing.values import opened
from guibin.spreadsheets.importing import problem
from guibin.spreadsheets.reading import Row, RowProblem
from guibin_tenants import keyring
from guibin_tenants.principals import may
from guibin_tenants.scope import fetch

from .closing import close, open_cases
from .queries import CLOSED as CLOSED_SAID
from .requests import NewClosing
from .sheet_rows import AGE, CLOSED, DERIVED, MERGED, Archive, ArchiveReader, is_masked


class Place(Struct, frozen=True):
    """Where a customer is looked after, and by whom."""

    org_unit_id: UUID
    account_manager_id: UUID | None


class Held(Struct, frozen=True):
    """A customer as it stands; `confidential` are the values in clear of those fields that the file has."""

    id: UUID
    number: str
    kind: str
    name: str
    org_unit_id: UUID
    account_manager_id: UUID | None
    sex: str
    birthday: Day | None
    employer: str
    department: str
    position: str
    fields: dict[str, str | int | bool | None]
    confidential: dict[str, list[str]]
    masked: dict[str, list[str]] = {}

    def after(self, archive: Archive, given: Collection[str]) -> "Held":
        """The customer as the row wants it; what the file does not have stays as it is."""
        columns: dict[str, Any] = {
            "account_manager": ("account_manager_id", archive.manager),
            "sex": ("sex", archive.sex),
            "birthday": ("birthday", archive.birthday),
            "employer": ("employer", archive.employer),
            "department": ("department", archive.department),
            "position": ("position", archive.position),
        }
        return msgspec.structs.replace(
            self,
            kind=archive.kind,
            name=archive.name,
            org_unit_id=archive.unit or self.org_unit_id,
            fields={n: v for n, v in self.fields.items() if n not in given and n not in archive.fields}
            | archive.fields,
            confidential=self.confidential | archive.confidential,
            **dict(pair for column, pair in columns.items() if column in given),
        )


async def places_of(numbers: Sequence[str]) -> dict[str, Place]:
    """Where the customers of these numbers are looked after."""
    rows = await fetch(
        "select number, org_unit_id, account_manager_id from customer where number = any ($1)", list(numbers)
    )
    return {row["number"]: Place(row["org_unit_id"], row["account_manager_id"]) for row in rows}


async def held_of(archives: Sequence[Archive]) -> dict[str, Held]:
    """What is held of these customers, by number."""
    rows = await fetch(
        "select id, number, kind, name, org_unit_id, account_manager_id, sex, birthday, birthday_lunar,"
        " employer, department, position, fields from customer where number = any ($1)",
        [archive.number for archive in archives],
    )
    if not rows:
        return {}
    wanted = {name for archive in archives for name in archive.confidential}
    values = await _values_of([row["id"] for row in rows], sorted(wanted)) if wanted else {}
    return {row["number"]: _held(dict(row), values.get(row["id"], {})) for row in rows}


def changes(archive: Archive, held: Held, given: Collection[str]) -> Archive | None:
    """The row with those confidential values only that differ from what is held; None when it changes nothing at all."""
    if held.after(archive, given) == held:
        return None
    differing = {name: values for name, values in archive.confidential.items() if held.confidential.get(name) != values}
    return msgspec.structs.replace(archive, confidential=differing)


def _held(row: dict[str, Any], values: dict[str, list[tuple[str, str]]]) -> Held:
    born = from_columns(row["birthday"], row.pop("birthday_lunar"))
    fields = {name: value for name, value in msgspec.json.decode(row["fields"]).items() if value not in ("", None)}
    confidential = {name: [value for value, _ in several] for name, several in values.items()}
    masked = {name: [shown for _, shown in several] for name, several in values.items()}
    return Held(**(row | {"birthday": born, "fields": fields, "confidential": confidential, "masked": masked}))


async def masks_of(numbers: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """How the confidential values of these customers are shown, by number and field."""
    masks: dict[str, dict[str, list[str]]] = {}
    for row in await fetch(
        "select c.number, v.field, v.masked from sealed_value v join customer c on c.tenant_id = v.tenant_id"
        " and c.id = v.customer_id where c.number = any ($1) order by v.field, v.place",
        list(numbers),
    ):
        masks.setdefault(row["number"], {}).setdefault(row["field"], []).append(row["masked"])
    return masks


def completed(archive: Archive, held: Held | None) -> Archive:
    """The row with what it stands for: values held for masked ones and for cells that a formula left empty."""
    if held is None:
        shown = {n: [value for value in v if not is_masked(value)] for n, v in archive.confidential.items()}
        return msgspec.structs.replace(archive, confidential={name: values for name, values in shown.items() if values})
    plain = {name: held.fields[name] for name in archive.unsaid if held.fields.get(name) is not None}
    columns = {_ATTRIBUTES[name]: getattr(held, _HELD[name]) for name in archive.unsaid if name in _ATTRIBUTES}
    confidential = {name: _unmasked(several, name, held) for name, several in archive.confidential.items()}
    return msgspec.structs.replace(archive, fields={**plain, **archive.fields}, confidential=confidential, **columns)


def left_alone(archive: Archive, held: Held | None) -> list[tuple[str, str, str]]:
    """Column, value and reason of whatever of the row is not taken."""
    reason = "a formula that came to nothing: what is known stays"
    known: list[tuple[str, str, str]] = []
    for name in archive.unsaid:
        attribute = _HELD.get(name)
        if held is not None and (getattr(held, attribute) if attribute else held.fields.get(name)) not in (None, ""):
            known.append((name, "", reason))
    if held is None:
        new = "a masked value says nothing of a new customer"
        known += [(name, value, new) for name, several in archive.masked.items() for value in several]
    return known


def _unmasked(several: list[str], name: str, held: Held) -> list[str]:
    left = list(zip(held.confidential.get(name, []), held.masked.get(name, []), strict=True))
    values = []
    for given in several:
        place = next((at for at, (value, shown) in enumerate(left) if given in (value, shown)), None)
        values.append(given if place is None else left.pop(place)[0])
    return values


_ATTRIBUTES = {
    "account_manager": "manager",
    "sex": "sex",
    "birthday": "birthday",
    "employer": "employer",
    "department": "department",
    "position": "position",
}
_HELD = {name: "account_manager_id" if name == "account_manager" else name for name in _ATTRIBUTES}


async def _values_of(customer_ids: list[UUID], names: list[str]) -> dict[UUID, dict[str, list[tuple[str, str]]]]:
    keys = await keyring.known_subject_keys(customer_ids)
    values: dict[UUID, dict[str, list[tuple[str, str]]]] = {}
    for row in await fetch(
        "select id, customer_id, field, sealed, masked from sealed_value where customer_id = any ($1) and field = any ($2)"
        " order by customer_id, field, place",
        customer_ids,
        names,
    ):
        value = opened(row["id"], keys[row["customer_id"]], bytes(row["sealed"]), unshown=keyring.Unshown.COMPARED)
        values.setdefault(row["customer_id"], {}).setdefault(row["field"], []).append((value, row["masked"]))
    return values


_REASON = (
    "select distinct on (x.customer_id) x.customer_id, x.reason from archive_closing x"
    " order by x.customer_id, x.closed_at desc, x.id desc"
)


async def closed_reasons() -> dict[UUID, str]:
    """Why each archive was closed last."""
    return {row["customer_id"]: row["reason"] for row in await fetch(_REASON)}


async def unclosable(closing: Sequence[tuple[Row, Archive]], reader: ArchiveReader, act: Act) -> list[RowProblem]:
    """What is wrong with rows of archives that are closed, or are to be: an import changes and reopens none that is."""
    wrong: list[RowProblem] = []
    if not closing:
        return wrong
    known = {
        row["number"]: row
        for row in await fetch(
            f"select c.number, c.id, c.closed_at, x.reason from customer c left join ({_REASON}) x on x.customer_id = c.id"
            " where c.number = any ($1)",
            [archive.number for _, archive in closing],
        )
    }
    held = await held_of([archive for _, archive in closing])
    for row, archive in closing:
        before = known.get(archive.number)
        if before is not None and before["closed_at"] is not None:
            stands = (before["reason"] or CLOSED) == archive.closed
            asked = completed(archive, held[archive.number])
            if not stands or changes(asked, held[archive.number], reader.given) is not None:
                wrong.append(problem(row, "closed", row.fields["closed"], CLOSED_SAID))
            continue
        if archive.closed in (CLOSED, MERGED):
            rule = f"one of: {', '.join(act.policy.closing.reasons)}"
            wrong.append(problem(row, "closed", row.fields["closed"], rule))
        elif not may("customers:close")(act.by):
            wrong.append(problem(row, "closed", row.fields["closed"], "you may not close archives"))
        waiting = await open_cases(before["id"]) if before is not None else {}
        if waiting:
            said = ", ".join(f"{count} {what}" for what, count in waiting.items())
            wrong.append(problem(row, "closed", row.fields["closed"], f"{said}: see to them or end them first"))
    return wrong


async def close_all(ending: Sequence[Archive], act: Act, *, note: str) -> None:
    """Close the archives as their rows say."""
    if not ending:
        return
    rows = await fetch("select number, id from customer where number = any ($1)", [each.number for each in ending])
    ids = {row["number"]: row["id"] for row in rows}
    for archive in ending:
        await close(ids[archive.number], NewClosing(reason=archive.closed, note=note[:200]), act)


def aged(row: Any, today: date) -> str:
    """The cell of the age in full years."""
    years = age(from_columns(row["birthday"], row["birthday_lunar"]), today)
    return "" if years is None else str(years)


async def told_derived(numbers: Sequence[str] | None) -> dict[str, dict[str, str]]:
    """What rooms above know of these customers, None of all, by number and column."""
    columns = "".join(f", coalesce(({sql}), '') as {name}" for name, sql in DERIVED.items())
    rows = await fetch(
        f"select c.number{columns} from customer c where $1::text[] is null or c.number = any ($1)",
        None if numbers is None else list(numbers),
    )
    return {row["number"]: {name: row[name] for name in DERIVED} for row in rows}


async def differing_derived(archives: Sequence[Archive], act: Act) -> list[RowProblem]:
    """What the rows say otherwise of what follows from the archive: it is not taken."""
    saying = [archive for archive in archives if archive.derived]
    known = await told_derived([archive.number for archive in saying]) if saying else {}
    left = []
    for archive in saying:
        years = age(archive.birthday, act.today)
        stands = {AGE: "" if years is None else str(years)} | known.get(archive.number, {})
        left += [
            RowProblem("", archive.row, name, given, _WHY.get(name, "it follows from what is decided, not from a file"))
            for name, given in archive.derived.items()
            if given != stands.get(name, "")
        ]
    return left


_WHY = {AGE: "the age follows from the birthday"}
