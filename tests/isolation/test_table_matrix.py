"""T3: every table × every statement with another tenant's rows. Tables come from the catalog, none by hand."""

import asyncpg
import pytest

from guibin.catalog import TABLES
from guibin_tenants.scope import current_scope, savepoint, tenant_scope
from guibin_tenants.tables import TenantTable

from .rows import insert, values_for

TENANT_TABLES = [table for table in TABLES if issubclass(table, TenantTable)]


@pytest.fixture
async def two(world):
    """Tenants A and B, a row in every table of A, and none of B's beyond what provisioning makes."""
    a, b = await world.tenant(), await world.tenant()
    rows = {}
    async with tenant_scope(a.id) as scope:
        for table in TENANT_TABLES:
            rows[table._meta.tablename] = await insert(scope.connection, table, values_for(table, a.id, rows))
    return a, b, rows


async def test_every_table_hides_and_refuses_another_tenants_rows(two):
    a, b, rows = two
    leaks = []
    async with tenant_scope(b.id) as scope:
        for table in TENANT_TABLES:
            name, row = table._meta.tablename, rows[table._meta.tablename]
            if await scope.connection.fetch(f"select * from {name} where id = $1", row):
                leaks.append(f"{name}: select by id")
            if await scope.connection.fetch(f"select * from {name} where tenant_id = $1", a.id):
                leaks.append(f"{name}: select by tenant")
            leaks += await _changes(scope.connection, table, row)
            leaks += await _inserts(table, a, b, rows)

    assert leaks == []


async def test_a_row_is_there_to_be_hidden(two):
    a, _, rows = two
    async with tenant_scope(a.id) as scope:
        for table in TENANT_TABLES:
            name = table._meta.tablename
            found = await scope.connection.fetchval(f"select count(*) from {name} where id = $1", rows[name])

            assert (name, found) == (name, 1)


async def test_without_a_scope_no_row_is_seen_or_written(two, database):
    a, _, rows = two
    connection = await asyncpg.connect(database.app)
    try:
        for table in TENANT_TABLES:
            name = table._meta.tablename
            assert (name, await connection.fetchval(f"select count(*) from {name}")) == (name, 0)
            with pytest.raises(asyncpg.PostgresError):
                await insert(connection, table, values_for(table, a.id, rows))
    finally:
        await connection.close()


async def _changes(connection, table, row):
    name = table._meta.tablename
    leaks = []
    for statement in (f"update {name} set id = id where id = $1", f"delete from {name} where id = $1"):
        try:
            async with savepoint():
                touched = await connection.execute(statement, row)
        except asyncpg.InsufficientPrivilegeError:
            continue
        if not touched.endswith(" 0"):
            leaks.append(f"{name}: {statement.split()[0]}")
    return leaks


async def _inserts(table, a, b, rows):
    """A row of A's, and a row of one's own that points at one of A's."""
    name = table._meta.tablename
    leaks = []
    attempts = [("insert for another tenant", values_for(table, a.id, rows))]
    for column, target in table.keys.references.items():
        values = values_for(table, b.id, rows)
        values[column] = rows[target]
        attempts.append((f"reference {column}", values))
    for label, values in attempts:
        try:
            async with savepoint():
                await insert(current_scope().connection, table, values)
        except (asyncpg.InsufficientPrivilegeError, asyncpg.ForeignKeyViolationError):
            continue
        except asyncpg.PostgresError as error:
            leaks.append(f"{name}: {label} failed for another reason: {error}")
            continue
        leaks.append(f"{name}: {label}")
    return leaks


async def test_an_id_of_another_tenant_is_not_an_oracle(two):
    _, b, rows = two
    async with tenant_scope(b.id) as scope:
        for table in TENANT_TABLES:
            values = values_for(table, b.id, {})
            if any(column in values and values[column] is None for column in table.keys.references):
                continue
            values["id"] = rows[table._meta.tablename]
            if table.keys.references:
                continue
            async with savepoint():
                taken = await insert(scope.connection, table, values)

            assert taken == rows[table._meta.tablename], "the same id may exist in two tenants"
