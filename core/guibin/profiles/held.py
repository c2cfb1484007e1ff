"""What a company holds of the customers in a file already, and what of it a row would change."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin_tenants import keyring
from guibin_tenants.scope import fetch

from .dates import Day, from_columns
from .sealing import opened
from .sheet_rows import Archive


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
            fields={name: value for name, value in self.fields.items() if name not in given} | archive.fields,
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


def _held(row: dict[str, Any], confidential: dict[str, list[str]]) -> Held:
    born = from_columns(row["birthday"], row.pop("birthday_lunar"))
    made = {"birthday": born, "fields": msgspec.json.decode(row["fields"]), "confidential": confidential}
    return Held(**(row | made))


async def _values_of(customer_ids: list[UUID], names: list[str]) -> dict[UUID, dict[str, list[str]]]:
    keys = await keyring.known_subject_keys(customer_ids)
    found: dict[UUID, dict[str, list[str]]] = {}
    for row in await fetch(
        "select id, customer_id, field, sealed from sealed_value where customer_id = any ($1) and field = any ($2)"
        " order by customer_id, field, place",
        customer_ids,
        names,
    ):
        value = opened(row["id"], keys[row["customer_id"]], bytes(row["sealed"]), unshown=keyring.Unshown.COMPARED)
        found.setdefault(row["customer_id"], {}).setdefault(row["field"], []).append(value)
    return found
