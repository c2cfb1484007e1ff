"""Two tenants, one of which has a row in every table."""

import pytest

from guibin_tenants.scope import tenant_scope

from .matrix import TENANT_TABLES
from .rows import insert, values_for


@pytest.fixture
async def two(world):
    """Tenants A and B, a row in every table of A, and none of B's beyond what provisioning makes."""
    a, b = await world.tenant(), await world.tenant()
    rows = {}
    async with tenant_scope(a.id) as scope:
        for table in TENANT_TABLES:
            rows[table._meta.tablename] = await insert(scope.connection, table, values_for(table, a.id, rows))
    return a, b, rows
