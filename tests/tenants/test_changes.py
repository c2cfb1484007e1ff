"""Numbered changes: tables of a former release become what new ones are, and nothing else is touched."""

import asyncpg
import pytest
from piccolo.columns import Integer, Text, Varchar

from guibin.operation import migrations
from guibin_tenants import changes, lint
from guibin_tenants.changes import BadChange, Change, NewColumn, Schema
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable, new_id

OWNER = "lounge"
STAY, SEAT = "lounge_stay", "lounge_seat"


class FormerStay(TenantTable, tablename=STAY, customer=True):
    """As the first version of a pack had it."""

    wish = Text(default="")
    guests = Varchar(length=9, default="1")
    state = Varchar(length=9, default="in")

    keys = Keys(indexes=(Index(("wish",)),), erasable=("wish",), checks={"state_known": "state in ('in', 'out')"})


class Stay(TenantTable, tablename=STAY, customer=True):
    """As the third version has it: a column called otherwise, one of another type, one more, and another check."""

    note = Text(default="")
    guests = Integer(default=1)
    state = Varchar(length=9, default="inside")
    label = Varchar(length=20, default="")

    keys = Keys(indexes=(Index(("note",)),), erasable=("note",), checks={"state_known": "state in ('inside', 'left')"})


class Seat(TenantTable, tablename=SEAT):
    """A table that came with a change, and its first rows with it."""

    stay_id = RowOf(STAY)
    number = Integer(default=0)

    keys = Keys(wall="stay_id")


async def states(changing):
    rows = await changing.fetch("select distinct state from lounge_stay order by 1")
    for row in rows:
        await changing.execute(
            "update lounge_stay set state = $1 where state = $2",
            {"in": "inside", "out": "left"}[row["state"]],
            row["state"],
        )


CHANGES = (
    Change(1, "wish_becomes_note", (STAY,), statements=("alter table lounge_stay rename column wish to note",)),
    Change(
        2,
        "guests_are_counted",
        (STAY,),
        adds={"label": NewColumn("varchar(20)", "'guests: ' || guests")},
        statements=("alter table lounge_stay alter column guests type integer using guests::integer",),
    ),
    Change(
        3,
        "states_have_other_names",
        (STAY,),
        statements=("alter table lounge_stay drop constraint lounge_stay_state_known",),
        does=states,
    ),
    Change(
        4,
        "a_seat_for_each_guest",
        (STAY, SEAT),
        statements=(
            "create table lounge_seat (tenant_id uuid not null, id uuid not null, stay_id uuid not null, number integer not null)",
            "insert into lounge_seat select s.tenant_id, gen_random_uuid(), s.id, n from lounge_stay s,"
            " generate_series(1, s.guests) as n",
        ),
    ),
)
# What the core's next change would be.
NEXT = len(migrations.CORE.changes) + 1
FORMER = Schema(OWNER, (FormerStay,))
NEW = Schema(OWNER, (Stay, Seat), CHANGES)
SHAPE = {
    "columns": "select attrelid::regclass || ' ' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull"
    " || coalesce(pg_get_expr(adbin, adrelid), '') || coalesce(attacl::text, '') as said from pg_attribute left join pg_attrdef"
    " on adrelid = attrelid and adnum = attnum where attrelid = any ($1::regclass[]) and attnum > 0 and not attisdropped",
    "constraints": "select conrelid::regclass || ' ' || pg_get_constraintdef(oid) || convalidated as said from pg_constraint"
    " where conrelid = any ($1::regclass[]) and contype <> 'n'",
    "indexes": "select pg_get_indexdef(indexrelid) as said from pg_index where indrelid = any ($1::regclass[])",
    "policies": "select polrelid::regclass || ' ' || polname || polpermissive || coalesce(pg_get_expr(polqual, polrelid), '')"
    " || coalesce(pg_get_expr(polwithcheck, polrelid), '') as said from pg_policy where polrelid = any ($1::regclass[])",
    "triggers": "select pg_get_triggerdef(oid) as said from pg_trigger where tgrelid = any ($1::regclass[]) and not tgisinternal",
    "tables": "select relname || relrowsecurity || relforcerowsecurity || coalesce(relacl::text, '')"
    " || coalesce(obj_description(oid, 'pg_class'), '') as said from pg_class where oid = any ($1::regclass[])",
}


