"""Complaints kept elsewhere come in together, each with what one that is taken in alone has."""

from datetime import UTC, datetime

import pytest
from acting import acting

from guibin.cases.numbers import new_number
from guibin.complaints import intake
from guibin.complaints.importing import import_complaints
from guibin.context import Company
from guibin.policies.queries import effective_policy
from guibin.spreadsheets.importing import BadRows
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.writing import write

HEADING = ("source", "source_number", "text", "channel", "received_at", "state", "customer_number", "customer_name")
ROWS = [
    ("paper", "1", "没有信号", "phone", "2026-02-27T08:00:00+00:00", "open", "K1", "张三"),
    ("paper", "2", "账单不对", "web", "2026-02-27T09:00:00+00:00", "closed", "K1", "张三"),
    ("paper", "3", "盒子坏了", "phone", "2026-02-28T09:00:00+00:00", "open", "K2", "李四"),
    ("paper", "4", "匿名投诉", "phone", "2026-02-28T10:00:00+00:00", "open", "", ""),
]


async def bring(world, tenant, file):
    company = Company(tenant.id, tenant.slug, tenant.view.packs, "Asia/Shanghai", "zh-CN", False)
    async with tenant.scope():
        return await import_complaints(
            file,
            Mapping(),
            acting(
                by=tenant.principal(),
                now=world.clock(),
                policy=await effective_policy(world.packs, company, at=world.clock()),
                company=company,
                hooks=world.packs.hooks_of(tenant.view.packs),
            ),
        )


@pytest.mark.rule("S07-22")
async def test_each_has_its_customer_clock_number_and_entry(world, tenant, client, tmp_path, monkeypatch):
    world.clock.set(datetime(2026, 3, 2, 2, tzinfo=UTC))
    file = tmp_path / "complaints.csv"
    write(file, HEADING, ROWS)
    drawn = iter(["C-1", "C-1", "C-2", "C-2"])
    monkeypatch.setattr(intake, "new_number", lambda *given: next(drawn, None) or new_number(*given))

    done = await bring(world, tenant, file)
    again = await bring(world, tenant, file)

    async with tenant.scope() as scope:
        numbers = [row["number"] for row in await scope.connection.fetch("select number from complaint")]
        timers = await scope.connection.fetchval("select count(*) from timer where subject = 'complaint'")
        entries = await scope.connection.fetch(
            "select action, count(*) as n from audit_entry where action in ('complaint.receive', 'customer.open')"
            " group by action order by action"
        )
        held = await scope.connection.fetch(
            "select x.source_number, x.state, c.number from complaint x left join customer c"
            " on c.tenant_id = x.tenant_id and c.id = x.customer_id order by x.source_number"
        )
    assert (done.created, again.created, again.unchanged) == (4, 0, 4)
    assert [tuple(row) for row in held] == [
        ("1", "open", "K1"),
        ("2", "closed", "K1"),
        ("3", "open", "K2"),
        ("4", "open", None),
    ]
    assert len(set(numbers)) == 4
    assert {"C-1", "C-2"} < set(numbers)
    # The resolution, the first reply and the plan of each that is open.
    assert timers == 9
    assert [tuple(row) for row in entries] == [("complaint.receive", 4), ("customer.open", 2)]


@pytest.mark.parametrize(("column", "chars_max"), [("source", 40), ("source_number", 60), ("status", 40)])
async def test_an_origin_too_long_to_keep_is_reported_with_its_cell(world, tenant, client, tmp_path, column, chars_max):
    heading = ("source", "source_number", "status", "text", "channel", "received_at")
    row = {"source": "paper", "source_number": "1", "status": "", "text": "没有信号", "channel": "phone"}
    row |= {"received_at": "2026-02-27T08:00:00+00:00"}
    file = tmp_path / "complaints.csv"
    write(file, heading, [tuple((row | {column: "9" * (chars_max + 1)}).values())])

    with pytest.raises(BadRows) as refused:
        await bring(world, tenant, file)
    write(file, heading, [tuple((row | {column: "9" * chars_max}).values())])

    assert [(one.column, one.reason) for one in refused.value.problems] == [
        (column, f"longer than {chars_max} characters")
    ]
    assert (await bring(world, tenant, file)).created == 1
