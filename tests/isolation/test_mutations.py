"""T6: the matrix can fail. Whatever keeps tenants apart is taken away, one thing at a time, and it goes red."""

import contextlib

import asyncpg
import pytest

from guibin_tenants.schema import TENANT
from guibin_tenants.scope import tenant_scope

from .matrix import TENANT_TABLES, leaks

NAMES = [table._meta.tablename for table in TENANT_TABLES]


@contextlib.asynccontextmanager
async def mutated(database, *, by, undone_by):
    """The statements of `by` are in force, and those of `undone_by` afterwards."""
    owner = await asyncpg.connect(database.owner)
    try:
        await owner.execute("; ".join(by))
        yield owner
    finally:
        await owner.execute("; ".join(undone_by))
        await owner.close()


async def leaking(a, b, rows):
    """The tables that B gets at A's rows of."""
    found = set()
    async with tenant_scope(b.id):
        for table in TENANT_TABLES:
            found |= {leak.split(":")[0] for leak in await leaks(table, a, b, rows)}
    return found


async def test_without_mutation_nothing_leaks_and_the_owner_sees_nothing(two, database):
    owner = await asyncpg.connect(database.owner)
    try:
        seen = {name: await owner.fetchval(f"select count(*) from {name}") for name in NAMES}
    finally:
        await owner.close()

    assert await leaking(*two) == set()
    assert seen == dict.fromkeys(NAMES, 0)


async def test_a_policy_that_lets_all_through_leaks_each_table(two, database):
    widened = [f"alter policy tenant on {name} using (true) with check (true)" for name in NAMES]
    restored = [
        f"alter policy tenant on {name} using (tenant_id = {TENANT}) with check (tenant_id = {TENANT})"
        for name in NAMES
    ]

    async with mutated(database, by=widened, undone_by=restored):
        found = await leaking(*two)

    # A walled row stays behind its customer's wall; customers and all others are open.
    assert {"customer", "staff", "org_unit", "audit_entry", "job"} <= found
    assert {table._meta.tablename for table in TENANT_TABLES if not table.keys.wall} <= found


async def test_row_security_switched_off_leaks_each_table(two, database):
    off = [f"alter table {name} disable row level security" for name in NAMES]
    on = [f"alter table {name} enable row level security" for name in NAMES]

    async with mutated(database, by=off, undone_by=on):
        found = await leaking(*two)

    assert found == set(NAMES)


async def test_a_dropped_policy_hides_each_table_from_its_own_tenant(two, database):
    a, _, rows = two
    dropped = [f"drop policy tenant on {name}" for name in NAMES]
    restored = [
        f"create policy tenant on {name} using (tenant_id = {TENANT}) with check (tenant_id = {TENANT})"
        for name in NAMES
    ]

    async with mutated(database, by=dropped, undone_by=restored), tenant_scope(a.id) as scope:
        seen = {
            name: await scope.connection.fetchval(f"select count(*) from {name} where id = $1", rows[name])
            for name in NAMES
        }

    assert seen == dict.fromkeys(NAMES, 0)


async def test_force_removed_shows_each_table_to_its_owner(two, database):
    unforced = [f"alter table {name} no force row level security" for name in NAMES]
    forced = [f"alter table {name} force row level security" for name in NAMES]

    async with mutated(database, by=unforced, undone_by=forced) as owner:
        seen = {name for name in NAMES if await owner.fetchval(f"select count(*) from {name}")}

    assert seen == set(NAMES)


@pytest.mark.parametrize(("scope_of", "found"), [("nobody", set()), ("a", set(NAMES))])
async def test_a_scope_that_is_skipped_or_not_changed_is_seen(two, scope_of, found):
    """Whose scope is open decides alone: nobody's shows nothing, A's shows B what is A's."""
    a, b, rows = two
    async with tenant_scope(b.id) as scope:
        await scope.connection.execute(
            "reset guibin.tenant" if scope_of == "nobody" else f"set local guibin.tenant = '{a.id}'"
        )
        seen = {
            name
            for name in NAMES
            if await scope.connection.fetchval(f"select count(*) from {name} where id = $1", rows[name])
        }
        scope.rollback_only = True

    assert seen == found
