"""What a new table starts with."""

import gc
import json

import asyncpg
import pytest
from msgspec import structs
from piccolo.columns import JSONB, Boolean, Date, Integer, Text, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin.profiles.tables import Customer
from guibin_tenants import schema, versions
from guibin_tenants.tables import Index, Keys, TenantTable, all_tables, new_id


class Sample(TenantTable, tablename="sample_of_a_new_table"):
    """A table with an index that leads with the tenant as the key does."""

    label = Varchar(length=200)

    keys = Keys(indexes=(Index(("label",)),))


@pytest.fixture
async def owner(database):
    connection = await asyncpg.connect(database.owner)
    yield connection
    await connection.execute("drop table if exists sample_of_a_new_table")
    await connection.close()


async def test_a_row_of_a_new_table_is_found_by_its_key_before_anything_was_counted(tenant, owner):
    await versions.ensure(owner, (Sample,))
    async with owner.transaction():
        await owner.execute(f"set local guibin.tenant = '{tenant.id}'")
        await owner.execute("insert into sample_of_a_new_table (id, label) values ($1, '')", new_id())
        plan = json.loads(
            await owner.fetchval(
                "explain (format json) select from sample_of_a_new_table where tenant_id = $1 and id = $2 for key share",
                tenant.id,
                new_id(),
            )
        )

    assert "sample_of_a_new_table_pkey" in json.dumps(plan)
    assert "Filter" not in plan[0]["Plan"]["Plans"][0]


async def test_an_index_that_came_later_is_made_of_a_table_that_stands(tenant, owner):
    await versions.ensure(owner, (Sample,))
    await owner.execute("drop index sample_of_a_new_table_label_idx")

    await versions.ensure(owner, (Sample,))

    assert await owner.fetchval("select to_regclass('sample_of_a_new_table_label_idx') is not null")


async def test_a_column_of_a_former_release_may_be_empty_in_new_rows(tenant, owner):
    await versions.ensure(owner, (Sample,))
    await owner.execute("alter table sample_of_a_new_table add column former text not null")

    await versions.ensure(owner, (Sample,))

    async with owner.transaction():
        await owner.execute(f"set local guibin.tenant = '{tenant.id}'")
        await owner.execute("insert into sample_of_a_new_table (id, label) values ($1, 'new')", new_id())
        assert await owner.fetchval("select former is null from sample_of_a_new_table where label = 'new'")


class Grown(TenantTable, tablename="sample_of_a_new_table"):
    """The same table in a later release."""

    label = Varchar(length=200)
    device = Varchar(length=60, default="it's")
    urgent = Boolean(default=False)
    round = Integer(default=3)
    settings = JSONB(default="{}")
    due_on = Date(default=None, null=True)

    keys = Sample.keys


async def test_rows_that_stand_have_the_default_of_a_column_that_came_later(tenant, owner):
    await versions.ensure(owner, (Sample,))
    async with owner.transaction():
        await owner.execute(f"set local guibin.tenant = '{tenant.id}'")
        await owner.execute("insert into sample_of_a_new_table (id, label) values ($1, 'old')", new_id())

    added = await versions.ensure(owner, (Grown,))

    assert added == [f"sample_of_a_new_table.{name}" for name in ("device", "urgent", "round", "settings", "due_on")]
    async with owner.transaction():
        await owner.execute(f"set local guibin.tenant = '{tenant.id}'")
        row = await owner.fetchrow("select * from sample_of_a_new_table")
    assert (row["device"], row["urgent"], row["round"], row["settings"], row["due_on"]) == (
        "it's",
        False,
        3,
        "{}",
        None,
    )
    kept = await owner.fetchval(
        "select count(*) from pg_attribute where attrelid = 'sample_of_a_new_table'::regclass and atthasdef"
        " and attname <> 'tenant_id'"
    )
    assert kept == 0


SPOKEN = Keys(append_only=True, references={"customer_id": "customer"})


class Said(TenantTable, tablename="sample_of_a_new_table"):
    """What was said of a customer, in rows that are never changed."""

    customer_id = UuidColumn(default=None)
    text = Text()

    keys = SPOKEN


class SaidMore(TenantTable, tablename="sample_of_a_new_table"):
    """The same table in a later release, with words in one more column."""

    customer_id = UuidColumn(default=None)
    text = Text()
    device = Varchar(length=60, default="")

    keys = SPOKEN


