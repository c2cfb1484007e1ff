"""Two tenants, one of which has a row in every table."""

from uuid import uuid4

import pytest
from table_rows import insert, values_for

from guibin_tenants.scope import tenant_scope

from .matrix import TENANT_TABLES


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