def core_with(name, statement):
    """The core, and one more change of its customers."""
    more = Change(NEXT, name, ("customer",), statements=(statement,))
    return migrations.Schema("", migrations.CORE.tables, (*migrations.CORE.changes, more))


async def shape(owner, *tables):
    return {what: sorted(row["said"] for row in await owner.fetch(asked, tables)) for what, asked in SHAPE.items()}


@pytest.fixture
async def owner(database):
    connection = await asyncpg.connect(database.owner)
    yield connection
    await connection.execute("drop table if exists lounge_seat, lounge_stay, lounge_former, other_thing cascade")
    await connection.execute("delete from applied_change where owner = any ('{lounge,other}')")
    await connection.close()


async def migrate(database, *schemas):
    return await migrations.migrate(database.owner, schemas, core=Schema("", ()))


@pytest.fixture
async def stays(database, owner, tenant, other_tenant):
    """Two companies with a stay each, as the first version wrote them."""
    await migrate(database, FORMER)
    for number, company in enumerate((tenant, other_tenant), 1):
        client = await company.client()
        body = {"number": f"c{number}", "name": "王", "kind": "leader"}
        customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
        async with company.scope() as scope:
            await scope.connection.execute(
                "insert into lounge_stay (id, customer_id, wish, guests, state) values ($1, $2, $3, $4, $5)",
                new_id(), customer, f"wish {number}", str(number), "out" if number == 2 else "in",
            )  # fmt: skip
    return tenant, other_tenant


async def rows_of(company, sql):
    async with company.scope() as scope:
        return [tuple(row) for row in await scope.connection.fetch(sql)]


async def test_rows_of_every_company_go_along_and_each_keeps_its_own(database, stays):
    done = await migrate(database, NEW)

    assert done.refused == ()
    assert done.changed == tuple(f"lounge/{each.number} {each.name}" for each in CHANGES)
    one, two = stays
    asked = "select note, guests, state, label from lounge_stay"
    assert await rows_of(one, asked) == [("wish 1", 1, "inside", "guests: 1")]
    assert await rows_of(two, asked) == [("wish 2", 2, "left", "guests: 2")]
    assert await rows_of(one, "select number from lounge_seat order by 1") == [(1,)]
    assert await rows_of(two, "select number from lounge_seat order by 1") == [(1,), (2,)]


async def test_tables_that_went_through_the_changes_are_those_of_a_new_database(database, owner, stays):
    await migrate(database, NEW)
    changed = await shape(owner, STAY, SEAT)
    await owner.execute("drop table lounge_seat, lounge_stay")
    await owner.execute("delete from applied_change where owner = 'lounge'")

    done = await migrate(database, NEW)

    assert done.changed == ()
    assert await shape(owner, STAY, SEAT) == changed
    assert all(changed.values())
    assert await lint.findings(owner) == []
    kept = await owner.fetch("select number, ran from applied_change where owner = 'lounge' order by 1")
    assert [tuple(row) for row in kept] == [(1, False), (2, False), (3, False), (4, False)]


async def test_words_of_an_erased_customer_are_blanked_under_their_new_name(database, stays):
    one, _ = stays
    await migrate(database, NEW)
    client = await one.client()
    customer = (await client.get("/api/v1/customers")).json()["items"][0]["id"]

    # Whoever writes of an erased customer writes a dash, by the trigger that went along.
    async with one.scope() as scope:
        await scope.connection.execute(
            "update customer set closed_at = now(), erased_at = now() where id = $1", customer
        )
        await scope.connection.execute("update lounge_stay set note = 'more' where customer_id = $1", customer)

    assert await rows_of(one, "select note from lounge_stay") == [("—",)]


async def test_each_runs_once_and_the_record_says_so(database, owner, stays):
    first = await migrate(database, NEW)
    again = await migrate(database, NEW)

    assert (len(first.changed), again.changed, again.created) == (4, (), ())
    kept = await owner.fetch("select number, name, ran, digest from applied_change where owner = 'lounge' order by 1")
    assert [tuple(row) for row in kept] == [(each.number, each.name, True, each.digest) for each in CHANGES]


async def test_one_that_was_applied_and_says_something_else_now_is_refused(database, owner, stays):
    await migrate(database, NEW)
    other = Change(1, "wish_becomes_note", (STAY,), statements=("alter table lounge_stay rename column wish to words",))

    done = await migrate(database, Schema(OWNER, (Stay, Seat), (other, *CHANGES[1:])))

    assert list(map(str, done.refused)) == [
        "pack 'lounge', change 1 'wish_becomes_note': says something else than when it was applied here"
        " (write it again as it was, and what is to be otherwise as another change)"
    ]