async def test_a_column_of_words_that_came_later_is_blanked_like_the_others(owner, monkeypatch):
    # Here and for as long as this lasts: an erasure goes through every table that says it has such words.
    monkeypatch.setattr(Said, "keys", structs.replace(SPOKEN, erasable=("text",)))
    monkeypatch.setattr(SaidMore, "keys", structs.replace(SPOKEN, erasable=("text", "device")))
    await versions.ensure(owner, (Said,))

    await versions.ensure(owner, (SaidMore,))

    blanked = await owner.fetch(
        "select column_name from information_schema.column_privileges where table_name = 'sample_of_a_new_table'"
        " and grantee = $1 and privilege_type = 'UPDATE' order by 1",
        schema.APP_ROLE,
    )
    policy = await owner.fetchval(
        "select pg_get_expr(polwithcheck, polrelid) from pg_policy where polrelid = 'sample_of_a_new_table'::regclass"
        " and polname = $1",
        schema.ERASURE,
    )
    trigger = await owner.fetchval(
        "select pg_get_triggerdef(oid) from pg_trigger where tgrelid = 'sample_of_a_new_table'::regclass and tgname = $1",
        schema.WORDLESS,
    )
    assert [row["column_name"] for row in blanked] == ["customer_id", "device", "text"]
    assert "device" in policy
    assert "device" in trigger


class Later(TenantTable, tablename="sample_of_a_new_table"):
    """The same table in a later release: other words for its indexes, and constraints that it had not."""

    label = Varchar(length=200)
    customer_id = UuidColumn(default=None, null=True)
    state = Varchar(length=9, default="open")

    keys = Keys(
        unique=(("label", "state"),),
        references={"customer_id": "customer"},
        indexes=(Index(("label", "state"), unique=True, where="state = 'open'", name="sample_open_key"),),
        checks={"state_known": "state in ('open', 'closed', 'lapsed')"},
        append_only=True,
    )


class Earlier(TenantTable, tablename="sample_of_a_new_table"):
    """The same table before."""

    label = Varchar(length=200)
    state = Varchar(length=9, default="open")

    keys = Keys(
        unique=(("label",),),
        indexes=(
            Index(("label",), unique=True, where="state = 'open'", name="sample_open_key"),
            Index(("state",), unique=True, where="state = 'none'", name="sample_former_key"),
        ),
        checks={"state_known": "state in ('open', 'closed')"},
    )


SHAPE = {
    "constraints": "select pg_get_constraintdef(oid) from pg_constraint where conrelid = $1::regclass and contype in ('c', 'f', 'u')"
    " order by 1",
    "indexes": "select pg_get_indexdef(indexrelid) from pg_index where indrelid = $1::regclass order by 1",
    "rights": "select grantee || ' ' || privilege_type from information_schema.role_table_grants"
    " where table_name = $1 and grantee like 'guibin%' order by 1",
    "triggers": "select pg_get_triggerdef(oid) from pg_trigger where tgrelid = $1::regclass and not tgisinternal order by 1",
}


async def shape(owner):
    name = Sample._meta.tablename
    return {what: [row[0] for row in await owner.fetch(asked, name)] for what, asked in SHAPE.items()}


@pytest.mark.parametrize("digest", ["known", "of a release that wrote none"])
async def test_a_table_of_a_former_release_becomes_what_a_new_one_is(tenant, owner, digest):
    await versions.ensure(owner, (Later,))
    wanted = await shape(owner)
    await owner.execute("drop table sample_of_a_new_table")
    await versions.ensure(owner, (Earlier,))
    before = await shape(owner)
    if digest != "known":
        await owner.execute("comment on table sample_of_a_new_table is null")

    await versions.ensure(owner, (Later,))

    assert await shape(owner) == wanted
    assert [what for what in SHAPE if before[what] == wanted[what]] == []


async def test_what_is_so_already_is_not_made_again_and_the_operators_own_stays(owner):
    asked = "select indexrelid from pg_index where indrelid = 'sample_of_a_new_table'::regclass order by 1"
    await versions.ensure(owner, (Later,))
    await owner.execute("create index operators_own on sample_of_a_new_table (label)")
    await owner.execute("comment on table sample_of_a_new_table is null")
    before = await owner.fetch(asked)

    await versions.ensure(owner, (Later,))

    assert await owner.fetch(asked) == before
    assert len(before) == 5


async def test_rows_that_break_what_is_new_keep_everything_as_it_was(tenant, owner):
    await versions.ensure(owner, (Later,))
    before = await shape(owner)
    async with owner.transaction():
        await owner.execute(f"set local guibin.tenant = '{tenant.id}'")
        await owner.execute(
            "insert into sample_of_a_new_table (id, label, state) values ($1, 'one', 'lapsed')", new_id()
        )

    with pytest.raises(asyncpg.CheckViolationError, match="sample_of_a_new_table_state_known"):
        async with owner.transaction():
            await versions.ensure(owner, (Earlier,))

    assert await shape(owner) == before


def test_a_packs_table_that_is_called_as_one_of_the_core_changes_nothing_of_it():
    """It is refused, and yet it was defined: what is erased, merged and walled goes by the core's."""
    impostor = type("Impostor", (TenantTable,), {"__module__": "a_pack"}, tablename="customer")

    assert [table for table in all_tables() if table._meta.tablename == "customer"] == [Customer]
    assert impostor not in all_tables()
    del impostor
    gc.collect()
