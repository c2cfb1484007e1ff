"""One row of every table for a tenant, made from the table's own definition."""

import datetime as dt
import itertools
import re
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from piccolo.columns import (
    JSON,
    JSONB,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Column,
    Date,
    DoublePrecision,
    Integer,
    Numeric,
    Real,
    SmallInt,
    Text,
    Time,
    Timestamp,
    Timestamptz,
    Varchar,
)
from piccolo.columns import UUID as UuidColumn

from guibin_tenants.tables import TenantTable
from guibin_tenants.walls import leads_to

_numbers = itertools.count(1)
# What is read back as more than text: a list that cannot decode a row shows nothing, and hides nothing.
_READ_BACK: dict[tuple[str, str], Any] = {
    ("activity", "policy"): '{"name": "lecture", "clause": ""}',
    ("approval_request", "flow"): '{"name": "f", "subject": "s", "steps": [{"role": "manager"}]}',
    ("card", "state"): "issued",
    ("care_task", "gifts"): "[]",
    ("care_task", "messages"): "[]",
    # Of a time as short as there is room for.
    ("emergency_access", "opened_at"): dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    ("emergency_access", "until_at"): dt.datetime(2026, 1, 1, 1, tzinfo=dt.UTC),
    ("emergency_review", "verdict"): "justified",
    ("offer", "currency"): "CNY",
    ("offer", "head_starts"): "[]",
}
# A whole run makes more values than a small integer holds.
SMALL_MAX = 30_000


def value_for(column: Column) -> Any:
    """Something that fits the column and differs from row to row."""
    number = next(_numbers)
    if isinstance(column, UuidColumn):
        return uuid4()
    if isinstance(column, Array):
        return []
    if isinstance(column, Varchar | Text):
        text = f"v{number}"
        return text[-column.length :] if isinstance(column, Varchar) and column.length else text
    if isinstance(column, JSON | JSONB):
        return "[]" if column._meta.params.get("default") == "[]" else "{}"
    if isinstance(column, Boolean):
        return True
    if isinstance(column, SmallInt):
        return number % SMALL_MAX
    if isinstance(column, Integer | BigInt | Numeric | Real | DoublePrecision):
        return number
    if isinstance(column, Bytea):
        return str(number).encode()
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=number, seconds=number)
    if isinstance(column, Timestamptz):
        return moment
    if isinstance(column, Timestamp):
        return moment.replace(tzinfo=None)
    if isinstance(column, Date):
        return moment.date()
    if isinstance(column, Time):
        return moment.time()
    raise NotImplementedError(f"no value for {type(column).__name__}")


def values_for(
    table: type[TenantTable], tenant: UUID, rows: dict[str, UUID], *, identifier: UUID | None = None
) -> dict[str, Any]:
    """A whole row, its references pointing at `rows` (table name → id); optional columns left empty."""
    values: dict[str, Any] = {}
    for column in table._meta.columns:
        name = column._meta.db_column_name
        if name == "tenant_id":
            values[name] = tenant
        elif name in table.keys.references:
            target = table.keys.references[name]
            optional = column._meta.null or target == table._meta.tablename
            values[name] = rows.get(target) if not optional or target in rows else None
        elif name in table.keys.follows:
            values[name] = rows.get(leads_to(table.keys, name)[1])
        elif name == "id" or not column._meta.null or _wanted(table, name):
            values[name] = _READ_BACK.get((table._meta.tablename, name)) or _allowed(table, name) or value_for(column)
    return values | ({"id": identifier} if identifier else {})


def _wanted(table: type[TenantTable], name: str) -> bool:
    return any(
        re.search(rf"\b{name}\b is not null|> {name}\b|\b{name} >", check) for check in table.keys.checks.values()
    )


def _allowed(table: type[TenantTable], name: str) -> str | None:
    """The first value a check lists for the column that is not empty."""
    for check in table.keys.checks.values():
        listed = re.search(rf"\b{name} in \(([^)]*)\)", check)
        if listed and (said := [value for value in re.findall(r"'([^']*)'", listed[1]) if value]):
            return said[0]
    return None


async def insert(connection: asyncpg.Connection, table: type[TenantTable], values: dict[str, Any]) -> UUID:
    """Insert a row as it is; the error of PostgreSQL if it does not want it."""
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    statement = f"insert into {table._meta.tablename} ({names}) values ({places})"
    if "id" in values:
        # Whoever adds a row does not always see it.
        await connection.execute(statement, *values.values())
        return values["id"]
    row_id: UUID = await connection.fetchval(f"{statement} returning id", *values.values())
    return row_id
