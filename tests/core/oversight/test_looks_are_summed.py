"""What is counted ahead gives what counting the record gives: to the head office and behind walls, whenever it was summed last."""

import random
from datetime import timedelta
from uuid import UUID

import pytest
from looking import CUSTOMER
from running import come_round, work_off

from guibin.audit.queries import IN_CLEAR, LOOKED_AT
from guibin.oversight import figures
from guibin.oversight.counts import Group, count
from guibin.oversight.jobs import ListCustomers, SumLooks
from guibin.oversight.spans import SPANS, between
from guibin.policies.queries import act_of
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.rows import read
from guibin_tenants.scope import ALL_UNITS, execute, fetch_value, tenant_scope
from guibin_tenants.tables import new_id

PARTS = ("person", "customer", "purpose", "action")
ACTIONS = (
    "customer.read",
    "customer.read",
    "customer.search",
    "customer.disclose",
    "membership.read",
    "customer.change",
)
PURPOSES = ("", "", "核对联系电话", "投诉处理", "长" * 700)
KEYS = {
    "person": ("x.actor_id", "max(x.actor_name)", "max(coalesce(u.name, ''))"),
    "purpose": ("null::uuid", "x.purpose", "''"),
    "action": ("null::uuid", "x.action", "''"),
    "customer": ("c.id", "max(c.name)", "max(c.number)"),
}
BY = {"person": "x.actor_id", "purpose": "x.purpose", "action": "x.action", "customer": "c.id"}


async def counted(part, asked):
    """The record, gone through."""
    key, name, detail = KEYS[part]
    rows = "audit_entry x left join org_unit u on u.id = x.org_unit_id"
    files = "coalesce(sum(cardinality(x.customer_ids)), 0)"
    if part == "customer":
        rows += " cross join unnest(x.customer_ids) as s (id) join customer c on c.id = s.id"
        files = "count(*)"
    return await read(
        Group,
        f"select {key} as id, {name} as name, {detail} as detail, count(*) as looks, {files}::int as files,"
        f" count(*) filter (where {IN_CLEAR}) as clear, max(x.happened_at) as last_at from {rows}"
        " where x.happened_at >= $1 and x.happened_at < coalesce($2, 'infinity'::timestamptz)"
        f" and {LOOKED_AT} and coalesce(x.refused, '') = '' group by {BY[part]} order by looks desc, name",
        asked.since,
        asked.until,
    )


class Record:
    """A company of three units whose people look at customers of all of them, over more than a quarter."""

    def __init__(self, company, clock, seed):
        self.company, self.clock, self.draw = company, clock, random.Random(seed)
        self.people, self.customers = [], []

    async def begin(self, client):
        for code in ("east", "west"):
            await self.company.unit(code)
        units = [None, *self.company.units.values()]
        self.people = [(new_id(), f"人{n}", units[n % len(units)]) for n in range(7)]
        for n in range(9):
            unit = units[n % len(units)]
            body = CUSTOMER | {"number": f"S{n}", "name": f"客户{n % 4}", "confidential": {}}
            body |= {"org_unit_id": str(unit)} if unit else {}
            answer = await client.post("/api/v1/customers", json=body)
            assert answer.status_code == 201, answer.text
            self.customers.append(UUID(answer.json()["id"]))

    async def look(self, times, within):
        """So many entries of the time before now."""
        rows = []
        for _ in range(times):
            person, name, unit = self.draw.choice(self.people)
            action = self.draw.choice(ACTIONS)
            several = self.draw.sample(self.customers, self.draw.randint(2, 5))
            whose = several if action == "customer.search" else several[: self.draw.randint(0, 1)]
            # Whoever was moved, or is called otherwise now.
            unit = unit if self.draw.random() < 0.9 else self.draw.choice(self.people)[2]
            name = name if self.draw.random() < 0.9 else f"{name}改"
            rows.append(
                (
                    new_id(),
                    self.clock.now - timedelta(seconds=self.draw.randint(1, int(within.total_seconds()))),
                    person,
                    name,
                    unit,
                    action,
                    whose,
                    self.draw.choice(PURPOSES),
                    "forbidden" if self.draw.random() < 0.1 else "",
                )
            )
        async with self.company.scope() as scope:
            await scope.connection.executemany(
                "insert into audit_entry (id, happened_at, actor_kind, actor_id, actor_name, org_unit_id, action, subject,"
                " customer_ids, purpose, refused, address, shown, fields)"
                " values ($1, $2, 'staff', $3, $4, $5, $6, 'customer', $7, $8, $9, '', 1, '{}')",
                rows,
            )

    async def sum(self):
        await come_round(self.company, SumLooks())
        await work_off(self.company, kind="sum_looks")

    async def move_a_customer(self):
        async with self.company.scope():
            await execute(
                "update customer set org_unit_id = $2 where id = $1",
                self.draw.choice(self.customers),
                self.draw.choice([*self.company.units.values()]),
            )

    async def differences(self):
        """Of every question that can be asked: where the answer is another than counting gives."""
        wrong, asked_of = [], 0
        world = self.company.world
        for units in (
            ALL_UNITS,
            (self.company.units["east"],),
            tuple(self.company.units[each] for each in ("east", "west")),
        ):
            by = Principal(kind="staff", id=new_id(), name="auditor", permissions=PERMISSIONS, units=units)
            async with tenant_scope(self.company.id, units=units):
                act = await act_of(world.packs, self.company.context(), by=by, now=self.clock.now)
                for part in PARTS:
                    for span in SPANS:
                        found = await count(part, span, act, most=1_000)
                        right = await counted(part, between(span, act))
                        asked_of += len(right)
                        if sorted(found, key=repr) != sorted(right, key=repr) or _order(found) != _order(right):
                            wrong.append((units, part, span, found[:3], right[:3]))
        assert asked_of > 50
        return wrong


