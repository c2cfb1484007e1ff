"""Whoever keeps a copy in step by `changed_since` misses no row: not one that was written first and committed last, nor one that
changes while pages are read."""

import asyncio
import contextlib
from datetime import datetime, timedelta

from guibin.complaints.tables import Complaint
from guibin_tenants.rows import change
from guibin_tenants.scope import fetch, fetch_value

COMPLAINTS, CUSTOMERS = "/api/v1/complaints", "/api/v1/customers"
LONG_AGO = "2020-01-01T00:00:00Z"
ALL = {"closed": "true"}
ASKED = {
    "/api/v1/account-managers/missing",
    "/api/v1/complaints",
    "/api/v1/customers",
    "/api/v1/customers/{customer_id}/facts",
    "/api/v1/service-requests",
    "/api/v1/tier-changes",
}


async def test_the_document_says_which_lists_can_be_asked(client):
    document = (await client.get("/api/v1/openapi.json")).json()
    asked = {
        path
        for path, operations in document["paths"].items()
        for parameter in operations.get("get", {}).get("parameters", ())
        if parameter.get("name") == "changed_since"
    }
    assert asked == ASKED


class Copy:
    """What an integrator keeps: rows by id, and from which moment it asks the next time."""

    def __init__(self, client, address=COMPLAINTS, limit=2, **asked):
        self.client, self.address, self.limit, self.asked = client, address, limit, asked
        self.since, self.rows, self.shown = LONG_AGO, {}, []

    async def page(self, cursor=None):
        asked = self.asked | {"changed_since": self.since, "limit": self.limit}
        answer = await self.client.get(self.address, params=asked | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert ("until" in page) is (page["next"] is None)
        self.rows |= {each["id"]: each for each in page["items"]}
        self.shown += [each["id"] for each in page["items"]]
        self.since = page.get("until", self.since)
        return page["next"]

    async def follow(self):
        self.shown = []
        cursor = await self.page()
        while cursor:
            cursor = await self.page(cursor)
        return self.shown


async def complain(client, text):
    answer = await client.post(COMPLAINTS, json={"text": text, "channel": "phone"})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def clause(company, complaint_id, says):
    async with company.scope():
        await change(Complaint, complaint_id, clause=says)


def open_customer(client, number):
    return client.post(CUSTOMERS, json={"number": number, "name": "张三", "kind": "leader"})


class Writer:
    """A transaction of its own connection, that stays open until it is told to end."""

    def __init__(self, company):
        self.company, self.ends, self.wrote = company, asyncio.Event(), asyncio.Event()

    async def _write(self, complaint_id, says, refused):
        with contextlib.suppress(ZeroDivisionError):
            async with self.company.scope():
                await change(Complaint, complaint_id, clause=says)
                self.wrote.set()
                await self.ends.wait()
                if refused:
                    raise ZeroDivisionError

    @contextlib.asynccontextmanager
    async def open(self, complaint_id, says, *, refused=False):
        running = asyncio.create_task(self._write(complaint_id, says, refused))
        await self.wrote.wait()
        try:
            yield
        finally:
            self.ends.set()
            await running


async def test_a_row_that_was_written_first_and_committed_last_is_not_missed(tenant, client):
    first, second = [await complain(client, text) for text in ("没有画面", "没有声音")]
    copy = Copy(client)
    await copy.follow()

    async with Writer(tenant).open(first, "S07-1"):
        await clause(tenant, second, "S07-2")
        young = (await client.get(f"{COMPLAINTS}/{second}")).json()["clause"]
        meanwhile = await copy.follow()
        async with tenant.scope():
            written = await fetch_value("select row_changed_at from complaint where id = $1", second)
        assert (young, meanwhile, datetime.fromisoformat(copy.since) < written) == ("S07-2", [], True)

    assert await copy.follow() == [first, second]
    assert {row["clause"] for row in copy.rows.values()} == {"S07-1", "S07-2"}
    assert await copy.follow() == []


async def test_what_another_company_writes_and_what_is_taken_back_keeps_nobody_waiting(tenant, other_tenant, client):
    async with await other_tenant.client() as stranger:
        theirs = await complain(stranger, "没有画面")
    ours = await complain(client, "没有画面")
    copy = Copy(client)

    async with Writer(other_tenant).open(theirs, "S07-1"):
        assert await copy.follow() == [ours]
    async with Writer(tenant).open(ours, "S07-1", refused=True):
        pass
    assert (await copy.follow(), copy.rows[ours]["clause"] == "S07-1") == ([], False)


async def test_a_row_that_changes_while_pages_are_read_comes_once_more_and_none_is_left_out(tenant, client):
    ids = [await complain(client, f"第{place}个") for place in range(5)]
    copy = Copy(client)

    cursor = await copy.page()
    await clause(tenant, ids[0], "S07-1")
    await clause(tenant, ids[3], "S07-1")
    late = await complain(client, "后来的")
    while cursor:
        cursor = await copy.page(cursor)

    assert copy.shown == [ids[0], ids[1], ids[2], ids[4], ids[0], ids[3], late]
    assert copy.rows[ids[0]]["clause"] == copy.rows[ids[3]]["clause"] == "S07-1"
    assert await copy.follow() == []


async def test_customers_are_followed_with_what_narrows_them_and_come_once_closed_and_erased(tenant, client):
    ids = [(await open_customer(client, f"K{place}")).json()["id"] for place in range(3)]
    copy, open_ones = Copy(client, CUSTOMERS, **ALL), Copy(client, CUSTOMERS)
    assert await copy.follow() == await open_ones.follow() == ids

    closed = await client.post(f"{CUSTOMERS}/{ids[1]}/closings", json={"reason": "left"})
    erased = await client.delete(f"{CUSTOMERS}/{ids[2]}")
    assert (closed.status_code, erased.status_code) == (201, 204), (closed.text, erased.text)

    assert await copy.follow() == [ids[1], ids[2]]
    assert copy.rows[ids[1]]["closed_at"]
    assert copy.rows[ids[2]]["erased_at"]
    assert await open_ones.follow() == []


async def test_whoever_sees_one_outlet_is_shown_what_comes_to_it_and_no_more_what_left(tenant, client):
    east, west = await tenant.unit("east"), await tenant.unit("west")
    customer = (
        await client.post(CUSTOMERS, json={"number": "K1", "name": "张三", "kind": "leader", "org_unit_id": str(west)})
    ).json()["id"]
    async with await tenant.client("customers:read", org_unit_id=east) as seeing:
        copy = Copy(seeing, CUSTOMERS)
        assert await copy.follow() == []

        for unit in (east, west):
            async with tenant.scope() as scope:
                await scope.connection.execute("update customer set org_unit_id = $1", unit)
            assert await copy.follow() == ([customer] if unit == east else [])
        assert (await seeing.get(f"{CUSTOMERS}/{customer}")).status_code == 404


async def test_a_moment_without_its_offset_is_refused_in_the_callers_language(client):
    for language, word in (("en", "offset"), ("zh", "时区")):
        answer = await client.get(
            COMPLAINTS, params={"changed_since": "2026-03-02T10:00:00"}, headers={"accept-language": language}
        )
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["field"], word in error["rule"]) == (400, "changed_since", True), error


