"""What a database is, told so that a change of anything but named tables shows: by PostgreSQL's catalog, the locks that writing
takes, and its count of rows written in this transaction.
"""

import asyncpg

_OURS = "n.nspname !~ '^pg_' and n.nspname not in ('information_schema', $1)"


def _joined(column: str) -> str:
    return f"join pg_class c on c.oid = {column} join pg_namespace n on n.oid = c.relnamespace where {_OURS}"


_LOOKS = {
    "table": "select c.relname as of, concat_ws('|', n.nspname, c.relkind, c.relowner, c.relfilenode, c.reltablespace,"
    " c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relacl, c.reloptions, c.relreplident,"
    " obj_description(c.oid, 'pg_class')) as said from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    f" where {_OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f')",
    "columns of": "select c.relname as of, concat_ws('|', n.nspname, a.attname, a.atttypid, a.atttypmod, a.attnotnull,"
    " a.attisdropped, a.attcollation, a.attacl, a.attidentity, a.attgenerated, a.attstorage, (select"
    " pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = c.oid and d.adnum = a.attnum)) as said"
    f" from pg_attribute a {_joined('a.attrelid')} and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0",
    "constraints of": "select c.relname as of, concat_ws('|', n.nspname, k.conname, k.convalidated, pg_get_constraintdef(k.oid))"
    f" as said from pg_constraint k {_joined('k.conrelid')}",
    "indexes of": "select c.relname as of, concat_ws('|', i.indisvalid, pg_get_indexdef(i.indexrelid)) as said"
    f" from pg_index i {_joined('i.indrelid')}",
    "policies of": "select c.relname as of, concat_ws('|', n.nspname, p.polname, p.polcmd, p.polpermissive, p.polroles,"
    " pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) as said"
    f" from pg_policy p {_joined('p.polrelid')}",
    "triggers of": "select c.relname as of, concat_ws('|', t.tgenabled, pg_get_triggerdef(t.oid)) as said"
    f" from pg_trigger t {_joined('t.tgrelid')} and not t.tgisinternal",
    "rules of": "select c.relname as of, pg_get_ruledef(r.oid) as said"
    f" from pg_rewrite r {_joined('r.ev_class')} and c.relkind in ('r', 'p')",
    "function": "select p.proname as of, concat_ws('|', n.nspname, p.proargtypes, p.prosrc, p.prosecdef, p.proconfig, p.proacl,"
    f" p.proowner) as said from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {_OURS}",
    "sequence": "select c.relname as of, concat_ws('|', n.nspname, c.relacl) as said from pg_class c"
    f" join pg_namespace n on n.oid = c.relnamespace where {_OURS} and c.relkind = 'S'",
    "type": "select t.typname as of, concat_ws('|', n.nspname, t.typtype, t.typacl) as said from pg_type t"
    f" join pg_namespace n on n.oid = t.typnamespace where {_OURS} and t.typtype in ('d', 'e', 'r')",
    "schema": f"select n.nspname as of, concat_ws('|', n.nspowner, n.nspacl) as said from pg_namespace n where {_OURS}",
    "what rights begin with": "select '' as of, concat_ws('|', oid, defaclacl) as said from pg_default_acl where $1 <> ''",
    "the settings of a role or database": "select '' as of, concat_ws('|', setdatabase, setrole, setconfig) as said"
    " from pg_db_role_setting where $1 <> ''",
    "the rows of": "select c.relname as of, concat_ws('|', s.n_tup_ins, s.n_tup_upd, s.n_tup_del) as said"
    f" from pg_stat_xact_all_tables s {_joined('s.relid')} and s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0",
    # Rows that row security hid from whoever wrote are not counted; this lock is taken all the same.
    "the rows in": f"select c.relname as of, l.mode as said from pg_locks l {_joined('l.relation')}"
    " and l.pid = pg_backend_pid() and l.locktype = 'relation' and l.mode = 'RowExclusiveLock' and c.relkind in ('r', 'p')"
    " and l.database = (select oid from pg_database where datname = current_database())",
}


async def seen(connection: asyncpg.Connection, *, outside: frozenset[str], place: str) -> set[tuple[str, str]]:
    """What stands in the database, and was written in this transaction, outside of these tables and of the schema `place`: what
    each thing is called, and what it is.
    """
    found: set[tuple[str, str]] = set()
    for kind, query in _LOOKS.items():
        rows = await connection.fetch(query, place)
        found |= {(f"{kind} {row['of']}".strip(), row["said"] or "") for row in rows if row["of"] not in outside}
    return found
