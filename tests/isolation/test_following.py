"""A column that follows another row's, such as the org unit a wall asks for: the same as there, whoever writes and moves what."""

import asyncpg
import pytest
from table_rows import insert, values_for

from guibin_tenants.scope import savepoint, tenant_scope

from .matrix import TENANT_TABLES

FOLLOWING = [(table, column) for table in TENANT_TABLES for column in table.keys.follows]
IDS = [f"{table._meta.tablename}.{column}" for table, column in FOLLOWING]


def test_there_are_such_columns():
    assert "search_term.org_unit_id" in IDS


@pytest.mark.parametrize("seeing", ["*", "here"])
@pytest.mark.parametrize(("table", "column"), FOLLOWING, ids=IDS)
async def test_no_row_is_put_where_the_row_it_follows_is_not(outlets, table, column, seeing):
    company, rows = outlets
    here = company.units["here"]
    refused = []
    async with tenant_scope(company.id, units="*" if seeing == "*" else (here,)) as scope:
        beside = values_for(table, company.id, rows) | {column: here}
        name = table._meta.tablename
        for add in (
            lambda: insert(scope.connection, table, beside),
            lambda: _moved(scope.connection, name, column, rows[name], here),
        ):
            try:
                async with savepoint():
                    refused.append(not await add())
            except (asyncpg.ForeignKeyViolationError, asyncpg.InsufficientPrivilegeError):
                refused.append(True)

    assert refused == [True, True]


@pytest.mark.parametrize(("table", "column"), FOLLOWING, ids=IDS)
async def test_a_row_is_seen_where_the_row_it_follows_went_and_no_longer_where_it_was(outlets, table, column):
    company, rows = outlets
    name, reference = table._meta.tablename, table.keys.follows[column]
    target = table.keys.references[reference]
    before = await _seen(company, name, rows)

    async with tenant_scope(company.id) as scope:
        await scope.connection.execute(
            f"update {target} set {column} = $2 where id = $1", rows[target], company.units["here"]
        )

    assert before == {"here": False, "there": True}
    assert await _seen(company, name, rows) == {"here": True, "there": False}


async def _moved(connection, name, column, row, unit):
    status = await connection.execute(f"update {name} set {column} = $2 where id = $1", row, unit)
    return not status.endswith(" 0")


async def _seen(company, name, rows):
    found = {}
    for unit in ("here", "there"):
        async with tenant_scope(company.id, units=(company.units[unit],)) as scope:
            counted = await scope.connection.fetchval(f"select count(*) from {name} where id = $1", rows[name])
            found[unit] = counted == 1
    return found
