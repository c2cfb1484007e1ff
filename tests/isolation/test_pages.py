"""Every list of the API, generated from its routes: its pages together are the whole list, whatever the filter."""

from collections import Counter

import asyncpg
import pytest
from litestar.routes import HTTPRoute
from piccolo.columns import Date, Timestamptz
from table_rows import insert, value_for, values_for

from guibin.app.parameters import parameters_of
from guibin.profiles import searching
from guibin_tenants.scope import execute, savepoint, tenant_scope
from guibin_tenants.tables import new_id

from .matrix import TENANT_TABLES

SETS = 7
# What is over is not shown everywhere.
OVER = {"closed_at", "erased_at", "ended_at", "ended_on", "left_at", "left_on", "cancelled_at", "revoked_at"}
# A filter takes its words only.
WORDS = {"signal": {"source": "repairs"}}
# Looked up by a blind index, which the rows here do not have.
SEALED = {"number"}


def lists(app):
    """The addresses that answer with pages, each with the names of its filters."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/v1/") and "{" not in route.path:
            for method, (handler, _) in route.route_handler_map.items():
                query = parameters_of(handler).query
                if method == "GET" and "cursor" in query:
                    yield route.path, query - {"limit", "cursor"}


@pytest.fixture
async def filled(world):
    """A company with several rows in every table that takes them, many of them of one moment and of one customer."""
    tenant = await world.tenant()
    parents, moments = {}, {}
    async with tenant_scope(tenant.id) as scope:
        for number in range(SETS):
            rows = dict(parents.get(number % 2, {}))
            for table in TENANT_TABLES:
                for values in (_values(table, tenant.id, rows, moments, number), values_for(table, tenant.id, rows)):
                    try:
                        async with savepoint():
                            row = await insert(scope.connection, table, values)
                    except asyncpg.PostgresError:
                        continue
                    if number < 2:
                        rows[table._meta.tablename] = row
                    break
            parents.setdefault(number, rows)
    return tenant


def _values(table, tenant, rows, moments, number):
    values = values_for(table, tenant, rows)
    for column in table._meta.columns:
        name = column._meta.db_column_name
        if isinstance(column, Date | Timestamptz) and name not in OVER:
            # Three rows share each moment.
            values[name] = moments.setdefault((table, name, number // 3), values.get(name) or value_for(column))
    return values | WORDS.get(table._meta.tablename, {})


async def test_the_pages_of_every_list_are_the_list_under_each_of_its_filters(world, filled):
    client = await filled.client("*")
    tried, filtered, wrong = [], 0, []
    for path, filters in lists(world.litestar):
        answer = await client.get(path, params={"limit": 200})
        if answer.status_code != 200 or len(answer.json()["items"]) < SETS:
            continue
        tried.append(path)
        everything = answer.json()["items"]
        queries = [{}, *_queries(filters, everything)]
        filtered += len(queries) - 1
        for query in queries:
            wanted = [one for one in everything if query.items() <= one.items()]
            # One by one, rows of one moment are told apart by nothing else than the cursor.
            for limit in (2 if query else 1, 200):
                found = await _pages(client, path, query, limit)
                if _keys(found) != _keys(wanted):
                    wrong.append((path, query, limit, len(found), len(wanted)))

    assert wrong == []
    assert len(tried) >= 29, sorted(path for path, _ in lists(world.litestar) if path not in tried)
    assert filtered > 50


async def test_no_list_has_a_limit_without_a_cursor(world):
    paths = []
    for route in world.litestar.routes:
        for method, (handler, _) in getattr(route, "route_handler_map", {}).items():
            query = parameters_of(handler).query
            if method == "GET" and "limit" in query and "cursor" not in query:
                paths.append(route.path)

    assert paths == []


async def test_customers_are_filtered_before_they_are_counted(world):
    """2,605 of one surname, and the five newest of another outlet: they were found by none of these filters."""
    tenant = await world.tenant()
    east, west = await tenant.unit("east"), await tenant.unit("west")
    now = world.clock()
    names = {new_id(): f"李{chr(0x4E00 + number)}" for number in range(2_605)}
    units = [west if number >= 2_600 else east for number in range(2_605)]
    async with tenant.scope():
        await execute(
            "insert into customer (id, number, kind, name, pinyin, initials, org_unit_id, sex, employer, department,"
            " position, preferences, fields, version, created_at, changed_at)"
            " select i, n::text, 'leader', nm, 'li', 'l', u, '', '', '', '', '{}', '{}', 1, $5, $5"
            " from unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[]) as r (i, n, nm, u)",
            list(names),
            list(range(2_605)),
            list(names.values()),
            units,
            now,
        )
        await searching.name(names, fresh=True)
    client = await tenant.client("*")

    found = {word: await _pages(client, "/api/v1/customers", {"q": word}, 200) for word in ("李", "li")}
    of_west = await _pages(client, "/api/v1/customers", {"q": "李", "org_unit_id": str(west)}, 2)
    behind = await _pages(await tenant.client("*", org_unit_id=west), "/api/v1/customers", {"q": "李"}, 2)

    assert {word: len({one["id"] for one in several}) for word, several in found.items()} == {"李": 2_605, "li": 2_605}
    newest = [str(one) for one in list(names)[2_600:]]
    assert sorted(one["id"] for one in of_west) == sorted(newest)
    assert sorted(one["id"] for one in behind) == sorted(newest)


def _queries(filters, everything):
    """A query for each filter that is a field of the rows too, with the value that most of them have."""
    for name in sorted(filters - SEALED):
        values = Counter(one[name] for one in everything if one.get(name) and isinstance(one[name], str))
        if values:
            yield {name: values.most_common(1)[0][0]}


async def _pages(client, path, query, limit):
    found, cursor = [], {}
    while True:
        answer = await client.get(path, params={**query, **cursor, "limit": limit})
        assert answer.status_code == 200, (path, query, answer.text)
        found += answer.json()["items"]
        if answer.json()["next"] is None or len(found) > 3_000:
            return found
        cursor = {"cursor": answer.json()["next"]}


def _keys(items):
    return [one.get("id") or sorted(map(str, one.items())) for one in items]
