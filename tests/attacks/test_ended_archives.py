"""Archives that have ended take nothing new: by no table, no route and no import."""

import asyncio
import re
from uuid import UUID

import asyncpg
import pytest
from ended import end, opened_archives
from table_rows import insert, values_for

from guibin import timetable
from guibin.catalog import TABLES
from guibin_tenants.schema import ARCHIVE_CLOSED, ARCHIVE_ERASED, erasable
from guibin_tenants.scope import current_scope, fetch_value, savepoint
from guibin_tenants.tables import TenantTable

assert timetable  # importing it makes every slice's words known

PARAMETER = re.compile(r"\{(\w+)\}")
WALLED = [table for table in TABLES if issubclass(table, TenantTable)]
OF_CUSTOMERS = {
    table._meta.tablename: table
    for table in WALLED
    if any(column._meta.db_column_name == "customer_id" for column in table._meta.columns)
}
# Rows that go on with what was begun, and why they may still come. What they say in words ends with the erasure.
GOES_ON = {
    "activity_attendance": "of an invitation",
    "approval_request": "of what is applied for",
    "archive_finding": "found by a job among open archives",
    "assessment_result": "figures of an assessment of open archives",
    "automation_run": "what a rule did or left when something of the customer's came to pass, in codes",
    "card_event": "of a card",
    "card_telling": "of an application",
    "customer_assignment": "an archive moves with its org unit also when it has ended",
    "customer_look_sum": "counted from entries of the record",
    "entitlement_account": "a lock, without a value",
    "entitlement_proof": "that somebody showed a card is kept, accepted or not",
    "inspection_finding": "of an inspection, about whoever did the work; not to be found would be to pass it",
    "interaction_handling": "of an interaction",
    "listed_customer": "of an entry of the record",
    "measure_end": "of a plan",
    "message": "of what it tells",
    "message_attempt": "of a message",
    "reception_application": "of a reception",
    "reception_arrival": "of a reception",
    "reception_change": "of a reception",
    "reception_event": "of a reception",
    "reception_feedback": "of a reception",
    "reception_feedback_answer": "of a reception",
    "register_correction": "of an entry",
    "review_outcome": "of a review",
    "script_run_detail": "what a script was asked about a case",
    "search_term": "made of the name, which does not change any more; erasure deletes them",
    "service_appointment": "of a request",
    "service_end": "of a request",
    "service_hand_over": "of a request",
    "service_note": "of a request",
    "service_step": "of a request",
    "staff_notice": "tells staff about a case, in figures",
    "timer": "of a case",
    "unusual_look": "drawn from the record: who looks at an archive that has ended is told of, too",
    "visit_change": "of a visit",
    "visit_filing": "of a visit",
}
# What a former customer still begins, and what is kept of it until the archive is erased. All else asks for an open one.
BEGINS_WHEN_CLOSED = {
    "activity_feedback",
    "case_signature",
    "complaint",
    "consent",
    "department_matter",
    "disclosure",
    # The file of a former customer is looked at in an emergency, too.
    "emergency_access",
    # Whoever is on duty is called to what a former customer begins.
    "duty_call",
    "fact",
    # A former customer calls and writes, and is answered.
    "hotline_call",
    "improvement_action",
    "interaction",
    # A fault found later is on record.
    "lapse",
    "mail",
    "reception_material",
    "reception_notice",
    "reception_particulars",
    "reception_plan",
    "register_archive",
    "stored_file",
    "survey_answer",
    "survey_invitation",
    # What a former customer's complaint or call needs done.
    "task",
    "visit_record",
    "visit_signature",
}


@pytest.fixture
async def archives(client):
    return await opened_archives(client)


def test_every_table_about_customers_says_whether_its_rows_begin_something():
    silent = {name for name, table in OF_CUSTOMERS.items() if not table.keys.begins}

    assert silent == set(GOES_ON)


async def refusals(rows, archives, name):
    """What PostgreSQL says to a row of this table about each archive."""
    said = {}
    for state, customer_id in archives.items():
        values = values_for(OF_CUSTOMERS[name], current_scope().tenant_id, rows) | {"customer_id": UUID(customer_id)}
        try:
            async with savepoint():
                await insert(current_scope().connection, OF_CUSTOMERS[name], values)
        except asyncpg.UniqueViolationError:
            continue  # It was let in, and there is such a row already.
        except asyncpg.PostgresError as error:
            said[state] = error.sqlstate
    return said


async def test_a_row_that_begins_something_is_refused_by_the_database(client, tenant, archives):
    rows = {}
    async with tenant.scope() as scope:
        for table in WALLED:
            rows[table._meta.tablename] = await insert(scope.connection, table, values_for(table, tenant.id, rows))
    await end(client, tenant, archives)
    of_closed, of_erased = {"closed": ARCHIVE_CLOSED}, {"erased": ARCHIVE_ERASED}

    async with tenant.scope():
        found = {name: await refusals(rows, archives, name) for name in OF_CUSTOMERS if name not in GOES_ON}

    assert found == {name: of_erased if name in BEGINS_WHEN_CLOSED else of_closed | of_erased for name in found}
    assert len(found) > 40


