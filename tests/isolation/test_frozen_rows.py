"""A frozen company in the database itself: every table × every command, as the application's role. Tables come from the catalog."""

import asyncio

import asyncpg
import pytest
from piccolo.columns import Boolean, Text, Varchar
from table_rows import insert, values_for

from guibin.app.problems import violation
from guibin_tenants import freezing, registry
from guibin_tenants.freezing import EVERY_COLUMN
from guibin_tenants.refusals import READ_ONLY, Frozen
from guibin_tenants.schema import APP_ROLE, COMPANY_FROZEN
from guibin_tenants.scope import current_scope, savepoint, tenant_scope
from guibin_tenants.tables import HOLDS_COMPANIES

from .matrix import TENANT_TABLES

ALL = EVERY_COLUMN
# What is written even then, why, and which columns; read from nothing but this list.
REASONS = {
    "whoever looks is on record": {
        "audit_entry": ALL,
        "listed_customer": ALL,
        "disclosure": ALL,
        "look_up_count": ALL,
    },
    "the record goes into the log, which is signed": {
        "evidence_checkpoint": ALL,
        "evidence_entry": ALL,
        "evidence_key": ALL,
        "evidence_receipt": ALL,
        "evidence_tree": ALL,
    },
    "people sign in, and limits hold for them": {
        "known_device": ALL,
        "passkey_challenge": ALL,
        "provider_attempt": ALL,
        "provider_identity": ALL,
        "sign_in_limit": ALL,
        "staff_session": ALL,
        "passkey": ("sign_count", "synced", "used_at"),
        "recovery_code": ("used_at",),
        "second_factor": ("last_step",),
        "staff": ("password_hash", "password_set_by", "password_set_at", "password_chosen_at"),
    },
    "keys and displays are used": {"api_key": ("used_at",), "request_count": ALL, "wall_display": ("used_at",)},
    "an answer is repeated": {"idempotency_record": ALL},
    "a job that had begun is put back": {"job": ALL, "job_attempt": ALL},
    "open pages hear of it": {"stream_event": ALL},
    "the root key is changed": {"tenant_key": ("wrapped",)},
}
WRITTEN = {table: columns for tables in REASONS.values() for table, columns in tables.items()}
COMMANDS = ("insert", "update", "delete")


@pytest.fixture
async def filled(world):
    """Two companies with a row in every table each."""

    async def fill(company):
        rows = {}
        async with tenant_scope(company.id) as scope:
            for table in TENANT_TABLES:
                name = table._meta.tablename
                rows[name] = await insert(scope.connection, table, values_for(table, company.id, rows))
        return company, rows

    return await fill(await world.tenant()), await fill(await world.tenant())


async def outcomes(company, rows):
    """What comes of each command on each table: `done`, the SQLSTATE it is refused with, or `nothing` where no row was in reach."""
    found = {}
    async with tenant_scope(company.id) as scope:
        for table in TENANT_TABLES:
            for command in COMMANDS:
                found[table._meta.tablename, command] = await outcome(scope.connection, table, command, company, rows)
        scope.rollback_only = True
    return found


async def outcome(connection, table, command, company, rows):
    name = table._meta.tablename
    try:
        async with savepoint():
            if command == "insert":
                await insert(connection, table, values_for(table, company.id, rows))
                touched = 1
            else:
                statement = f"update {name} set {changed(table)}" if command == "update" else f"delete from {name}"
                status = await connection.execute(f"{statement} where id = $1", rows[name])
                touched = int(status.rsplit(" ", 1)[-1])
            raise Undone
    except Undone:
        return "done" if touched else "nothing"
    except asyncpg.PostgresError as error:
        return error.sqlstate


class Undone(Exception):
    """The table is as it was."""


def changed(table):
    """A column that no look changes, to something else where one can be told."""
    open_columns = WRITTEN.get(table._meta.tablename, ())
    for column in table._meta.columns if open_columns not in ((), ALL) else ():
        name = column._meta.db_column_name
        if isinstance(column, Text | Varchar) and name not in open_columns:
            return f"{name} = {name} || '1'"
        if isinstance(column, Boolean) and name not in open_columns:
            return f"{name} = not {name}"
    return "id = gen_random_uuid()" if open_columns not in ((), ALL) else "id = id"


def test_the_list_is_what_the_tables_say():
    said = {table._meta.tablename: table.keys.while_frozen for table in TENANT_TABLES if table.keys.while_frozen}

    assert said == WRITTEN


