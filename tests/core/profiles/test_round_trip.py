"""S07-26: what an import leaves alone, and what comes back from a workbook that somebody kept for years."""

from datetime import date

import pytest
from acting import acting

from guibin.cases.requests import NewDisclosure
from guibin.context import Company
from guibin.policies.queries import effective_policy
from guibin.profiles.importing import export_customers, import_customers
from guibin.spreadsheets.importing import BadRows
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import rows
from guibin.spreadsheets.writing import write
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.refusals import Forbidden
from guibin_tenants.scope import fetch_value

YEARLY = NewDisclosure(purpose="yearly check", leaves_to="nobody")

ARCHIVE = {
    "number": "DK1",
    "name": "张三",
    "kind": "leader",
    "birthday": "1968-05-17",
    "employer": "成都市教育局",
    "fields": {"network": "two_way", "special_contribution": "十年老用户"},
    "confidential": {
        "mobile": ["13800138000", "13911112222"],
        "address": "成都市金牛区人民路1号",
        "phone": "+862812345678",
    },
}


@pytest.fixture
async def office(world, tenant):
    """Imports and exports as the command line does."""

    class Office:
        by = staticmethod(tenant.principal)

        async def brings(self, file, mapping=None, **options):
            async with tenant.scope():
                return await import_customers(
                    file, mapping or Mapping(), acting(policy=await policy(), **who()), **options
                )

        async def takes(self, file, **options):
            async with tenant.scope():
                return await export_customers(file, acting(policy=await policy(), **who()), **options)

    def who():
        return {"by": office.by if isinstance(office.by, Principal) else office.by(), "now": world.clock()}

    async def policy():
        company = Company(tenant.id, tenant.slug, tenant.view.packs, "Asia/Shanghai", "zh-CN", False)
        return await effective_policy(world.packs, company, at=world.clock())

    office = Office()
    return office


async def opened(client, **changes):
    answer = await client.post("/api/v1/customers", json=ARCHIVE | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def clear_values(client, customer):
    answer = await client.post(
        f"/api/v1/customers/{customer['id']}/disclosures",
        json={"purpose": "compare with the workbook", "leaves_to": "nobody", "fields": ["mobile", "address", "phone"]},
    )
    return answer.json()["values"]


@pytest.mark.rule("S07-26")
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
async def test_several_values_of_a_field_survive_the_round_trip(client, office, tmp_path, ending):
    customer, file = await opened(client), tmp_path / f"out.{ending}"
    await office.takes(file, clear=YEARLY)

    await office.brings(file)

    assert await clear_values(client, customer) == {
        "mobile": ["13800138000", "13911112222"],
        "address": ["成都市金牛区人民路1号"],
        "phone": ["+862812345678"],
    }


@pytest.mark.rule("S07-26")
async def test_a_masked_export_that_comes_back_leaves_the_values_alone(client, office, tmp_path):
    customer, file = await opened(client), tmp_path / "out.xlsx"
    await office.takes(file)

    await office.brings(file)

    assert "13800138000" not in str([row.fields for row in rows(file, Mapping())])
    assert (await clear_values(client, customer))["mobile"] == ["13800138000", "13911112222"]


@pytest.mark.rule("S07-26")
async def test_columns_the_file_does_not_have_stay_as_they_are(client, office, tmp_path):
    customer, file = await opened(client), tmp_path / "names.csv"
    write(file, ("number", "name", "kind", "network"), [("DK1", "张三丰", "partner", "")])

    done = await office.brings(file)
    after = (await client.get(f"/api/v1/customers/{customer['id']}")).json()

    assert (done.created, done.updated) == (0, 1)
    assert (after["name"], after["kind"], after["birthday"], after["employer"]) == (
        "张三丰",
        "partner",
        "1968-05-17",
        "成都市教育局",
    )
    assert after["fields"] == {"special_contribution": "十年老用户"}
    assert len(after["masked"]["mobile"]) == 2


async def test_an_empty_org_unit_does_not_move_the_customer(client, office, tenant, tmp_path):
    unit = await tenant.unit("north")
    customer, file = await opened(client, org_unit_id=str(unit)), tmp_path / "names.csv"
    write(
        file,
        ("number", "name", "kind", "org_unit"),
        [("DK1", "张三", "leader", ""), ("DK2", "李四", "leader", "north")],
    )

    await office.brings(file)
    found = (await client.get("/api/v1/customers")).json()["items"]

    assert {one["number"]: one["org_unit_id"] for one in found} == {"DK1": str(unit), "DK2": str(unit)}
    assert customer["org_unit_id"] == str(unit)


async def test_an_erased_customer_does_not_come_back_from_an_old_workbook(client, office, tenant, tmp_path):
    customer, file = await opened(client), tmp_path / "old.xlsx"
    await office.takes(file, clear=YEARLY)
    await client.delete(f"/api/v1/customers/{customer['id']}")

    with pytest.raises(BadRows) as refused:
        await office.brings(file)

    assert [(one.column, one.value) for one in refused.value.problems] == [("number", "DK1")]
    async with tenant.scope():
        assert await fetch_value("select count(*) from subject_key") == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("birthday", "1968-02-30"),
        ("birthday", "0001-01-01"),
        ("birthday", "五月三十二"),
        ("birthday", "五月五日"),
        ("mobile", "138 0013 8000 9999 9999"),
        ("identity_number", "110105194912310021"),
        ("email", "nobody"),
        ("sex", "x"),
        ("account_manager", "nobody"),
        ("org_unit", "nowhere"),
        ("employer", "长" * 201),
        ("fax", "=1+1"),
        ("colour", "red"),
    ],
)
async def test_a_wrong_cell_is_named(office, tmp_path, column, value):
    file = tmp_path / "in.xlsx"
    write(file, ("number", "name", "kind", column), [("DK1", "张三", "leader", value)])

    with pytest.raises(BadRows) as refused:
        await office.brings(file)

    assert [(one.sheet, one.row, one.column) for one in refused.value.problems] == [("data", 2, column)]