async def test_of_an_erased_customer_nothing_is_written_in_words_anywhere(client, tenant, archives):
    tables = [table for table in WALLED if table.keys.erasable and not table.keys.begins]
    # What comes once to a case, such as how it ended, comes after the erasure: the one before would keep it out.
    once = {table._meta.tablename for table in tables if _comes_once(table)}
    written = {}
    _, values_of = await _rows_about(tenant, UUID(archives["erased"]), without=once)
    await end(client, tenant, archives)

    async with tenant.scope() as scope:
        for table in tables:
            values = _in_words(table, values_of(table))
            if table.keys.about and table.keys.about[0] == "id":
                continue  # whom it is about is written after it
            written[table._meta.tablename] = await _said(scope.connection, table, values)

    assert {name: said for name, said in written.items() if said - {"—", "{}"}} == {}
    assert len([said for said in written.values() if said]) >= 25
    assert {name for name, said in written.items() if not said} == set()


def _comes_once(table):
    ways = [*table.keys.unique, *(index.columns for index in table.keys.indexes if index.unique)]
    return any(all(column in table.keys.references for column in columns) for columns in ways)


async def _rows_about(tenant, customer_id, *, without=frozenset()):
    """A row about the customer in every table, and what makes another one."""
    rows = {}
    async with tenant.scope() as scope:
        unit = await fetch_value("select org_unit_id from customer where id = $1", customer_id)

        def values_of(table):
            values = values_for(table, tenant.id, rows)
            if table._meta.tablename in OF_CUSTOMERS:
                values |= {"customer_id": customer_id} | dict.fromkeys(table.keys.follows, unit)
            return values

        for table in WALLED:
            if table._meta.tablename not in without:
                rows[table._meta.tablename] = await insert(scope.connection, table, values_of(table))
    return rows, values_of


def _in_words(table, values):
    texts, documents = erasable(table)
    return values | dict.fromkeys(texts, "欧阳") | dict.fromkeys(documents, '{"words": "欧阳"}')


async def _said(connection, table, values):
    """What stands in the columns for words of a row that was let in; nothing when there is one like it already."""
    names = ", ".join((*erasable(table)[0], *erasable(table)[1]))
    try:
        async with savepoint():
            row = await insert(connection, table, values)
    except asyncpg.UniqueViolationError:
        return set()
    return set(await connection.fetchrow(f"select {names} from {table._meta.tablename} where id = $1", row))


async def test_nor_are_words_put_into_rows_that_change(client, tenant, archives):
    written = {}
    tables = [table for table in WALLED if table.keys.erasable and not table.keys.append_only]
    tables = [table for table in tables if table._meta.tablename != "customer"]
    rows, _ = await _rows_about(tenant, UUID(archives["erased"]))
    await end(client, tenant, archives)

    async with tenant.scope() as scope:
        for table in tables:
            words = _in_words(table, {})
            said = ", ".join(f"{name} = ${place}" for place, name in enumerate(words, 2))
            statement = f"update {table._meta.tablename} set {said} where id = $1 returning {', '.join(words)}"
            written[table._meta.tablename] = set(
                await scope.connection.fetchrow(statement, rows[table._meta.tablename], *words.values())
            )

    assert {name: said for name, said in written.items() if said - {"—", "{}"}} == {}
    assert len(written) >= 10


async def test_a_case_of_an_erased_customer_still_comes_to_its_end(client, tenant, archives):
    body = {"text": "没有信号", "channel": "phone", "customer_id": archives["erased"]}
    complaint = (await client.post("/api/v1/complaints", json=body)).json()["id"]
    await end(client, tenant, archives)

    answer = await client.post(f"/api/v1/complaints/{complaint}/resolution", json={"remedy": "给王建国换了机顶盒"})

    assert answer.status_code == 201, answer.text
    assert "王建国" not in (await client.get(f"/api/v1/complaints/{complaint}")).text


async def test_a_write_that_meets_an_erasure_waits_and_is_refused(client, tenant, archives, database):
    path, customer_id = f"/api/v1/customers/{archives['open']}/occasions", UUID(archives["open"])
    owner = await asyncpg.connect(database.app)
    try:
        transaction = owner.transaction()
        await transaction.start()
        await owner.execute(
            "select set_config('guibin.tenant', $1, true), set_config('guibin.units', '*', true)", str(tenant.id)
        )
        await owner.execute("select 1 from customer where id = $1 for update", customer_id)
        await owner.execute("update customer set closed_at = now(), erased_at = now() where id = $1", customer_id)
        body = {"customer_id": str(customer_id), "channel": "phone", "direction": "in", "content": "回访"}
        writes = [
            asyncio.create_task(client.post("/api/v1/interactions", json=body)),
            asyncio.create_task(client.post(path, json={"name": "婚礼", "happened_on": "2001-05-01"})),
        ]
        done, _ = await asyncio.wait(writes, timeout=0.3)
        await transaction.commit()
    finally:
        await owner.close()

    answers = [await write for write in writes]

    assert done == set()
    assert [answer.json()["type"] for answer in answers] == ["/problems/archive-erased"] * 2
