"""Making a company a tenant: registered, keyed, with its packs' tables, policy, calendar and head office."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from guibin.jobs import ticks
from guibin.packs import BadPack, Packs
from guibin.sla import calendars
from guibin_tenants import cells, directory, keyring, org_units, registry, settings
from guibin_tenants.changes import BadChange
from guibin_tenants.database import ENGINE, UnsafeDatabase, connected, connected_to
from guibin_tenants.principals import PERMISSIONS, Principal, Signature
from guibin_tenants.refusals import Invalid
from guibin_tenants.registry import NewTenant, TenantView
from guibin_tenants.scope import tenant_scope

from . import migrations


async def provision(
    new: NewTenant,
    *,
    owner_url: str,
    app_url: str,
    packs: Packs,
    now: datetime,
    simulated_from: datetime | None = None,
) -> TenantView:
    """Create the tenant; with `simulated_from`, on a clock of its own that starts there. Raises Invalid, Conflict, or
    BadPack when a pack's tables cannot keep tenants apart."""
    packs.hooks_of(new.packs)
    async with _placed(owner_url, new) as (there, company):
        async with connected_to(there) as connection, connection.transaction():
            await _ensure(connection, packs, new.packs)
            tenant = await registry.create(connection, new, now=now, company=company)
        try:
            async with contextlib.AsyncExitStack() as stack:
                if ENGINE.pool is None:
                    await stack.enter_async_context(connected(app_url, pool_size=2))
                await _furnish(tenant, simulated_from or now)
        except BaseException:
            await _take_back(there, tenant)
            raise
    return tenant


@contextlib.asynccontextmanager
async def _placed(owner_url: str, new: NewTenant) -> AsyncIterator[tuple[str, UUID | None]]:
    """The owner's address of the cell on which the company is made, and the id that the directory has for it: its place is kept
    when this ends well, and free again when it does not."""
    if not cells.used():
        if new.cell:
            raise Invalid.at("cell", f"nothing, where {cells.VARIABLE} names none", value=new.cell)
        yield owner_url, None
        return
    async with connected_to(owner_url) as connection:
        place = await directory.reserve(connection, new)
        try:
            yield cells.named(place.cell).url("owner"), place.company
            await directory.serve(connection, place.company)
        except BaseException:
            await directory.release(connection, place.company)
            raise


async def make_tables(owner_url: str, packs: Packs, names: Sequence[str]) -> None:
    """Make the tables of these packs, so that a company can have them. Raises Invalid for an unknown one, BadPack."""
    async with connected_to(owner_url) as connection, connection.transaction():
        await _ensure(connection, packs, names)


async def _ensure(connection: asyncpg.Connection, packs: Packs, names: Sequence[str]) -> None:
    try:
        await migrations.bring_up(connection, packs.schemas(names))
    except (UnsafeDatabase, BadChange) as error:
        raise BadPack(str(error)) from error


async def _take_back(owner_url: str, tenant: TenantView) -> None:
    """Nothing half-made stays: what was furnished was rolled back, the registration goes too."""
    async with connected_to(owner_url) as connection:
        await registry.withdraw(connection, tenant.id)


async def _furnish(tenant: TenantView, now: datetime) -> None:
    async with tenant_scope(tenant.id):
        await keyring.tenant_key()
        await org_units.open_unit(code="head-office", name=f"{tenant.name} 总部")
        await calendars.seed(Signature(by=_provisioner(tenant), now=now), time_zone=tenant.time_zone)
        if tenant.simulated:
            await settings.move_clock(now)
        else:
            await ticks.look_again(now=now)


def _provisioner(tenant: TenantView) -> Principal:
    return Principal(kind="operator", id=tenant.id, name="provisioning", permissions=PERMISSIONS)
