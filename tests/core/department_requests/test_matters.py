"""What a department may be asked about: each case's own room says whose it is."""

from typing import get_args, get_type_hints

import pytest
from table_rows import insert, values_for

from guibin import timetable
from guibin.card_stock.tables import CardRequest
from guibin.cases import subjects
from guibin.cases.subjects import customer_of
from guibin.catalog import TABLES
from guibin.department_requests.requests import Matter
from guibin_tenants.refusals import NotFound
from guibin_tenants.tables import TenantTable, new_id

assert timetable  # importing it makes every slice's cases known

SUBJECTS = get_args(get_type_hints(Matter)["subject"])
WALLED = [table for table in TABLES if issubclass(table, TenantTable)]


def test_every_case_a_department_may_be_asked_about_is_known():
    assert set(subjects.CUSTOMERS_OF) == set(SUBJECTS)


@pytest.mark.parametrize("subject", SUBJECTS)
async def test_a_case_says_whose_it_is(tenant, subject):
    rows = {}
    async with tenant.scope() as scope:
        scope.rollback_only = True
        for table in WALLED:
            values = values_for(table, tenant.id, rows)
            signed = {"asked_at": tenant.world.clock(), "asked_by_name": "somebody"} if table is CardRequest else {}
            rows[table._meta.tablename] = await insert(scope.connection, table, values | signed)

        whose = await customer_of(subject, rows[subject], tenant.principal())

    # A quantity of cards belongs to a unit.
    assert whose == (None if subject == "card_request" else rows["customer"])


@pytest.mark.parametrize("subject", [*SUBJECTS, "nothing_there_is"])
async def test_a_case_that_is_not_there_is_nobodys(tenant, subject):
    async with tenant.scope():
        with pytest.raises(NotFound):
            await customer_of(subject, new_id(), tenant.principal())
