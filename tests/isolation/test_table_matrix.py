"""T3: every table × every statement with another tenant's rows. Tables come from the catalog, none by hand."""

import asyncpg
import pytest
from table_rows import insert, values_for

from guibin_tenants.scope import savepoint, tenant_scope

from .matrix import TENANT_TABLES, leaks


async def test_every_table_hides_and_refuses_another_tenants_rows(two):
    a, b, rows = two
    found = []
    async with tenant_scope(b.id):
        for table in TENANT_TABLES:
            found += await leaks(table, a, b, rows)

    assert found == []


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
