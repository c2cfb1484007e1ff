"""A name in every free text of every table: after erasure it stands only in columns that are named here."""

import re

import asyncpg
import pytest
from acting import acting
from piccolo.columns import JSONB, Text, Varchar
from table_rows import insert, values_for

from guibin import timetable
from guibin.catalog import TABLES
from guibin.profiles.actions import erase
from guibin.profiles.erasing import blanked
from guibin_tenants import versions
from guibin_tenants.scope import execute, fetch, fetch_value
from guibin_tenants.tables import TenantTable

assert timetable  # importing it makes every slice's words known

CANARY = "欧阳海棠13912345678"
WALLED = [table for table in TABLES if issubclass(table, TenantTable)]
# Blanked, though nobody writes words into it: what a file was like, a number elsewhere.
SHORT = {"stored_file.sha256", "emergency_access.case_number"}
# Names that somebody outside gives; every other is of who of ours did something, or of a thing.
THEIR_NAMES = {"mail.sender_name"}
# What says nothing of a customer in free words, or must stay, and why.
NOTHING_PERSONAL = {
    "activity.place": "where everybody goes",
    "activity.policy": "the kind of activity as the policy had it",
    "activity.text": "told to everybody invited",
    "activity.title": "told to everybody invited",
    "activity_feedback.scores": "figures",
    "appraisal.measures": "figures",
    "appraisal.objection": "what a pack says of figures",
    "appraisal.policy": "the policy's scheme",
    "approval_request.flow": "the policy's flow",
    "archive_finding.detail": "names a field, never a value",
    "assessment.policy": "the policy's scheme",
    "assessment_result.measures": "figures",
    "assessment_result.objection": "what a pack says of figures",
    "automation_run.commands": "kinds of command, and what forbade one by its type",
    "automation_run.occurrence": "which event it was, so that the same is done once",
    "campaign_member.because": "a code",
    "care_task.gifts": "kinds of gift of the policy",
    "care_task.messages": "kinds of message of the policy",
    "consent.note": "how the consent was given: its proof is kept with it",
    "customer_review.duty": "of the policy",
    "desk.closing_reason": "about a desk",
    "desk.hours": "about a desk",
    "desk.name": "about a desk",
    "disclosure.fields": "names of fields",
    "disclosure.legal_basis": "whom the customer's data went to, and why, is owed to the customer and the authority",
    "disclosure.purpose": "as its legal basis",
    "disclosure.recipient": "as its legal basis",
    "duty_call.passed_over": "ids of who of ours are not called",
    "fact.source_ref": "the source's own number: it tells facts apart",
    "idempotency_record.key": "the caller's, forgotten within days",
    "identity_check.differs": "names of fields",
    "improvement_measure.done_note": "about a department",
    "improvement_measure.text": "about a department",
    "improvement_step.note": "about a department",
    "job.kind": "a job's name",
    "job.payload": "ids and figures only",
    "job.unique_key": "ids only",
    "job_pause.kind": "a job's name",
    "job_pause.reason": "about a job",
    "membership.ended_because": "a code, or what the company wrote for the register of members",
    "message.occasion": "a code",
    "message_channel.shown": "the company's own address",
    "new_service.description": "told to everybody",
    "new_service.name": "told to everybody",
    "offer.head_starts": "of the policy",
    "offer.text": "told to everybody",
    "offer.title": "told to everybody",
    "org_unit.name": "about an org unit",
    "product_order.product": "what was sold",
    "proposed_indicator.ended_because": "about an indicator",
    "proposed_indicator.indicator": "about an indicator",
    "proposed_indicator.reason": "about an indicator",
    "reception.terms": "the policy's protocol",
    "reception_application.terms": "the policy's protocol",
    "reception_event.name": "a stage, an item, or who of ours",
    "redemption.reference": "the caller's own number: it makes sending again harmless",
    "register_archive.duty": "of the policy",
    "register_entry.duty": "of the policy",
    "relative.masked": "its row is deleted",
    "sealed_value.masked": "its row is deleted",
    "service_request.evidence": "of the policy",
    "service_request.step_limits": "of the policy",
    "service_request.steps": "of the policy",
    "service_request.time_limit": "of the policy",
    "service_step.rated": "who of ours was rated",
    "signal.details": "figures, what was sold, or what is told of an outage to everybody it affects",
    "staff_notice.details": "figures and numbers only",
    "staff_notice.key": "ids only",
    "survey_answer.scores": "figures",
    "timer.clock": "the deadline's terms",
    "timer.steps": "the deadline's terms",
    "timer_change.clock_before": "the deadline's terms",
    "timer_step.roles": "roles of the policy",
}


def free_texts(table):
    """Columns somebody may write anything into: long texts and documents that no check confines, of no name of ours."""
    for column in table._meta.columns:
        name = column._meta.db_column_name
        long = isinstance(column, Text | JSONB) or (isinstance(column, Varchar) and (column.length or 999) >= 100)
        confined = any(re.search(rf"\b{name} in \(", check) for check in table.keys.checks.values())
        ours = name.endswith(("_name", "_at")) and f"{table._meta.tablename}.{name}" not in THEIR_NAMES
        if long and not confined and not ours:
            yield column, name