async def test_every_row_is_refused_while_frozen_and_written_before_after_and_next_door(filled, owner, world):
    (company, rows), (neighbour, beside) = filled
    before, next_door = await outcomes(company, rows), await outcomes(neighbour, beside)
    await registry.freeze(owner, company.slug, because="移交", now=world.clock())
    frozen, next_door_then = await outcomes(company, rows), await outcomes(neighbour, beside)
    await registry.thaw(owner, company.slug)
    after = await outcomes(company, rows)

    denied, nothing = asyncpg.InsufficientPrivilegeError.sqlstate, "nothing"
    expected = {
        (table, command): was if WRITTEN.get(table) == ALL or was in (denied, nothing) else COMPANY_FROZEN
        for (table, command), was in before.items()
    }
    assert {one: (said, expected[one]) for one, said in frozen.items() if said != expected[one]} == {}
    assert (after, next_door_then) == (before, next_door)
    refused = [command for (_, command), said in frozen.items() if said == COMPANY_FROZEN]
    assert min(refused.count(command) for command in COMMANDS) > 100
    assert [said for (_, command), said in before.items() if command == "insert" and said == denied] == []


async def test_what_a_sign_in_changes_of_a_row_is_changed(filled, owner, world):
    (company, rows), _ = filled
    await registry.freeze(owner, company.slug, because="移交", now=world.clock())
    async with tenant_scope(company.id) as scope:
        for table, columns in WRITTEN.items():
            for column in columns if columns != ALL else ():
                status = await scope.connection.execute(
                    f"update {table} set {column} = (select max({column}::text)::{await type_of(table, column)} from {table}) where id = $1",
                    rows[table],
                )
                assert (table, column, status) == (table, column, "UPDATE 1")


async def type_of(table, column):
    return await current_scope().connection.fetchval(
        "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = $1::regclass and attname = $2",
        table,
        column,
    )


async def test_a_look_may_lock_a_row_and_a_copy_is_refused(filled, owner, world):
    (company, rows), _ = filled
    await registry.freeze(owner, company.slug, because="移交", now=world.clock())
    async with tenant_scope(company.id) as scope:
        locked = await scope.connection.fetchval("select id from customer where id = $1 for update", rows["customer"])
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with savepoint():
                await scope.connection.execute("update tenant set packs = packs where id = $1", company.id)
        scope.rollback_only = True

    said = violation(refused.value)
    assert (locked, type(said), str(said)) == (rows["customer"], Frozen, READ_ONLY)


async def test_nothing_the_application_may_write_is_without_a_guard(owner):
    """Also of tables that nobody here defines, such as packs'."""
    found = await owner.fetch(
        f"""select c.relname as "table", command from pg_class c, unnest($1::text[]) as command where {HOLDS_COMPANIES}
            and has_any_column_privilege('{APP_ROLE}', c.oid, case when command = 'delete' then 'select' else command end)
            and (command <> 'delete' or has_table_privilege('{APP_ROLE}', c.oid, 'delete'))
            and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'frozen_' || command
                and not p.polpermissive)
            and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'frozen_' || command)""",
        list(COMMANDS),
    )

    assert {row["table"] for row in found} == {table for table, columns in WRITTEN.items() if columns == ALL}


async def test_the_owner_who_erases_is_not_asked(filled, owner, world):
    (company, rows), _ = filled
    await registry.freeze(owner, company.slug, because="移交", now=world.clock())
    async with owner.transaction():
        await owner.execute(
            "select set_config('guibin.tenant', $1, true), set_config('guibin.units', '*', true)", str(company.id)
        )
        gone = await owner.execute("delete from listed_customer where tenant_id = $1", company.id)
        changed_too = await owner.execute("update customer set version = version where id = $1", rows["customer"])

    assert (gone, changed_too) == ("DELETE 1", "UPDATE 1")


async def test_what_wrote_before_is_waited_for_and_what_only_looks_is_not(tenant, owner, world, database):
    writer, reader = await asyncpg.connect(database.app), await asyncpg.connect(database.app)
    for one in (writer, reader):
        await one.execute(f"begin; set local guibin.tenant = '{tenant.id}'; set local guibin.units = '*'")
    await reader.fetch("select id from org_unit")
    await writer.execute("update org_unit set name = name || '.'")
    await registry.freeze(owner, tenant.slug, because="移交", now=world.clock())

    early = await freezing.at_rest(owner, within_s=0.2)
    waiting = asyncio.create_task(freezing.at_rest(owner, within_s=20))
    await asyncio.sleep(0.2)
    waits = not waiting.done()
    await writer.execute("commit")

    assert (early, waits, await waiting) == (False, True, True)
    for one in (writer, reader):
        await one.close()
