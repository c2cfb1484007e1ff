"""Two outlets of one company: neither sees, changes or adds to what stands behind the other's wall, table by table."""

import contextlib

import asyncpg
import pytest
from table_rows import insert, values_for

from guibin_tenants import keyring
from guibin_tenants.scope import savepoint, see_units, tenant_scope
from guibin_tenants.walls import leads_to
from support import TestClock, World

from .declared import promises
from .matrix import TENANT_TABLES

BY_NAME = {table._meta.tablename: table for table in TENANT_TABLES}
PROMISES = promises()
MARKED = [name for name, promise in PROMISES.items() if {"central", "own"} & {*promise.marks}]
WALLED = [name for name, promise in PROMISES.items() if promise.wall != "open"]
OPEN = [name for name, promise in PROMISES.items() if promise.wall == "open"]
WAYS = [
    (name, *mark.split(":"))
    for name, promise in PROMISES.items()
    for mark in promise.marks
    if mark.startswith(("nobodys:", "also:"))
]
COUNTED = {
    name: {mark.partition(":")[2] for mark in promise.marks if mark.startswith("counted:")}
    for name, promise in PROMISES.items()
    if any(mark.startswith("counted:") for mark in promise.marks)
}
FROM_ABOVE = [name for name, promise in PROMISES.items() if "above" in promise.marks]


class Outlets:
    """A company with outlets east and west, and a row in every table that is about a customer of east's."""

    def __init__(self, company, east, west, rows):
        self.company, self.east, self.west, self.rows = company, east, west, rows

    def seeing(self, *units):
        """Inside the company, with the sight of staff of these org units."""
        return tenant_scope(self.company.id, units=units)

    async def count(self, name, *units):
        """How many of the table's one row such staff see."""
        async with self.seeing(*units) as scope:
            return await scope.connection.fetchval(f"select count(*) from {name} where id = $1", self.rows[name])


_made: dict[str, Outlets] = {}


@pytest.fixture
async def outlets(database, packs, pool):
    """Of this worker: its rows are only looked at, and changes are undone. No application is asked, so none is built."""
    keyring.use_root_key(b"\x07" * 32)
    if database.app not in _made:
        company = await World(None, packs, TestClock(), database.owner, database.app).tenant()
        east, west = await company.unit("east"), await company.unit("west")
        rows = {}
        async with company.scope() as scope:
            for table in TENANT_TABLES:
                name = table._meta.tablename
                rows[name] = (
                    east if name == "org_unit" else await insert(scope.connection, table, _row(table, company, rows))
                )
        _made[database.app] = Outlets(company, east, west, rows)
    return _made[database.app]


def _row(table, company, rows):
    values = values_for(table, company.id, rows)
    wall = PROMISES[table._meta.tablename].wall if table._meta.tablename in PROMISES else "open"
    if wall != "open":
        values[wall] = rows[leads_to(table.keys, wall)[1]]
    return values


@pytest.mark.parametrize("name", WALLED)
async def test_a_walled_row_is_seen_by_its_own_outlet_and_head_office_alone(outlets, name):
    seen = {
        "head office": await _seen_by_head_office(outlets, name),
        "east": await outlets.count(name, outlets.east),
        "both": await outlets.count(name, outlets.east, outlets.west),
        "west": await outlets.count(name, outlets.west),
        "nowhere": await outlets.count(name),
    }

    assert seen == {"head office": 1, "east": 1, "both": 1, "west": 0, "nowhere": 0}


@pytest.mark.parametrize("name", WALLED)
async def test_a_walled_row_is_not_changed_deleted_or_added_from_another_outlet(outlets, name):
    added = ["insert"] if "added" in PROMISES[name].marks else []

    assert await _done_from_west(outlets, name) == added
    assert not added or PROMISES[name].why, f"tables.txt: say why another outlet may add rows to {name}"


@pytest.mark.parametrize("name", MARKED)
async def test_what_is_the_whole_companys_or_another_outlets_own_is_not_written_from_one(outlets, name):
    counted = COUNTED.get(name) and PROMISES[name].wall == "open"

    assert await _done_from_west(outlets, name) == (["update"] if counted else [])


