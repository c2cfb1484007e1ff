"""Two tenants, and two outlets of one, of which one has a row in every table."""

from uuid import uuid4

import asyncpg
import pytest
from piccolo.columns import Date, Timestamptz
from table_rows import insert, value_for, values_for

from guibin_tenants.org_units import OrgUnit
from guibin_tenants.scope import savepoint, tenant_scope

from .matrix import TENANT_TABLES

# Nothing new comes to an archive that has ended.
ENDS = ("closed_at", "erased_at")


@pytest.fixture
async def two(world):
    """Tenants A and B, a row in every table of A, all of one id, and none of B's beyond what provisioning makes.

    One id in every table: whatever a route takes it for, it finds something that is A's.
    """
    a, b = await world.tenant(), await world.tenant()
    rows, identifier = {}, uuid4()
    async with tenant_scope(a.id) as scope:
        for table in TENANT_TABLES:
            row = values_for(table, a.id, rows, identifier=identifier)
            rows[table._meta.tablename] = await insert(scope.connection, table, row)
    return a, b, rows


@pytest.fixture
async def outlets(world):
    """A company with the outlets here and there, and a row in every table that is there's, all of one id."""
    return await _two_outlets(world, TENANT_TABLES)


@pytest.fixture
async def served(world):
    """As `outlets`, with rows only where they are somebody's: the company itself works on as it was provisioned."""
    needed = {table._meta.tablename for table in TENANT_TABLES if table.keys.wall}
    for table in reversed(TENANT_TABLES):
        if table._meta.tablename in needed:
            needed.update(table.keys.references.values())
    return await _two_outlets(world, [table for table in TENANT_TABLES if table._meta.tablename in needed])


async def _two_outlets(world, tables):
    company = await world.tenant()
    await company.unit("here")
    rows, identifier = {}, uuid4()
    async with tenant_scope(company.id) as scope:
        head_office = await scope.connection.fetchval("select id from org_unit where parent_id is null")
        for table in tables:
            row = values_for(table, company.id, rows, identifier=identifier)
            if table is OrgUnit:
                row["parent_id"] = head_office
            if table.keys.wall:
                row[table.keys.wall] = identifier
            rows[table._meta.tablename] = await _insert(scope.connection, table, row)
    company.units["there"] = identifier
    return company, rows


async def _insert(connection, table, row):
    """With every moment and day, where checks allow it: lists sort by them, and show no row without. No archive has ended."""
    dated = {
        column._meta.db_column_name: value_for(column)
        for column in table._meta.columns
        if isinstance(column, Timestamptz | Date) and column._meta.db_column_name not in {*row, *ENDS}
    }
    while True:
        try:
            async with savepoint():
                return await insert(connection, table, row | dated)
        except asyncpg.CheckViolationError as error:
            left = _without_what_it_names(dated, table, error.constraint_name or "")
            if left == dated:
                return await insert(connection, table, row)
            dated = left


def _without_what_it_names(dated, table, constraint):
    checks = [sql for name, sql in table.keys.checks.items() if constraint.endswith(name)]
    return {name: value for name, value in dated.items() if not any(name in sql for sql in checks)}