async def test_one_that_comes_before_another_that_was_applied_is_refused(database, owner):
    later = Change(2, "later", (STAY,), statements=("select 1",))
    await migrate(database, Schema(OWNER, (FormerStay,), (later,)))

    done = await migrate(
        database, Schema(OWNER, (FormerStay,), (Change(1, "sooner", (STAY,), statements=("select 1",)), later))
    )

    assert "change 1 'sooner': comes before change 2" in str(done.refused[0])


async def leaves(changing):
    await changing.execute("insert into lounge_stay (id) values ($1)", new_id())


async def raises(changing):
    raise LookupError("nothing there")


async def asks_to_end(changing):
    await changing.fetch("select 1) as found; commit; select * from (select 2")


FOREIGN = {
    "a column of the core's": (("alter table customer add column mine text",), "columns of customer"),
    "rows of the core's": (("update customer set name = 'x'",), "the rows in customer"),
    "rows of companies": (("update tenant set name = 'x'",), "the rows of tenant"),
    "rows of another pack's": (("delete from other_thing",), "the rows in other_thing"),
    "emptying a table": (("truncate audit_entry cascade",), "table "),
    "row security of another": (("alter table customer no force row level security",), "table customer"),
    "a policy of another": (("drop policy wall on customer",), "policies of customer"),
    "rights to another": (("grant delete on audit_entry to guibin_app",), "table audit_entry"),
    "a trigger of another": (("alter table customer disable trigger all",), "fails: "),
    "a guard of another": (("drop trigger archive_change on customer",), "triggers of customer"),
    "a function": (("create or replace function guibin_beginning() returns trigger language plpgsql as $$ begin return new; end $$",), "function guibin_beginning"),
    "a table of nobody's": (("create table public.lounge_stay_too (id uuid)",), "columns of lounge_stay_too"),
    "a table by its schema": (("update public.lounge_stay set wish = ''",), "the rows in lounge_stay"),
    "settings of the database": (("alter role guibin_owner set work_mem = '8MB'",), "the settings of a role"),
    "the record itself": (("delete from applied_change",), "the rows in applied_change"),
    "the end of the transaction": (("commit",), "fails: "),
    "a copy of what others wrote": (("select set_config('guibin.tenant', (select id::text from tenant limit 1), true)", "update customer set name = 'x'"), "the rows in customer"),
    "what is not there": (("alter table lounge_stay drop column wishes",), 'column "wishes"'),
}  # fmt: skip


class OtherThing(TenantTable, tablename="other_thing"):
    """Another pack's."""

    number = Integer(default=0)


@pytest.mark.parametrize("what", FOREIGN)
async def test_what_is_not_the_packs_own_is_refused_and_left_as_it_was(database, owner, stays, what):
    statements, named = FOREIGN[what]
    other = Schema("other", (OtherThing,))
    await migrate(database, other)
    watched = ("customer", "tenant", "other_thing", "audit_entry", STAY)
    before = await shape(owner, *watched)
    one, _ = stays

    done = await migrate(
        database, Schema(OWNER, (FormerStay,), (Change(1, "greedy", (STAY,), statements=statements),)), other
    )

    (refused,) = done.refused
    assert str(refused).startswith(f"pack 'lounge', change 1 'greedy', `{statements[-1][:60]}")
    assert named in str(refused)
    assert refused.fix
    assert await shape(owner, *watched) == before
    assert await rows_of(one, "select name from customer") != [("x",)]
    assert await owner.fetchval("select count(*) from applied_change where owner = 'lounge'") == 0


async def foreign_rows(changing):
    await changing.execute("update customer set number = number")


@pytest.mark.parametrize(
    ("does", "named"),
    [
        (leaves, "leaves()`: fails: null value"),
        (raises, "raises()`: LookupError: nothing there"),
        (asks_to_end, "asks_to_end()`: fails: cannot insert multiple commands"),
        (foreign_rows, "foreign_rows()`: touches the rows in customer"),
    ],
)
async def test_a_function_is_held_to_the_same(database, stays, does, named):
    done = await migrate(database, Schema(OWNER, (FormerStay,), (Change(1, "works", (STAY,), does=does),)))

    assert named in str(done.refused[0])