async def test_a_cursor_of_the_plain_list_and_one_of_changes_are_not_each_others(client):
    for place in range(3):
        await complain(client, f"第{place}个")
    plain = (await client.get(COMPLAINTS, params={"limit": 1})).json()["next"]
    changed = (await client.get(COMPLAINTS, params={"limit": 1, "changed_since": LONG_AGO})).json()["next"]

    for asked in ({"cursor": plain, "changed_since": LONG_AGO}, {"cursor": changed}):
        answer = await client.get(COMPLAINTS, params=asked)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


async def test_a_company_that_is_written_to_without_pause_is_followed_to_two_seconds_before_now(tenant, client):
    ours = await complain(client, "没有画面")
    async with Writer(tenant).open(ours, "S07-1"):
        copy = Copy(client)
        await copy.follow()
        async with tenant.scope():
            now = await fetch_value("select clock_timestamp()")
    assert now - datetime.fromisoformat(copy.since) < timedelta(seconds=2)


async def test_the_page_of_changes_is_found_by_its_index_without_sorting(tenant, client):
    for place in range(3):
        await complain(client, f"第{place}个")
    async with tenant.scope() as scope:
        await scope.connection.execute("set local enable_seqscan = off; set local enable_bitmapscan = off")
        plan = "\n".join(
            row[0]
            for row in await fetch(
                "explain select id from complaint x where row_changed_at >= $1 and row_changed_at < $2"
                " and (row_changed_at, id) > ($1, $3) order by row_changed_at, id limit 51",
                datetime.fromisoformat("2020-01-01T00:00:00+00:00"),
                datetime.fromisoformat("2030-01-01T00:00:00+00:00"),
                tenant.id,
            )
        )
    assert ("complaint_row_changed_at_id_idx" in plan, "Sort" in plan) == (True, False), plan