def of_customers(table):
    """Whether its rows are about a customer, by themselves or by the row they belong to."""
    return bool(names_customer(table) or table.keys.about) or any(
        names_customer(by_name(target))
        for target in table.keys.references.values()
        if target not in ("org_unit", "staff")
    )


def names_customer(table):
    return any(column._meta.db_column_name == "customer_id" for column in table._meta.columns)


def by_name(name):
    return next(table for table in WALLED if table._meta.tablename == name)


@pytest.fixture
async def seeded(tenant):
    """A row in every table about one customer, the canary in every free text."""
    rows = {}
    async with tenant.scope() as scope:
        for table in WALLED:
            values = values_for(table, tenant.id, rows)
            for column, name in free_texts(table):
                if of_customers(table) or table._meta.tablename == "customer":
                    values[name] = f'{{"words": "{CANARY}"}}' if isinstance(column, JSONB) else CANARY
            if names_customer(table):
                values["customer_id"] = rows["customer"]
            rows[table._meta.tablename] = await insert(scope.connection, table, values)
    return rows


async def where_it_stands():
    found = set()
    for table in WALLED:
        name = table._meta.tablename
        rows = await fetch(
            f"select distinct e.key from {name} t, jsonb_each_text(to_jsonb(t)) e where e.value like $1", f"%{CANARY}%"
        )
        found |= {f"{name}.{row['key']}" for row in rows}
    return found


@pytest.mark.rule("S02-6", "S12-5")
async def test_after_erasure_words_stand_only_where_they_are_named_here(tenant, seeded):
    async with tenant.scope():
        before = await where_it_stands()
        await erase(seeded["customer"], acting(by=tenant.principal(), now=tenant.world.clock()))

        after = await where_it_stands()

    assert of_ours() - SHORT <= before
    assert after & of_ours() == set()
    assert after - set(NOTHING_PERSONAL) == set()


async def test_another_customers_words_stay(tenant, seeded):
    complaint = by_name("complaint")
    async with tenant.scope() as scope:
        other = await insert(scope.connection, by_name("customer"), values_for(by_name("customer"), tenant.id, seeded))
        values = values_for(complaint, tenant.id, seeded) | {"customer_id": other, "text": "没有信号"}
        kept = await insert(scope.connection, complaint, values)

        await erase(seeded["customer"], acting(by=tenant.principal(), now=tenant.world.clock()))

        rows = await fetch("select id, text from complaint")
    assert {row["id"]: row["text"] for row in rows} == {kept: "没有信号", seeded["complaint"]: "—"}


def of_ours():
    """What erasure blanks in the product's own tables: another test may have brought a pack's."""
    ours = {table._meta.tablename for table in WALLED}
    return {column for column in blanked() if column.partition(".")[0] in ours}


def test_every_reason_given_here_is_for_a_column_there_is():
    columns = {f"{table._meta.tablename}.{name}" for table in WALLED for _, name in free_texts(table)}

    assert set(NOTHING_PERSONAL) <= columns
    assert of_ours() - SHORT <= columns


@pytest.fixture
async def note(seeded, tenant):
    """A note in a complaint of the customer: a row that is only ever added."""
    async with tenant.scope():
        return await fetch_value("select id from complaint_note")


async def test_rows_that_are_only_added_are_not_changed_while_the_customer_is_there(tenant, note):
    async with tenant.scope():
        assert await execute("update complaint_note set text = '—' where id = $1", note) == 0
        assert await fetch_value("select text from complaint_note where id = $1", note) == CANARY
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with tenant.scope():
            await execute("update complaint_note set written_by_name = '—' where id = $1", note)


async def test_after_erasure_they_can_be_blanked_and_nothing_else(tenant, seeded, note):
    async with tenant.scope():
        await erase(seeded["customer"], acting(by=tenant.principal(), now=tenant.world.clock()))

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with tenant.scope():
            await execute("update complaint_note set text = '从未投诉' where id = $1", note)

    async with tenant.scope():
        assert await execute("update complaint_note set text = '—' where id = $1", note) == 1


async def test_a_database_of_before_learns_to_blank(database):
    owner = await asyncpg.connect(database.owner)
    try:
        transaction = owner.transaction()
        await transaction.start()
        await owner.execute("drop policy erasure on complaint_note")
        await owner.execute("revoke update (text) on complaint_note from guibin_app")

        await versions.ensure(owner, TABLES)

        may = "select has_column_privilege('guibin_app', 'complaint_note', 'text', 'update')"
        policies = "select count(*) from pg_policy where polrelid = 'complaint_note'::regclass and polname = 'erasure'"
        assert (await owner.fetchval(may), await owner.fetchval(policies)) == (True, 1)
        await transaction.rollback()
    finally:
        await owner.close()