@pytest.mark.parametrize("name", [name for name in MARKED if "central" in PROMISES[name].marks])
async def test_what_is_the_whole_companys_is_not_written_by_the_outlet_it_names(outlets, name):
    counted = COUNTED.get(name)

    assert await _done_from(outlets, name, outlets.east) == (["update"] if counted else [])


@pytest.mark.parametrize("name", COUNTED)
async def test_of_a_row_that_many_see_they_change_what_is_counted_and_nothing_else(outlets, name):
    changed, owners = set(), set()
    columns = [column._meta.db_column_name for column in BY_NAME[name]._meta.columns]
    async with outlets.company.scope() as scope:
        above = await scope.connection.fetchval("select id from org_unit where parent_id is null")
        row = _row(BY_NAME[name], outlets.company, outlets.rows)
        row |= {PROMISES[name].wall: above} if PROMISES[name].wall != "open" else {}
        await insert(scope.connection, BY_NAME[name], row)
        for done in (owners, changed):
            for column in columns:
                with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
                    done.update({column} if await _set_otherwise(scope, name, column, row["id"]) else ())
            await see_units((outlets.west,))
        scope.rollback_only = True

    assert changed == COUNTED[name] == set(BY_NAME[name].keys.counted)
    assert changed < owners


async def _set_otherwise(scope, name, column, row_id):
    """Whether another value was written there. What a check refuses was let through by the walls."""
    kind = await scope.connection.fetchval(
        "select atttypid::regtype::text from pg_attribute where attrelid = $1::regclass and attname = $2", name, column
    )
    other = {
        "integer": f"coalesce({column}, 0) + 1",
        "bigint": f"coalesce({column}, 0) + 1",
        "uuid": "gen_random_uuid()",
        "jsonb": "'[1]'",
        "timestamp with time zone": f"coalesce({column}, now()) + interval '1 second'",
    }.get(kind, f"case {column} when 'x' then 'y' else 'x' end")
    try:
        async with savepoint():
            done = await scope.connection.execute(f"update {name} set {column} = {other} where id = $1", row_id)
            raise _Undone(done)
    except _Undone as undone:
        return str(undone) == "UPDATE 1"
    except (asyncpg.CheckViolationError, asyncpg.ForeignKeyViolationError):
        return True


class _Undone(Exception):
    """Nothing stays written."""


async def _done_from_west(outlets, name):
    return await _done_from(outlets, name, outlets.west)


async def _done_from(outlets, name, unit):
    done = []
    async with outlets.seeing(unit) as scope:
        for statement in (f"update {name} set id = id where id = $1", f"delete from {name} where id = $1"):
            try:
                async with savepoint():
                    if not (await scope.connection.execute(statement, outlets.rows[name])).endswith(" 0"):
                        done.append(statement.split()[0])
            except asyncpg.InsufficientPrivilegeError:
                continue
        try:
            async with savepoint():
                await insert(scope.connection, BY_NAME[name], _row(BY_NAME[name], outlets.company, outlets.rows))
                done.append("insert")
        except (asyncpg.InsufficientPrivilegeError, asyncpg.ForeignKeyViolationError):
            pass
        scope.rollback_only = True
    return done


@pytest.mark.parametrize("name", OPEN)
async def test_a_table_without_a_wall_says_why_and_is_seen_from_every_outlet(outlets, name):
    assert PROMISES[name].why, f"tables.txt: say why another outlet may see rows of {name}"
    assert await outlets.count(name, outlets.west) == 1, f"{name} is walled: tables.txt should say so"


@pytest.mark.parametrize(("name", "way", "entry"), WAYS)
async def test_what_is_nobodys_or_others_too_is_seen_where_the_line_says_and_nowhere_else(outlets, name, way, entry):
    async with outlets.company.scope() as scope:
        central = await scope.connection.fetchval("select id from org_unit where parent_id is null")
        row = _row(BY_NAME[name], outlets.company, outlets.rows)
        if way == "nobodys":
            row[PROMISES[name].wall] = None
            for other in [mark.partition(":")[2] for mark in PROMISES[name].marks if ":" in mark]:
                row |= await _leading_to(outlets, scope, name, other, central)
        await insert(
            scope.connection, BY_NAME[name], row | await _leading_to(outlets, scope, name, entry, outlets.west)
        )
        seen = {}
        for where, units in (("east", (outlets.east,)), ("west", (outlets.west,)), ("nowhere", ())):
            await see_units(units)
            seen[where] = await scope.connection.fetchval(f"select count(*) from {name} where id = $1", row["id"])
        scope.rollback_only = True

    assert seen == {"east": 0 if way == "nobodys" else 1, "west": 1, "nowhere": 0}


