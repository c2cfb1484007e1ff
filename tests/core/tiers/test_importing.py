"""Facts from a table: money, several metrics a row, corrections, duplicates, bad rows."""

from datetime import UTC, datetime

import pytest
from acting import acting

from guibin.policies.queries import effective_policy
from guibin.profiles import actions as profiles
from guibin.profiles.requests import NewCustomer
from guibin.spreadsheets.importing import BadRows
from guibin.spreadsheets.mapping import Mapping, Moment
from guibin.tiers.importing import import_facts
from guibin_tenants.scope import fetch

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


class Importer:
    def __init__(self, tenant, world, tmp_path):
        self.tenant, self.packs, self.folder = tenant, world.packs, tmp_path
        self.by = tenant.principal()

    async def __aenter__(self):
        self.scope = self.tenant.scope()
        await self.scope.__aenter__()
        from guibin.context import Company  # the test's own company is another class of the name

        company = Company(self.tenant.id, self.tenant.slug, ("cable_tv",), "Asia/Shanghai", "zh-CN", False)
        self.policy = await effective_policy(self.packs, company, at=NOW)
        for number in ("0012", "13"):
            new = NewCustomer(number=number, name="王五", kind="group")
            await profiles.open_archive(new, acting(by=self.by, now=NOW, policy=self.policy))
        return self

    async def __aexit__(self, *error):
        await self.scope.__aexit__(*error)

    async def load(self, text, mapping=None, encoding="utf-8", **more):
        file = self.folder / "facts.csv"
        file.write_bytes(text.encode(encoding))
        return await import_facts(file, mapping or Mapping(), acting(by=self.by, now=NOW, policy=self.policy), **more)

    async def facts(self):
        rows = await fetch(
            "select c.number, f.metric, f.occurred_on::text as day, f.value, f.revision from fact f"
            " join customer c on c.tenant_id = f.tenant_id and c.id = f.customer_id"
            " order by 1, 2, 3, f.source_ref, 5"
        )
        return [tuple(row) for row in rows]


@pytest.fixture
async def importer(tenant, world, tmp_path):
    async with Importer(tenant, world, tmp_path) as importer:
        yield importer


HEADING = "customer_number,metric,value,occurred_on,source_ref\n"


async def test_money_is_exact_and_a_blank_is_no_fact(importer):
    done = await importer.load(
        HEADING + '0012,spending,"1,234.50",2026-02-28,a\n13,spending,,2026-02-28,b\n13,terminals,-3,20260101,c\n'
    )

    assert (done.rows, done.created, done.updated, done.unchanged) == (3, 2, 0, 0)
    assert await importer.facts() == [
        ("0012", "spending", "2026-02-28", 123450, 1),
        ("13", "terminals", "2026-01-01", -3, 1),
    ]


@pytest.mark.rule("S05-1", "S09-1")
async def test_who_left_is_said_as_the_api_has_it_said_or_nobody_would_count(importer):
    with pytest.raises(BadRows) as refused:
        await importer.load(HEADING + "0012,departed,7,2026-02-28,a\n13,departed,-1,2026-02-28,b\n")
    done = await importer.load(HEADING + "0012,departed,1,2026-02-28,a\n13,departed,2,2026-02-28,b\n")

    assert [(one.row, one.column, one.value) for one in refused.value.problems] == [
        (2, "value", "7"),
        (3, "value", "-1"),
    ]
    assert done.created == 2
    assert [(number, value) for number, _, _, value, _ in await importer.facts()] == [("0012", 1), ("13", 2)]


async def test_the_same_file_again_changes_nothing_and_a_corrected_one_corrects(importer):
    text = HEADING + "0012,spending,10,2026-02-28,a\n"
    await importer.load(text)

    again = await importer.load(text)
    corrected = await importer.load(text.replace(",10,", ",12,"))

    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)
    assert (corrected.created, corrected.updated, corrected.unchanged) == (0, 1, 0)
    assert [(value, revision) for *_, value, revision in await importer.facts()] == [(1000, 1), (1200, 2)]


async def test_a_row_may_hold_several_metrics_under_the_names_of_somebody_elses_columns(importer):
    mapping = Mapping(
        columns={"customer_number": "客户编号", "spending": "消费", "terminals": "终端数"},
        moments={"occurred_on": Moment(date="日期", date_format="%d-%m-%Y")},
    )

    done = await importer.load("客户编号,消费,终端数,日期\n0012,99.99,６,01-02-2026\n", mapping, encoding="gb18030")

    assert done.created == 2
    assert await importer.facts() == [
        ("0012", "spending", "2026-02-01", 9999, 1),
        ("0012", "terminals", "2026-02-01", 6, 1),
    ]


async def test_rows_of_one_day_without_a_reference_are_told_apart_by_their_order(importer):
    text = "customer_number,metric,value,occurred_on\n" + "0012,spending,10,2026-02-28\n" * 3

    done = await importer.load(text)
    again = await importer.load(text)

    assert (done.created, again.unchanged) == (3, 3)


async def test_every_bad_row_is_reported_with_its_place_and_nothing_is_written(importer):
    with pytest.raises(BadRows) as refused:
        await importer.load(
            HEADING
            + "0012,spending,10,2026-02-28,a\n"
            + "12,spending,10,2026-02-28,b\n"
            + "0012,speending,10,2026-02-28,c\n"
            + "0012,spending,ten,2026-02-28,d\n"
            + "0012,spending,1.005,2026-02-28,e\n"
            + "0012,spending,1,2026-02-30,f\n"
            + "0012,spending,1,2026-03-03,g\n"
            + "0012,terminals,1.5,2026-02-28,h\n"
            + "0012,spending,11,2026-02-28,a\n"
            + "0012,terminals,99999999999999999999,2026-02-28,i\n"
        )

    assert [(problem.row, problem.column) for problem in refused.value.problems] == [
        (3, "customer_number"),
        (4, "metric"),
        (5, "value"),
        (6, "value"),
        (7, "occurred_on"),
        (8, "occurred_on"),
        (9, "value"),
        (10, "source_ref"),
        (11, "value"),
    ]
    assert await importer.facts() == []


async def test_a_dry_run_counts_and_writes_nothing(importer):
    done = await importer.load(HEADING + "0012,spending,10,2026-02-28,a\n", dry_run=True)

    assert (done.created, done.dry_run) == (1, True)
    assert await importer.facts() == []


async def test_a_source_or_reference_that_is_too_long_is_a_fault_of_its_row(importer):
    heading = "customer_number,metric,value,occurred_on,source,source_ref\n"

    with pytest.raises(BadRows) as refused:
        await importer.load(heading + f"0012,spending,10,2026-02-28,{'s' * 41},{'r' * 121}\n")

    assert [(one.row, one.column) for one in refused.value.problems] == [(2, "source"), (2, "source_ref")]