def _order(groups):
    return [each.looks for each in groups]


@pytest.mark.parametrize("seed", range(4))
async def test_sums_give_what_counting_gives(client, tenant, clock, seed):
    record = Record(tenant, clock, seed)
    await record.begin(client)
    await record.look(300, timedelta(days=130))
    assert await record.differences() == []

    await record.sum()
    assert await record.differences() == []

    for step in (timedelta(minutes=40), timedelta(hours=5), timedelta(days=1), timedelta(days=9), timedelta(days=40)):
        clock.set(clock.now + step)
        await record.look(40, min(step, timedelta(hours=20)))
        await record.move_a_customer()
        assert await record.differences() == []
        if record.draw.random() < 0.5:
            await come_round(tenant, ListCustomers())
            await work_off(tenant, kind="list_customers")
        await record.sum()
        assert await record.differences() == []


async def test_the_whole_span_is_in_the_sums_and_no_entry_older_than_an_hour_is_gone_through(client, tenant, clock):
    record = Record(tenant, clock, 1)
    await record.begin(client)
    await record.look(100, timedelta(days=6))
    await record.sum()

    async with tenant.scope():
        looked = f"{figures.COUNTED} and x.happened_at < (select until_at from summed_span where span = 'week')"
        right = await fetch_value(f"select count(*) from audit_entry x where {looked}")
        held = [
            await fetch_value(f"select sum(looks) from look_sum where span = 'week' and part = '{part}'")
            for part in ("person", "purpose", "action")
        ]
        until = await fetch_value("select until_at from summed_span where span = 'week'")

    assert right > 50
    assert held == [right] * 3
    assert timedelta(hours=1) <= clock.now - until < timedelta(hours=2)


async def test_what_another_release_called_a_look_is_counted_anew(client, tenant, clock, monkeypatch):
    record = Record(tenant, clock, 2)
    await record.begin(client)
    await record.look(100, timedelta(days=20))
    await record.sum()
    async with tenant.scope():
        await execute("update summed_span set counted_as = 'before'")
        await execute("update look_sum set looks = looks + 7")

    assert await record.differences() == []
    await record.sum()
    assert await record.differences() == []


async def test_sums_that_give_less_than_nothing_are_made_anew(client, tenant, clock):
    record = Record(tenant, clock, 3)
    await record.begin(client)
    await record.look(200, timedelta(days=6))
    await record.sum()
    async with tenant.scope():
        await execute("delete from look_sum where part = 'action' and span = 'week'")
    clock.set(clock.now + timedelta(days=5))

    await record.sum()

    assert await record.differences() == []
