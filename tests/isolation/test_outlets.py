"""S02-6: whose a row is that names no customer, and what walls lead through. Tables come from the catalog."""

import asyncpg
from table_rows import insert, values_for

from guibin.catalog import TABLES
from guibin_tenants import versions
from guibin_tenants.scope import savepoint, tenant_scope
from guibin_tenants.walls import leads_to

from .declared import promises
from .matrix import TENANT_TABLES

WALLED = [table for table in TENANT_TABLES if table.keys.wall]


async def test_what_is_no_customers_belongs_to_the_org_unit_it_leads_to(outlets):
    company, rows = outlets
    added = {}
    async with tenant_scope(company.id) as scope:
        for table in WALLED:
            for entry in table.keys.unowned:
                name, target = table._meta.tablename, leads_to(table.keys, entry)[1]
                # Found through a row of one table alone: the same id is in every other.
                if target == "staff" or name in ("timer", "card_movement", "message_attempt") or target == "org_unit":
                    async with savepoint():
                        added[name, entry] = await insert(
                            scope.connection, table, _of_nobody(table, company.id, rows, entry)
                        )
    assert {name for name, _ in added} >= {"complaint", "approval_request", "timer", "work_log", "message"}

    for unit, seen in (("here", []), ("there", sorted(added))):
        async with tenant_scope(company.id, units=(company.units[unit],)) as scope:
            found = [
                one
                for one, row in sorted(added.items())
                if await scope.connection.fetchval(f"select true from {one[0]} where id = $1", row)
            ]

        assert (unit, found) == (unit, seen)


def test_every_row_that_everybody_reads_says_why():
    everybodys = {table._meta.tablename for table in TENANT_TABLES if table.keys.everybodys}

    assert everybodys == {name for name in everybodys if promises()[name].why}


def test_a_wall_leads_to_an_org_unit_through_walled_tables_only():
    walled = {table._meta.tablename for table in WALLED} | {"org_unit", "staff"}
    astray = [
        f"{table._meta.tablename}.{entry}"
        for table in WALLED
        for entry in (table.keys.wall, *table.keys.also, *table.keys.unowned)
        if leads_to(table.keys, entry)[1] not in walled
    ]

    assert astray == []


async def test_a_wall_of_an_earlier_release_is_brought_up_to_date(database, world):
    owner = await asyncpg.connect(database.owner)
    policies = "select polname, obj_description(oid, 'pg_policy') from pg_policy where polrelid = 'complaint'::regclass order by 1"
    try:
        before = await owner.fetch(policies)
        async with owner.transaction():
            await owner.execute("drop policy wall on complaint")
            await owner.execute("create policy wall on complaint as restrictive using (true)")
            await owner.execute(
                "create policy written_insert on complaint as restrictive for insert with check (false)"
            )
            await versions.ensure(owner, TABLES)

            assert await owner.fetch(policies) == before
    finally:
        await owner.close()


def _of_nobody(table, tenant_id, rows, entry):
    """A row whose wall is empty, and which one entry of `unowned` leads to the outlet."""
    column, target = leads_to(table.keys, entry)
    values = values_for(table, tenant_id, rows)
    for other in table.keys.unowned:
        name = leads_to(table.keys, other)[0]
        if table._meta.get_column_by_name(name)._meta.null:
            values[name] = None
    return {**values, table.keys.wall: None, column: rows[target]}
