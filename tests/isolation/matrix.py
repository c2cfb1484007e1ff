"""What one table lets another tenant do: nothing, when all is well."""

import asyncpg
from table_rows import insert, values_for

from guibin.catalog import TABLES
from guibin_tenants.scope import current_scope, savepoint
from guibin_tenants.tables import TenantTable

TENANT_TABLES = [table for table in TABLES if issubclass(table, TenantTable)]


async def leaks(table: type[TenantTable], a, b, rows) -> list[str]:
    """Every way in which B, whose scope is open, gets at A's row of this table."""
    connection = current_scope().connection
    name, row = table._meta.tablename, rows[table._meta.tablename]
    found = []
    if await connection.fetch(f"select * from {name} where id = $1", row):
        found.append(f"{name}: select by id")
    if await connection.fetch(f"select * from {name} where tenant_id = $1", a.id):
        found.append(f"{name}: select by tenant")
    return found + await _changes(connection, table, row) + await _inserts(table, a, b, rows)


async def _changes(connection, table, row):
    name = table._meta.tablename
    found = []
    for statement in (f"update {name} set id = id where id = $1", f"delete from {name} where id = $1"):
        try:
            async with savepoint():
                touched = await connection.execute(statement, row)
        except asyncpg.InsufficientPrivilegeError:
            continue
        except asyncpg.ForeignKeyViolationError:
            found.append(f"{name}: {statement.split()[0]} reached it")
            continue
        if not touched.endswith(" 0"):
            found.append(f"{name}: {statement.split()[0]}")
    return found


async def _inserts(table, a, b, rows):
    """A row of A's, and a row of one's own that points at one of A's."""
    name = table._meta.tablename
    found = []
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
            found.append(f"{name}: {label} failed for another reason: {error}")
            continue
        found.append(f"{name}: {label}")
    return found
