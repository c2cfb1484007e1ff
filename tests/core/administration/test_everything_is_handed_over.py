"""Whatever table says that somebody answers for something: it is handed over, ends with them, or is history."""

import re

import pytest
from acting import acting
from piccolo.columns import UUID as UuidColumn
from table_rows import insert, values_for

from guibin import timetable
from guibin.administration import actions
from guibin.assignments.handing_over import HandOver, charges, ended_by_leaving, hand_over
from guibin.catalog import TABLES
from guibin.events import StaffLeft, tell_at_once
from guibin_tenants.scope import fetch_one
from guibin_tenants.tables import TenantTable

assert actions
assert timetable  # importing it makes every slice's hand-over known

# Who did something, was told something or owns an account: it stays theirs whoever follows.
HISTORY = {
    "audit_entry.actor_id",
    "approval_move.staff_id",
    "approval_request.applicant_id",
    "complaint.complainant_id",
    "complaint_hand_over.to_staff_id",
    "complaint_recusal.staff_id",
    "customer_assignment.account_manager_id",
    "disclosure.disclosed_to",
    "duty_ask.staff_id",
    "emergency_access.staff_id",
    "entitlement_proof.shown_to",
    "inspection_item.responsible_id",
    "interaction.staff_id",
    "lapse.staff_id",
    "list_setting.staff_id",
    "list_view.staff_id",
    "known_device.staff_id",
    "message.staff_id",
    "passkey.staff_id",
    "passkey_challenge.staff_id",
    "password_link.staff_id",
    "provider_identity.staff_id",
    "scim_person.staff_id",
    "policy_reading.staff_id",
    "qualification_record.staff_id",
    "reachability_check.staff_id",
    "report_subscription.staff_id",
    "recovery_code.staff_id",
    "role_change.staff_id",
    "second_factor.staff_id",
    "service_hand_over.to_staff_id",
    "staff_absence.staff_id",
    "staff_address.staff_id",
    "staff_notice.staff_id",
    "staff_session.staff_id",
    "transfer.staff_id",
    "unusual_look.actor_id",
    "visit_record.rated_id",
    "work_log.staff_id",
    "work_log_review.staff_id",
    "wall_display.staff_id",
    "work_plan.staff_id",
}
WALLED = [table for table in TABLES if issubclass(table, TenantTable)]
HANDED_OVER = {column for charge in charges() for column in charge.columns}


def people(table):
    """Columns that name somebody: they reference staff, stand beside that person's name, or are called like a part."""
    names = {column._meta.db_column_name for column in table._meta.columns}
    for column in table._meta.columns:
        name = column._meta.db_column_name
        beside = {f"{name}_name", f"{name.removesuffix('_id')}_name"} & names
        called = re.search(r"(owner|handler|host|manager|staff|assignee|responsible)_id$", name)
        if isinstance(column, UuidColumn) and (table.keys.references.get(name) == "staff" or beside or called):
            yield f"{table._meta.tablename}.{name}"


def test_every_column_that_names_somebody_is_handed_over_or_history():
    found = {column for table in WALLED for column in people(table)}
    responsible = {column for column in found if not column.endswith("_by")}

    assert responsible - HANDED_OVER - set(ended_by_leaving()) - HISTORY == set()
    assert (HANDED_OVER | set(ended_by_leaving()) | HISTORY) - found == set()
    assert HANDED_OVER.isdisjoint(HISTORY)


def fitting(values):
    """The plan's own round, nobody told of a reception yet, and a request that carries out no right."""
    own = {
        "round": 1,
        "edition": 0,
        "redemption_id": None if "handler_unit_id" in values else values.get("redemption_id"),
    }
    return values | {name: first for name, first in own.items() if name in values}


@pytest.fixture(scope="module")
async def everything(lasting):
    """A company with a row in every table, a leaver and an heir."""
    rows, tenant = {}, await lasting.tenant()
    async with tenant.scope() as scope:
        for table in WALLED:
            values = fitting(values_for(table, tenant.id, rows))
            rows[table._meta.tablename] = await insert(scope.connection, table, values)
        staff = next(table for table in WALLED if table._meta.tablename == "staff")
        leaver, heir = [await insert(scope.connection, staff, values_for(staff, tenant.id, rows)) for _ in range(2)]
    return tenant, rows, leaver, heir


@pytest.mark.rule("S05-3")
@pytest.mark.parametrize("column", sorted(HANDED_OVER))
async def test_what_is_open_goes_to_whoever_takes_over(clock, everything, column):
    tenant, rows, leaver, heir = everything
    table_name, name = column.split(".")
    table = next(table for table in WALLED if table._meta.tablename == table_name)
    async with tenant.scope() as scope:
        scope.rollback_only = True
        values = fitting(values_for(table, tenant.id, rows) | {name: leaver})
        row_id = await insert(scope.connection, table, values)
        new = HandOver(from_ids=(leaver,), to_id=heir, to_name="heir", reason="left")

        work = await hand_over(new, acting(by=tenant.principal(), now=clock()))

        row = await fetch_one(f"select {name} from {table_name} where id = $1", row_id)
    assert (row[name], sum(one.count for one in work)) == (heir, 1)


@pytest.mark.parametrize("column", sorted(ended_by_leaving()))
async def test_places_end_with_whoever_leaves(clock, everything, column):
    tenant, rows, leaver, _ = everything
    table_name, name = column.split(".")
    table = next(table for table in WALLED if table._meta.tablename == table_name)
    async with tenant.scope() as scope:
        scope.rollback_only = True
        row_id = await insert(scope.connection, table, values_for(table, tenant.id, rows) | {name: leaver})

        await tell_at_once(StaffLeft(leaver), acting(by=tenant.principal(), now=clock()))

        row = await fetch_one(f"select * from {table_name} where id = $1", row_id)
    assert row[name] is None or clock() in (
        row.get(ended) for ended in ("left_at", "until_at", "revoked_at", "ended_at")
    )
