"""Who is named by entries that name several customers: written down behind the record, so that they are found in it."""

from datetime import datetime, timedelta

from msgspec import Struct

from guibin_tenants import settings
from guibin_tenants.scope import execute, fetch_value

SETTING = "customers_listed"

# An entry is there this long after its moment: whatever it belongs to has ended by then.
SETTLED_AFTER = timedelta(hours=1)
ENTRIES_AT_ONCE = 5_000


class Listed(Struct, frozen=True):
    """Through which moment the record was gone through."""

    through: datetime


async def list_next(now: datetime) -> bool:
    """The next entries in the order of their moments; whether there were any."""
    listed = await fetch_value("select coalesce(max(happened_at), '-infinity') from listed_customer")
    settled = now - SETTLED_AFTER
    until = await fetch_value(
        "select max(few.happened_at) from (select e.happened_at from audit_entry e where e.happened_at > $1"
        " and e.happened_at < $2 and cardinality(e.customer_ids) > 1 order by e.happened_at limit $3) few",
        listed,
        settled,
        ENTRIES_AT_ONCE,
    )
    await settings.write(SETTING, Listed(until or settled))
    if until is None:
        return False
    await execute(
        "insert into listed_customer (id, entry_id, customer_id, happened_at)"
        " select gen_random_uuid(), e.id, s.id, e.happened_at from audit_entry e, unnest(e.customer_ids[2:]) as s (id)"
        " where e.happened_at > $1 and e.happened_at <= $2 and cardinality(e.customer_ids) > 1"
        " on conflict (tenant_id, customer_id, entry_id) do nothing",
        listed,
        until,
    )
    return True
