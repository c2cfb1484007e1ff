"""The catalog lint: what PostgreSQL itself says about how well tenants are kept apart."""

import asyncpg
from msgspec import Struct

from .schema import APP_ROLE

# Tables without a tenant, and why that is right.
CONTROL_TABLES = {
    "tenant": "the registry itself: slugs, names and state; the application changes the packs of its company that the operator allows",
    "cell": "the databases on which companies are placed: names; the application only reads it",
    "placement": "the directory: which company is on which cell, by slug; the application only reads it",
    "applied_change": "which numbered changes the tables have behind them: nothing of any company's",
}


class Finding(Struct, frozen=True, order=True):
    """One way in which tenants are not kept apart."""

    object: str
    rule: str


async def findings(connection: asyncpg.Connection) -> list[Finding]:
    """Everything wrong in the schema `public`, sorted; nothing when all is well."""
    found = []
    for rule, query in RULES.items():
        found += [Finding(row["object"], rule) for row in await connection.fetch(query, *_arguments(query))]
    return sorted(found)


def in_words(found: list[Finding]) -> str:
    """All of them in one line; nothing when all is well."""
    return "; ".join(f"{finding.object}: {finding.rule}" for finding in found)


def _arguments(query: str) -> list[object]:
    values: list[object] = []
    if "$1" in query:
        values.append(list(CONTROL_TABLES) if "any ($1" in query else APP_ROLE)
    return values


_TABLES = (
    "pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"
    " and not (c.relname = any ($1::text[]))"
)
_TENANT_NUMBER = "(select attnum from pg_attribute where attrelid = c.oid and attname = 'tenant_id')"

RULES: dict[str, str] = {
    "has a tenant_id that is never null": (
        f"select c.relname as object from {_TABLES} and not exists (select from pg_attribute a"
        " where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnotnull)"
    ),
    "has row security enabled": f"select c.relname as object from {_TABLES} and not c.relrowsecurity",
    "has row security forced": f"select c.relname as object from {_TABLES} and not c.relforcerowsecurity",
    "has exactly one permissive policy for the application, on the tenant, for reading and writing": (
        f"select c.relname as object from {_TABLES} and 1 <> (select count(*) from pg_policy p"
        " where p.polrelid = c.oid and p.polpermissive and p.polroles = '{0}' and p.polcmd = '*'"
        " and pg_get_expr(p.polqual, p.polrelid) like '%tenant_id = %guibin.tenant%'"
        " and pg_get_expr(p.polwithcheck, p.polrelid) like '%tenant_id = %guibin.tenant%')"
    ),
    "has no other permissive policy that applies to the application": (
        f"select c.relname as object from {_TABLES} and exists (select from pg_policy p where p.polrelid = c.oid"
        " and p.polpermissive and p.polname <> 'tenant' and ('0' = any (p.polroles)"
        f" or '{APP_ROLE}'::regrole = any (p.polroles)))"
    ),
    "has a primary key that leads with tenant_id": (
        f"select c.relname as object from {_TABLES} and not exists (select from pg_constraint k"
        f" where k.conrelid = c.oid and k.contype = 'p' and k.conkey[1] = {_TENANT_NUMBER})"
    ),
    "leads every unique constraint, foreign key and exclusion with tenant_id": (
        "select c.relname || '.' || k.conname as object from pg_constraint k join pg_class c on c.oid = k.conrelid"
        " where c.relnamespace = 'public'::regnamespace and not (c.relname = any ($1::text[]))"
        f" and k.contype in ('u', 'f', 'x') and k.conkey[1] is distinct from {_TENANT_NUMBER}"
    ),
    "leads the target of every foreign key with tenant_id": (
        "select c.relname || '.' || k.conname as object from pg_constraint k join pg_class c on c.oid = k.confrelid"
        " where k.contype = 'f' and c.relnamespace = 'public'::regnamespace"
        f" and not (c.relname = any ($1::text[])) and k.confkey[1] is distinct from {_TENANT_NUMBER}"
    ),
    "leads every unique index with tenant_id": (
        "select i.indexrelid::regclass::text as object from pg_index i join pg_class c on c.oid = i.indrelid"
        " where c.relnamespace = 'public'::regnamespace and not (c.relname = any ($1::text[]))"
        f" and i.indisunique and i.indkey[0] is distinct from {_TENANT_NUMBER}"
    ),
    "views run with the rights of whoever asks": (
        "select c.relname as object from pg_class c where c.relnamespace = 'public'::regnamespace"
        " and c.relkind = 'v' and not ('security_invoker=true' = any (coalesce(c.reloptions, '{}')))"
    ),
    "no materialized view, which row security does not cover": (
        "select c.relname as object from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'm'"
    ),
    "no SECURITY DEFINER function": (
        "select p.proname as object from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef"
    ),
    "the application role owns nothing": (
        "select c.relname as object from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = $1"
    ),
    "the application role bypasses nothing and belongs to no other role": (
        "select r.rolname::text as object from pg_roles r where r.rolname = $1 and (r.rolsuper or r.rolbypassrls"
        " or r.rolcreaterole or exists (select from pg_auth_members m where m.member = r.oid))"
    ),
    "the application role may not truncate, trigger or reference": (
        "select c.relname as object from pg_class c where c.relnamespace = 'public'::regnamespace"
        " and c.relkind in ('r', 'p') and (has_table_privilege($1, c.oid, 'TRUNCATE')"
        " or has_table_privilege($1, c.oid, 'TRIGGER') or has_table_privilege($1, c.oid, 'REFERENCES'))"
    ),
}