@pytest.mark.parametrize("name", FROM_ABOVE)
async def test_what_the_units_above_hold_is_seen_below_and_ended_above(outlets, name):
    async with outlets.company.scope() as scope:
        above = await scope.connection.fetchval("select id from org_unit where parent_id is null")
        row = _row(BY_NAME[name], outlets.company, outlets.rows) | {PROMISES[name].wall: above}
        await insert(scope.connection, BY_NAME[name], row)
        await see_units((outlets.west,))
        seen = await scope.connection.fetchval(f"select count(*) from {name} where id = $1", row["id"])
        gone = await scope.connection.execute(f"delete from {name} where id = $1", row["id"])
        scope.rollback_only = True

    assert (seen, gone) == (1, "DELETE 0")


@pytest.mark.parametrize("name", [name for name in MARKED if PROMISES[name].wall != "open"])
async def test_an_outlet_adds_nothing_to_what_it_sees_and_others_write(outlets, name):
    """What the head office holds, or nobody in particular, is seen from below: a row added to it would be in its name."""
    async with outlets.company.scope() as scope:
        above = await scope.connection.fetchval("select id from org_unit where parent_id is null")
        held = dict(outlets.rows)
        for owner in FROM_ABOVE:
            row = _row(BY_NAME[owner], outlets.company, outlets.rows) | {PROMISES[owner].wall: above}
            held[owner] = await insert(scope.connection, BY_NAME[owner], row)
        row = _row(BY_NAME[name], outlets.company, held)
        wall = PROMISES[name].wall
        if leads_to(BY_NAME[name].keys, wall)[1] == "org_unit":
            row[wall] = above if name in FROM_ABOVE else None
        await see_units((outlets.west,))
        added = await _adds(scope, name, row)
        scope.rollback_only = True

    assert not added


async def _adds(scope, name, row):
    try:
        async with savepoint():
            await insert(scope.connection, BY_NAME[name], row)
    except (asyncpg.InsufficientPrivilegeError, asyncpg.ForeignKeyViolationError, asyncpg.NotNullViolationError):
        return False
    return True


def test_every_way_to_a_row_is_said():
    kept = {
        (name, way, entry.replace(" ", "/"))
        for name, table in BY_NAME.items()
        for way, entries in (("nobodys", table.keys.unowned), ("also", table.keys.also))
        for entry in entries
    }

    assert kept == set(WAYS)
    assert {name for name, table in BY_NAME.items() if table.keys.from_above} == set(FROM_ABOVE)


async def _leading_to(outlets, scope, name, entry, unit):
    """What stands in the column of an entry of this table's line when it leads to the unit."""
    column, _, target = entry.partition("/")
    found = await _of(outlets, scope, target or leads_to(BY_NAME[name].keys, column)[1], unit)
    return {column: [found] if column.endswith("_ids") else found}


async def _of(outlets, scope, target, unit):
    """A customer, member of staff or row of another table that is the unit's, or the unit."""
    if target == "org_unit":
        return unit
    table = BY_NAME[target]
    values = values_for(table, outlets.company.id, outlets.rows)
    wall = "org_unit_id" if target == "staff" else PROMISES[target].wall
    values[wall] = await _of(outlets, scope, leads_to(table.keys, wall)[1], unit)
    for other in (mark.removeprefix("also:") for mark in PROMISES[target].marks if mark.startswith("also:")):
        values |= await _leading_to(outlets, scope, target, other, unit)
    return await insert(scope.connection, table, values)


def test_every_table_has_its_line():
    missing = sorted(set(BY_NAME) - set(PROMISES))
    gone = sorted(set(PROMISES) - set(BY_NAME))

    assert not missing, "\n".join(("add to tests/isolation/tables.txt who sees a row, and if it may change:", *missing))
    assert not gone, "\n".join(("take out of tests/isolation/tables.txt, for there is no such table:", *gone))


async def _seen_by_head_office(outlets, name):
    async with outlets.company.scope() as scope:
        return await scope.connection.fetchval(f"select count(*) from {name} where id = $1", outlets.rows[name])
