"""What is written down stays as it was written: nobody with the application's rights changes or deletes it, table by table."""

import asyncpg
import pytest

from guibin_tenants.scope import savepoint

from .declared import promises
from .matrix import TENANT_TABLES
from .test_walls import outlets as outlets  # the same rows

BY_NAME = {table._meta.tablename: table for table in TENANT_TABLES}
PROMISES = promises()
KEPT = [name for name, promise in PROMISES.items() if promise.rows != "changes"]


@pytest.mark.parametrize("name", KEPT)
async def test_a_kept_row_is_neither_changed_nor_deleted(outlets, name):
    expires = PROMISES[name].rows == "expires"
    columns = [column._meta.db_column_name for column in BY_NAME[name]._meta.columns]
    statements = [f'update {name} set "{column}" = "{column}" where id = $1' for column in columns]
    statements += [] if expires else [f"delete from {name} where id = $1"]

    done = [statement for statement in statements if await _touches(outlets, statement, name)]

    assert len(columns) > 2
    assert done == [], f"tables.txt says that rows of {name} are kept"


@pytest.mark.parametrize("name", [name for name, promise in PROMISES.items() if promise.rows == "changes"])
async def test_a_row_that_is_not_kept_can_be_changed(outlets, name):
    assert await _touches(outlets, f"update {name} set id = id where id = $1", name), (
        f"rows of {name} cannot be changed: tables.txt should say that they are kept"
    )


async def _touches(outlets, statement, name):
    async with outlets.company.scope() as scope:
        scope.rollback_only = True
        try:
            async with savepoint():
                return not (await scope.connection.execute(statement, outlets.rows[name])).endswith(" 0")
        except asyncpg.InsufficientPrivilegeError:
            return False
        except asyncpg.ForeignKeyViolationError:
            return True
