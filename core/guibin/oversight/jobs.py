"""Background work for auditors: who is on which list is written down, and what looks unusual is drawn."""

from datetime import timedelta

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin_tenants.scope import execute, fetch_value

from . import unusual

# An entry is there this long after its moment: whatever it belongs to has ended by then.
SETTLED_AFTER = timedelta(hours=1)
ENTRIES_AT_ONCE = 5_000


class ListCustomers(Job, frozen=True):
    """Each customer of entries that name several, in the order of their moments."""


@handles(ListCustomers, timeout_s=300.0)
async def list_customers(job: ListCustomers, run: Run) -> None:
    """The next entries; again at once while there are more."""
    listed = await fetch_value("select coalesce(max(happened_at), '-infinity') from listed_customer")
    until = await fetch_value(
        "select max(few.happened_at) from (select e.happened_at from audit_entry e where e.happened_at > $1"
        " and e.happened_at < $2 and cardinality(e.customer_ids) > 1 order by e.happened_at limit $3) few",
        listed,
        run.now - SETTLED_AFTER,
        ENTRIES_AT_ONCE,
    )
    if until is None:
        return
    await execute(
        "insert into listed_customer (id, entry_id, customer_id, happened_at)"
        " select gen_random_uuid(), e.id, s.id, e.happened_at from audit_entry e, unnest(e.customer_ids[2:]) as s (id)"
        " where e.happened_at > $1 and e.happened_at <= $2 and cardinality(e.customer_ids) > 1"
        " on conflict (tenant_id, customer_id, entry_id) do nothing",
        listed,
        until,
    )
    await enqueue(ListCustomers(), now=run.now)


class DrawUnusualLooks(Job, frozen=True):
    """What was looked at against the rules of the policy."""


@handles(DrawUnusualLooks, timeout_s=600.0)
async def draw_unusual_looks(job: DrawUnusualLooks, run: Run) -> None:
    """Every rule over what came since the last time."""
    await unusual.draw(run)
