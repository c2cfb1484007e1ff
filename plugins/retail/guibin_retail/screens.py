"""What the console shows to shops: what each customer spent within a year."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from guibin import PackColumn
from guibin_tenants.principals import may
from guibin_tenants.scope import fetch

_SPENT = """select f.customer_id, sum(f.value) as spent from fact f
    where f.customer_id = any ($1) and f.metric = 'spending' and f.value is not null
    and f.occurred_on > $2::date - interval '1 year' and f.occurred_on <= $2::date
    and not exists (select from fact later where later.tenant_id = f.tenant_id and later.corrects = f.id)
    group by f.customer_id"""


async def spent(customer_ids: Sequence[UUID], act: Any) -> dict[UUID, str]:
    """What each spent within a year up to today, refunds taken off, in whole yuan."""
    rows = await fetch(_SPENT, list(customer_ids), act.today)
    return {row["customer_id"]: f"{row['spent'] / 100:,.0f}" for row in rows}


COLUMNS = (PackColumn(name="spent", on="customers", needs=may("customers:read"), shows=spent, width=104),)