async def test_a_table_that_is_neither_named_nor_a_copy_is_refused_before_it_is_locked(
    database, owner, stays, monkeypatch
):
    """What fails on the copy never comes to the tables: they are not even made ready."""
    aside = []

    async def stand_aside(connection, name):
        aside.append(name)

    monkeypatch.setattr(changes, "_stand_aside", stand_aside)
    bad = Change(1, "bad", (STAY,), statements=("update lounge_stay set state = 'nowhere'",))

    done = await migrate(database, Schema(OWNER, (FormerStay,), (bad,)))

    assert "lounge_stay_state_known" in str(done.refused[0])
    assert aside == []


async def test_a_column_that_is_left_otherwise_than_a_new_table_has_it_is_refused(database, stays):
    statements = ("alter table lounge_stay rename column wish to note", "delete from lounge_stay")
    half = (Change(1, "half", (STAY,), statements=statements),)

    done = await migrate(database, Schema(OWNER, (Stay,), half))

    assert "leaves lounge_stay.guests as `character varying(9) not null" in str(done.refused[0])


async def test_rows_that_what_is_new_does_not_allow_are_refused_with_the_change(database, stays):
    half = (
        Change(
            1,
            "half",
            (STAY,),
            adds={"label": NewColumn("varchar(20)", "''")},
            statements=(
                "alter table lounge_stay rename column wish to note",
                "alter table lounge_stay alter column guests type integer using 1",
            ),
        ),
    )

    done = await migrate(database, Schema(OWNER, (Stay,), half))

    assert "change 1 'half': leaves what its tables do not allow: check constraint" in str(done.refused[0])


async def test_a_table_that_nobody_declares_any_more_does_not_stay_without_its_walls(database, owner, stays):
    one, _ = stays
    said = ("update lounge_stay set wish = ''",)

    done = await migrate(database, Schema(OWNER, (Seat,), (Change(1, "forgotten", (STAY,), statements=said),)))

    assert "leaves table lounge_stay, which is not declared any more" in str(done.refused[0])
    assert await rows_of(one, "select wish from lounge_stay") == [("wish 1",)]


class Renamed(TenantTable, tablename="lounge_former", customer=True):
    """The same under another name."""

    wish = FormerStay.wish
    guests = FormerStay.guests
    state = FormerStay.state

    keys = FormerStay.keys


async def test_a_table_goes_by_another_name_with_its_rows(database, owner, stays):
    one, _ = stays
    said = ("alter table lounge_stay rename to lounge_former",)

    done = await migrate(
        database, Schema(OWNER, (Renamed,), (Change(1, "renamed", (STAY, "lounge_former"), statements=said),))
    )
    changed = await shape(owner, "lounge_former")

    assert done.refused == ()
    assert await rows_of(one, "select wish from lounge_former") == [("wish 1",)]
    await owner.execute("drop table lounge_former")
    await migrate(database, Schema(OWNER, (Renamed,)))
    assert await shape(owner, "lounge_former") == changed


async def test_a_refused_pack_holds_up_no_other_and_the_cores_own_stops_everything(database, owner, stays):
    bad = Schema(OWNER, (FormerStay,), (Change(1, "bad", (STAY,), statements=("select nothing",)),))

    done = await migrate(database, bad, Schema("other", (OtherThing,)))

    assert (len(done.refused), done.created) == (1, ("other_thing",))
    with pytest.raises(BadChange, match=rf"^the core, change {NEXT} 'bad', `select nothing`: fails"):
        await migrations.migrate(database.owner, (), core=core_with("bad", "select nothing"))
    assert await owner.fetchval("select count(*) from applied_change where owner = ''") == len(migrations.CORE.changes)


async def test_a_change_of_the_cores_own_runs_before_its_tables_are_brought_up(database, owner, tenant):
    await owner.execute("alter table customer rename column pinyin to latin")
    try:
        core = core_with("spelt", "alter table customer rename column latin to pinyin")
        done = await migrations.migrate(database.owner, (), core=core)
    except BaseException:
        await owner.execute("alter table customer rename column latin to pinyin")
        raise
    finally:
        await owner.execute("delete from applied_change where owner = '' and number = $1", NEXT)

    assert (done.changed, done.created) == ((f"core/{NEXT} spelt",), ())
    client = await tenant.client()
    assert (
        await client.post("/api/v1/customers", json={"number": "1", "name": "王", "kind": "leader"})
    ).status_code == 201