@pytest.mark.parametrize("missing", ["customers:import", "customers:export"])
async def test_who_may_not_move_the_archive_does_not(office, tmp_path, missing):
    office.by = office.by(*(PERMISSIONS - {missing}))
    file = tmp_path / "in.csv"
    write(file, ("number", "name", "kind"), [("DK1", "张三", "leader")])

    with pytest.raises(Forbidden):
        await (office.brings(file) if missing == "customers:import" else office.takes(file))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (("2023年2月10日", "农历", "是"), (None, "2023-02-10L")),
        (("1968-02-30", "lunar", ""), (None, "1968-02-30")),
        (("二月三十", "农历", ""), (None, "0000-02-30")),
        (("02-30", "阴历", ""), (None, "0000-02-30")),
        (("农历一九六八年二月廿九", "", ""), (None, "1968-02-29")),
        (("闰二月初十", "", ""), (None, "0000-02-10L")),
        (("腊月廿三", "", ""), (None, "0000-12-23")),
        (("1968-05-17", "公历", ""), (date(1968, 5, 17), None)),
    ],
    ids=str,
)
async def test_a_birthday_of_either_calendar_survives_the_round_trip(office, tenant, tmp_path, written, kept):
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    columns = ("number", "name", "kind", "birthday", "birthday_calendar", "birthday_leap_month")
    write(file, columns, [("DK1", "张三", "leader", *written)])

    await office.brings(file)
    await office.takes(out)
    again = await office.brings(out)

    async with tenant.scope():
        row = await fetch_value("select (birthday, birthday_lunar) from customer")
    assert (tuple(row), again.unchanged) == (kept, 1)


@pytest.mark.parametrize(
    ("written", "column"),
    [
        (("1968-02-31", "lunar", ""), "birthday"),
        (("1968-02-30", "", ""), "birthday"),
        (("腊月廿三", "公历", ""), "birthday"),
        (("1968-05-17", "", "是"), "birthday_leap_month"),
        (("2024-12-30", "lunar", ""), "birthday"),
        (("2024-02-10", "lunar", "是"), "birthday"),
    ],
    ids=str,
)
async def test_a_day_that_its_calendar_does_not_have_is_refused(office, tmp_path, written, column):
    file = tmp_path / "in.csv"
    columns = ("number", "name", "kind", "birthday", "birthday_calendar", "birthday_leap_month")
    write(file, columns, [("DK1", "张三", "leader", *written)])

    with pytest.raises(BadRows) as refused:
        await office.brings(file)

    assert [one.column for one in refused.value.problems] == [column]
