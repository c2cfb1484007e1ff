"""A database of a former release becomes what a new one is, in every table: no index, constraint or right stays as it was."""

import asyncpg
import pytest

from guibin.catalog import TABLES
from guibin.evidence.actions import signature_line
from guibin.evidence.verify import COSIGNATURE, Key
from guibin.operation.migrations import CORE, bring_up
from guibin_tenants import versions
from guibin_tenants.tables import TenantTable

ALL = {
    "constraints": "select conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint"
    " where contype in ('c', 'f', 'u') order by 1",
    "indexes": "select pg_get_indexdef(indexrelid) from pg_index where indrelid::regclass::text !~ '[.]' order by 1",
    "triggers": "select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal order by 1",
    "policies": "select polrelid::regclass::text || ' ' || polname || coalesce(pg_get_expr(polqual, polrelid), '')"
    " || coalesce(pg_get_expr(polwithcheck, polrelid), '') from pg_policy order by 1",
    "functions": "select pg_get_functiondef(oid) from pg_proc where proname like 'guibin%' order by 1",
    "rights": "select table_name || ' ' || column_name || ' ' || grantee || ' ' || privilege_type"
    " from information_schema.column_privileges where grantee like 'guibin%' order by 1",
}


@pytest.fixture
async def owner(database):
    connection = await asyncpg.connect(database.owner)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


async def whole(owner):
    return {what: [row[0] for row in await owner.fetch(asked)] for what, asked in ALL.items()}


async def test_every_table_of_a_release_that_wrote_no_digest_is_brought_up(owner):
    before = await whole(owner)
    for table in TABLES:
        await owner.execute(f"comment on table {table._meta.tablename} is null")
    # As desks stood when a hall had one of whichever kind.
    await owner.execute("drop index desk_open_key")
    await owner.execute("create unique index desk_open_key on desk (tenant_id, org_unit_id) where closed_at is null")
    await owner.execute("alter table needs_analysis drop constraint needs_analysis_dated")
    await owner.execute("alter table needs_analysis drop constraint needs_analysis_tenant_id_owner_id_fkey")
    await owner.execute("grant update on policy_announcement to guibin_app")
    changed = await whole(owner)

    await versions.ensure(owner, TABLES)

    assert changed != before
    assert await whole(owner) == before


async def test_rows_of_a_release_without_the_moment_of_their_change_have_one(owner):
    kept = (
        "select a.attnotnull, pg_get_expr(d.adbin, d.adrelid) from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid"
        " and d.adnum = a.attnum where a.attrelid = 'complaint'::regclass and a.attname = 'row_changed_at'"
    )
    before = await whole(owner)
    await owner.execute("drop trigger z_in_step on complaint")
    await owner.execute("alter table complaint drop column row_changed_at")

    await versions.ensure(owner, TABLES)

    assert await whole(owner) == before
    assert tuple(await owner.fetchrow(kept)) == (True, "now()")


async def test_every_table_says_what_it_was_made_as(owner):
    said = dict(
        await owner.fetch("select relname, obj_description(oid, 'pg_class') from pg_class where relkind in ('r', 'p')")
    )
    tables = [table._meta.tablename for table in TABLES if issubclass(table, TenantTable)]

    assert [name for name in tables if not said[name]] == []
    assert len(tables) > 150


async def test_what_a_transfer_is_called_has_room_for_packs_kinds_after_the_change(owner):
    width = "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'transfer'::regclass and attname = 'kind'"
    before = await whole(owner)
    await owner.execute("delete from applied_change where owner = ''")
    await owner.execute("alter table transfer alter column kind type varchar(20)")

    await bring_up(owner, (CORE,))

    applied = await owner.fetch("select number, ran from applied_change where owner = ''")
    assert (await owner.fetchval(width), [tuple(row) for row in applied]) == (
        "character varying(80)",
        [(1, True), (2, True)],
    )
    assert await whole(owner) == before


async def test_what_a_witness_cosigned_is_of_its_key_after_the_change(owner, tenant):
    await owner.execute("delete from applied_change where owner = ''")
    inside = f"set local guibin.units = '*'; set local guibin.tenant = '{tenant.id}'"
    await owner.execute(inside)
    checkpoint = await owner.fetchval(
        "insert into evidence_checkpoint (id, tenant_id, size, root, note, signed_at)"
        " values (gen_random_uuid(), $1, 1, '', 'note', now()) returning id",
        tenant.id,
    )
    key = Key("w.example", COSIGNATURE, bytes(32))
    lines = {"w.example": signature_line(key, bytes(72)), "store": ""}
    for target, line in lines.items():
        await owner.execute(
            "insert into evidence_receipt (id, tenant_id, checkpoint_id, target, cosignature, received_at)"
            " values (gen_random_uuid(), $1, $2, $3, $4, now())",
            tenant.id,
            checkpoint,
            target,
            line,
        )

    await bring_up(owner, (CORE,))

    await owner.execute(inside)
    kept = await owner.fetch("select target from evidence_receipt where checkpoint_id = $1 order by target", checkpoint)
    assert [row["target"] for row in kept] == ["store", f"w.example+{key.id.hex()}"]


async def test_a_database_that_let_frozen_companies_be_written_is_guarded_afterwards(owner):
    before = await whole(owner)
    names = [table._meta.tablename for table in TABLES]
    for kind, asked in (
        (
            "policy",
            "select polname as name, polrelid::regclass::text as table from pg_policy where polname like 'frozen%'",
        ),
        (
            "trigger",
            "select tgname as name, tgrelid::regclass::text as table from pg_trigger where tgname like 'frozen%'",
        ),
    ):
        for row in await owner.fetch(asked):
            if row["table"] in names:
                await owner.execute(f"drop {kind} {row['name']} on {row['table']}")
    await owner.execute("drop function guibin_frozen_change(); drop function guibin_frozen()")
    unguarded = await whole(owner)

    await bring_up(owner, (CORE,))

    assert len(before["functions"]) - len(unguarded["functions"]) == 2
    assert len(before["policies"]) - len(unguarded["policies"]) > 500
    assert len(before["triggers"]) - len(unguarded["triggers"]) > 5
    assert await whole(owner) == before
