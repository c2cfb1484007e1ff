"""Every table that names a customer says what becomes of its rows when two archives become one: none is forgotten."""

import asyncpg
import pytest
from acting import acting
from piccolo.columns import UUID as UuidColumn
from table_rows import insert, values_for

from guibin import timetable
from guibin.catalog import TABLES
from guibin.profiles import merging
from guibin.profiles.tables import ArchiveMerge
from guibin_tenants.rows import add
from guibin_tenants.schema import moving
from guibin_tenants.scope import fetch, savepoint
from guibin_tenants.tables import TenantTable

assert timetable  # importing it makes every slice's tables known

TENANT_TABLES = [table for table in TABLES if issubclass(table, TenantTable)]
BY_NAME = {table._meta.tablename: table for table in TENANT_TABLES}
MOVES = [(name, column) for name, table in BY_NAME.items() for column in moving(table)]
NAMES_SOMEBODY = ("customer_id", "guest_id", "person_id")
# Whose key opens what is sealed there: it is still the one it was sealed by.
SEALED_FOR = {("reception_order", "guest_id"), ("reception_task_report", "guest_id")}
# A person who works here.
OF_STAFF = {("policy_draft", "person_id"), ("scim_member", "person_id")}
STAYS = {
    "search_term": "made of the name, which stays",
    "archive_closing": "when that archive was closed",
    "archive_merge": "what became one with that archive",
    "customer_assignment": "who looked after that archive",
    "archive_finding": "found anew every morning",
    "emergency_access": "whose file was lent, and no other's",
    "entitlement_account": "a lock, without a value",
    "listed_customer": "whose file was shown, as the entry has it",
    "customer_look_sum": "counted from the entries as they have it",
    "unusual_look": "whose file was looked at, as the entries have it",
    "sealed_value": "sealed again where it is taken over",
}


def test_every_column_that_names_a_customer_moves_or_stays_by_declaration():
    named = {
        (table._meta.tablename, column._meta.db_column_name)
        for table in TENANT_TABLES
        for column in table._meta.columns
        if table.keys.references.get(column._meta.db_column_name) == "customer"
        or (isinstance(column, UuidColumn) and column._meta.db_column_name.endswith(NAMES_SOMEBODY))
    }

    forgotten = {each for each in named - set(MOVES) - SEALED_FOR - OF_STAFF if each[0] not in STAYS}

    assert forgotten == set()
    assert {name for name, table in BY_NAME.items() if table.keys.merging == "stays"} == set(STAYS)


async def company(tenant, connection):
    """A row in every table about the customer `from`; `to` is the archive that is kept, `third` somebody else."""
    rows = {}
    for table in TENANT_TABLES:
        name = table._meta.tablename
        values = values_for(table, tenant.id, rows) | {
            end: None for end in ("closed_at", "erased_at") if name == "customer"
        }
        if name == "customer":
            others = [
                values | values_for(table, tenant.id, rows) | {"closed_at": None, "erased_at": None} for _ in range(2)
            ]
            to_id, third = [await insert(connection, table, each) for each in others]
        if name in STAYS and "customer_id" not in table.keys.references:
            values["customer_id"] = rows["customer"]
        first, *more = moving(table) or ("",)
        for column in more:
            values[column] = third if column in table.keys.references else None
        if first and first not in table.keys.references:
            values[first] = rows["customer"]
        if name not in ("archive_merge", "archive_merge_row"):
            rows[name] = await insert(connection, table, values)
    return rows, to_id, third


async def merge_of(rows, to_id, by):
    return await add(
        ArchiveMerge,
        by,
        customer_id=to_id,
        merged_id=rows["customer"],
        reason="同一客户",
        choices={},
        closed=True,
        sealed=b"",
    )


async def named_by(name, column, row_id):
    return (await fetch(f"select {column} from {name} where id = $1", row_id))[0][column]


@pytest.mark.rule("S14-2")
async def test_rows_of_every_table_go_along_and_come_back(tenant, clock):
    async with tenant.scope() as scope:
        rows, to_id, _ = await company(tenant, scope.connection)
        from_id = rows["customer"]
        merge_id = await merge_of(rows, to_id, acting(by=tenant.principal(), now=clock()))

        await merging._move(merge_id, from_id, to_id)
        firsts = {name: moving(BY_NAME[name])[0] for name, _ in MOVES}
        after = {name: await named_by(name, column, rows[name]) for name, column in firsts.items()}
        stayed = {name: await named_by(name, "customer_id", rows[name]) for name in STAYS if name in rows}
        await merging._give_back(merge_id, to_id, from_id)
        back = {name: await named_by(name, column, rows[name]) for name, column in firsts.items()}

    assert {name for name, whose in after.items() if whose != to_id} == set()
    assert {name for name, whose in stayed.items() if whose != from_id} == set()
    assert {name for name, whose in back.items() if whose != from_id} == set()
    assert len(after) > 70


@pytest.mark.parametrize("undone", [False, True])
async def test_what_is_kept_goes_to_nobody_else_and_changes_in_nothing_else(tenant, clock, undone):
    kept = [(name, column) for name, column in MOVES if BY_NAME[name].keys.append_only]
    async with tenant.scope() as scope:
        rows, to_id, third = await company(tenant, scope.connection)
        merge_id = await merge_of(rows, to_id, acting(by=tenant.principal(), now=clock()))
        if undone:
            await scope.connection.execute("update archive_merge set undone_at = now() where id = $1", merge_id)
        done = []
        for name, column in kept:
            targets = [third] if not undone else [third, to_id]
            statements = [(f"update {name} set {column} = $2 where id = $1", target) for target in targets]
            words = BY_NAME[name].keys.erasable
            if words:
                statements.append(
                    (f"update {name} set {words[0]} = {words[0]} where id = $1 and $2::uuid is not null", to_id)
                )
            for statement, target in statements:
                try:
                    async with savepoint():
                        answer = await scope.connection.execute(statement, rows[name], target)
                        done += [] if answer.endswith(" 0") else [statement]
                except (asyncpg.InsufficientPrivilegeError, asyncpg.UniqueViolationError):
                    continue

    assert done == []
    assert len(kept) > 30


async def test_one_of_which_the_other_has_an_equal_stays_with_what_belongs_to_it(tenant, clock):
    async with tenant.scope() as scope:
        rows, to_id, _ = await company(tenant, scope.connection)
        await scope.connection.execute(
            "insert into care_task (id, customer_id, occasion, about, year, occurs_on, prepare_on, gifts, messages, visit, state,"
            " result, done_by_name, clause) select gen_random_uuid(), $2, occasion, about, year, occurs_on, prepare_on, gifts,"
            " messages, visit, state, '', '', '' from care_task where id = $1",
            rows["care_task"],
            to_id,
        )
        await scope.connection.execute(
            "insert into activity_invitation (id, customer_id, activity_id, channel, invited_by, invited_by_name, invited_at)"
            " select gen_random_uuid(), $2, activity_id, channel, invited_by, invited_by_name, invited_at"
            " from activity_invitation where id = $1",
            rows["activity_invitation"],
            to_id,
        )
        merge_id = await merge_of(rows, to_id, acting(by=tenant.principal(), now=clock()))

        await merging._move(merge_id, rows["customer"], to_id)

        stayed = ("care_task", "activity_invitation", "activity_place", "activity_attendance", "activity_feedback")
        assert {name: await named_by(name, "customer_id", rows[name]) for name in stayed} == dict.fromkeys(
            stayed, rows["customer"]
        )
        assert await named_by("reminder", "customer_id", rows["reminder"]) == to_id
