"""When rows changed, told so that whoever keeps a copy misses none: which rows of a table that is `in_step` are settled.

A moment is taken when a row is written and seen by others when its transaction ends, so that rows appear out of order: one of
an older moment may come after a younger one was read. Each transaction that writes such rows therefore holds a shared
advisory lock, named after its company and the second of its first write, until it ends. What is older than every lock that
is held is settled: nothing will come to it any more.
"""

from datetime import datetime

from .scope import fetch_value

# The last of a row's triggers: they run by name, and others compare what a statement changes.
TRIGGER = "z_in_step"
# Seconds are counted from 2026 on, so that they have room in a lock's number until 2094.
_EPOCH = 1_767_225_600
# The lock comes before the moment: a reader who saw no lock asked before that moment. One lock is enough for a transaction.
FUNCTION = f"""create or replace function guibin_in_step() returns trigger language plpgsql as $$
begin
  if current_setting('guibin.in_step', true) is distinct from new.tenant_id::text then
    perform pg_advisory_xact_lock_shared(hashtext(new.tenant_id::text),
      (floor(extract(epoch from clock_timestamp())) - {_EPOCH})::int);
    perform set_config('guibin.in_step', new.tenant_id::text, true);
  end if;
  new.row_changed_at := clock_timestamp();
  return new;
end $$"""
_SETTLED = f"""select least(statement_timestamp(), (select to_timestamp(min(objid::bigint) + {_EPOCH}) from pg_locks
    where locktype = 'advisory' and objsubid = 2
    and database = (select oid from pg_database where datname = current_database())
    and classid::bigint = hashtext(current_setting('guibin.tenant')::uuid::text)::bigint & 4294967295))"""


async def settled() -> datetime:
    """Before which moment no row of the company that is in step will change its place any more: rows that changed before it are
    seen by the next statement, or were written anew after it.

    Ask it in a statement of its own, before the rows: a statement sees what had ended when it began.
    """
    until: datetime = await fetch_value(_SETTLED)
    return until
