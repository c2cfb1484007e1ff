"""A tenant's own settings, and its simulated clock if it has one."""

from datetime import datetime
from typing import TypeVar

import msgspec
from piccolo.columns import JSONB, Varchar

from .refusals import Invalid
from .scope import current_scope, execute, fetch_value
from .tables import Keys, TenantTable

SettingType = TypeVar("SettingType")

SIMULATED_CLOCK = "simulated_clock"


class TenantSetting(TenantTable, tablename="tenant_setting"):
    """One named setting as JSON."""

    name = Varchar(length=100)
    value = JSONB()

    keys = Keys(written_by="company", unique=(("name",),))


async def read(name: str, kind: type[SettingType], default: SettingType) -> SettingType:
    """The tenant's setting, or `default`. Raises Invalid when what is stored no longer fits `kind`.

    It is asked for once in a transaction: what others commit meanwhile holds from the next on.
    """
    known = current_scope().settings
    if name not in known:
        known[name] = await fetch_value("select value from tenant_setting where name = $1", name)
    text = known[name]
    if text is None:
        return default
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        raise Invalid.at(f"settings.{name}", str(error)) from error


async def write(name: str, value: object) -> None:
    """Set it; the next reader sees it."""
    current_scope().settings.pop(name, None)
    await execute(
        "insert into tenant_setting (id, name, value) values (gen_random_uuid(), $1, $2::jsonb)"
        " on conflict (tenant_id, name) do update set value = excluded.value",
        name,
        msgspec.json.encode(value).decode(),
    )


async def merge(name: str, part: dict[str, object]) -> None:
    """Set these entries of a setting that is a mapping; others stay, also those somebody writes at the same moment."""
    current_scope().settings.pop(name, None)
    await execute(
        "insert into tenant_setting (id, name, value) values (gen_random_uuid(), $1, $2::jsonb)"
        " on conflict (tenant_id, name) do update set value = tenant_setting.value || excluded.value",
        name,
        msgspec.json.encode(part).decode(),
    )


async def simulated_now() -> datetime | None:
    """Where a simulated tenant's clock stands; None before it was first set."""
    return await read(SIMULATED_CLOCK, datetime | None, None)  # type: ignore[arg-type]  # a union is a type to msgspec


async def move_clock(moment: datetime) -> None:
    """Set a simulated tenant's clock. Raises Invalid when it would run backwards."""
    before = await simulated_now()
    if before is not None and moment < before:
        raise Invalid.at("until", f"not before the tenant's clock, {before.isoformat()}", value=moment.isoformat())
    await write(SIMULATED_CLOCK, moment)


async def let_clock_reach(moment: datetime) -> None:
    """Set a simulated tenant's clock unless it stands there or later already."""
    current_scope().settings.pop(SIMULATED_CLOCK, None)
    await execute(
        "insert into tenant_setting (id, name, value) values (gen_random_uuid(), $1, $2::jsonb)"
        " on conflict (tenant_id, name) do update set value = excluded.value"
        " where (tenant_setting.value #>> '{}')::timestamptz < (excluded.value #>> '{}')::timestamptz",
        SIMULATED_CLOCK,
        msgspec.json.encode(moment).decode(),
    )
