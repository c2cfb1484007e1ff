"""T1, T2, T6: what PostgreSQL's own catalog says, and that the lint notices when it says otherwise."""

import asyncpg
import pytest

from guibin_tenants.lint import findings

MUTATIONS = {
    "policy dropped": "drop policy tenant on staff",
    "force removed": "alter table staff no force row level security",
    "row security off": "alter table staff disable row level security",
    "open policy added": "create policy everyone on staff using (true)",
    "policy widened": "alter policy tenant on staff using (true)",
    "global unique": "alter table staff add constraint one_login unique (login, tenant_id)",
    "global unique index": "create unique index one_login on staff (login, tenant_id)",
    "plain foreign key": (
        "alter table org_unit add constraint u unique (tenant_id, id, code);"
        "create table loose (tenant_id uuid not null, id uuid, unit uuid, primary key (tenant_id, id))"
    ),
    "no tenant": "create table loose (id uuid primary key)",
    "owner's view": "create view everybody as select * from staff",
    "materialized view": "create materialized view everybody as select login from staff",
    "definer function": "create function f() returns int language sql security definer as 'select 1'",
    "truncate granted": "grant truncate on staff to guibin_app",
}


async def test_the_catalog_keeps_tenants_apart(database):
    connection = await asyncpg.connect(database.owner)
    try:
        found = await findings(connection)
    finally:
        await connection.close()

    assert found == []


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_the_lint_notices(database, mutation):
    connection = await asyncpg.connect(database.owner)
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(MUTATIONS[mutation])
        found = await findings(connection)
    finally:
        await transaction.rollback()
        await connection.close()

    assert found != []
