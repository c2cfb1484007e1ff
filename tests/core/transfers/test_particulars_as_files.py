"""All of an archive goes out to a spreadsheet and comes in again (S07-24, S07-26): relatives, days, parts, who is closed."""

import pytest
from acting import acting

from guibin.cases.requests import NewDisclosure
from guibin.policies.queries import effective_policy
from guibin.profiles.importing import export_customers
from guibin.spreadsheets.importing import BadRows
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import rows
from guibin.transfers.kinds import KINDS
from guibin.transfers.particulars import export_relatives
from guibin_tenants.scope import fetch
from support import company_of

RELATIVE = {"relation": "spouse", "name": "王芳", "phone": "13912345678", "birthday": "1970-02-03", "note": "花粉过敏"}
LUNAR = {"year": 1996, "month": 2, "day": 30, "leap": False}


@pytest.fixture
async def office(world, tenant):
    """Takes files in and puts them out, as the command line does."""

    class Office:
        async def _act(self):
            policy = await effective_policy(world.packs, company_of(tenant), at=world.clock())
            return acting(by=tenant.principal(), now=world.clock(), policy=policy)

        async def brings(self, kind, file, **options):
            async with tenant.scope():
                return await KINDS[kind].take_in(file, Mapping(), await self._act(), **options)

        async def takes(self, kind, file, **options):
            async with tenant.scope():
                put_out = {"customers": export_customers, "relatives": export_relatives}.get(kind, KINDS[kind].put_out)
                return await put_out(file, await self._act(), **options)

    return Office()


async def opened(client, number="K1", **given):
    body = {"number": number, "name": "张三", "kind": "leader", "birthday": "1968-03-05", **given}
    answer = await client.post("/api/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def put(client, customer, part, body):
    answer = await client.post(f"/api/v1/customers/{customer}/{part}", json=body)
    assert answer.status_code == 201, answer.text


async def got(client, customer, part):
    return (await client.get(f"/api/v1/customers/{customer}/{part}")).json()


def written(file, *lines):
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def counts(done):
    return done.created, done.updated, done.unchanged


@pytest.mark.rule("S07-24", "S07-26")
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
async def test_relatives_days_and_parts_come_back_as_they_went(client, office, tmp_path, ending):
    customer, company = await opened(client), await opened(client, "G1", kind="group", birthday=None, name="锦江宾馆")
    await put(client, customer, "relatives", RELATIVE)
    await put(client, customer, "occasions", {"name": "结婚纪念日", "happened_on": LUNAR})
    await put(client, customer, "links", {"of_customer_id": company, "role": "executive"})
    files = {kind: tmp_path / f"{kind}.{ending}" for kind in ("relatives", "occasions", "links")}

    await office.takes("relatives", files["relatives"], clear=NewDisclosure(purpose="年度核对", leaves_to="nobody"))
    for kind in ("occasions", "links"):
        await office.takes(kind, files[kind])

    assert {kind: counts(await office.brings(kind, file)) for kind, file in files.items()} == {
        "relatives": (0, 0, 1),
        "occasions": (0, 0, 1),
        "links": (0, 0, 1),
    }
    for part in ("relatives", "occasions", "links"):
        one = (await got(client, customer, part))[0]
        assert (await client.delete(f"/api/v1/customers/{customer}/{part}/{one['id']}")).status_code == 204
    assert {kind: counts(await office.brings(kind, file)) for kind, file in files.items()} == dict.fromkeys(
        files, (1, 0, 0)
    )
    shown = await client.post(
        f"/api/v1/customers/{customer}/relatives/disclosures", json={"purpose": "年度核对档案", "leaves_to": "nobody"}
    )
    assert [{name: one[name] for name in RELATIVE} for one in shown.json()] == [RELATIVE]
    assert [(one["name"], one["happened_on"]) for one in await got(client, customer, "occasions")] == [
        ("结婚纪念日", LUNAR)
    ]
    assert [one["role"] for one in await got(client, customer, "links")] == ["executive"]


@pytest.mark.rule("S07-26")
async def test_a_file_adds_changes_and_takes_out(client, office, tmp_path):
    customer = await opened(client)
    await put(client, customer, "relatives", RELATIVE)
    await put(client, customer, "occasions", {"name": "结婚纪念日", "happened_on": "1996-05-01"})
    days = written(
        tmp_path / "o.csv",
        "customer_number,name,happened_on,calendar,removed",
        "K1,结婚纪念日,1996-05-02,,",
        "K1,入网日,2月30日,农历,",
    )
    people = written(
        tmp_path / "r.csv",
        "customer_number,relation,name,phone,note,removed",
        "K1,child,张小三,13800138000,,",
        "K1,spouse,王芳,,,是",
    )

    assert counts(await office.brings("occasions", days, dry_run=True)) == (1, 1, 0)
    assert counts(await office.brings("occasions", days)) == (1, 1, 0)
    assert counts(await office.brings("relatives", people)) == (1, 1, 0)

    assert {one["name"]: one["happened_on"] for one in await got(client, customer, "occasions")} == {
        "结婚纪念日": "1996-05-02",
        "入网日": {"month": 2, "day": 30, "year": None, "leap": False},
    }
    assert [(one["relation"], one["masked"]) for one in await got(client, customer, "relatives")] == [("child", "张**")]


async def test_a_masked_file_shows_no_relative_and_changes_none(client, office, tmp_path):
    customer, file = await opened(client), tmp_path / "r.csv"
    await put(client, customer, "relatives", RELATIVE)

    await office.takes("relatives", file)

    text = file.read_text(encoding="utf-8-sig")
    assert ("王**" in text, "王芳" in text, "13912345678" in text) == (True, False, False)
    assert counts(await office.brings("relatives", file)) == (0, 0, 1)


async def test_what_is_wrong_is_named_and_nothing_comes_in(client, office, tmp_path):
    customer = await opened(client)
    await client.post(f"/api/v1/customers/{await opened(client, 'K2')}/closings", json={"reason": "left"})
    file = written(
        tmp_path / "o.csv",
        "customer_number,name,happened_on,calendar,removed",
        "K1,结婚纪念日,1996-05-01,,",
        "K9,结婚纪念日,1996-05-01,,",
        "K2,结婚纪念日,1996-05-01,,",
        "K1,入网日,昨天,,",
        "K1,入职日,1996-05-01,,perhaps",
        "K1,结婚纪念日,1996-05-03,,",
    )

    with pytest.raises(BadRows) as refused:
        await office.brings("occasions", file)

    assert [(one.row, one.column) for one in refused.value.problems] == [
        (3, "customer_number"),
        (4, "customer_number"),
        (5, "happened_on"),
        (6, "removed"),
        (7, "name"),
    ]
    assert await got(client, customer, "occasions") == []


@pytest.mark.rule("S07-24")
async def test_the_age_follows_from_the_birthday(client, office, tmp_path, clock):
    clock.set(clock().replace(year=2026, month=3, day=4, hour=4))
    customer = await opened(client)
    lunar = await opened(client, "K2", birthday={"month": 2, "day": 30})

    before = (await client.get(f"/api/v1/customers/{customer}")).json()["age"]
    clock.set(clock().replace(day=5))
    ages = [(await client.get(f"/api/v1/customers/{one}")).json()["age"] for one in (customer, lunar)]
    await office.takes("customers", tmp_path / "out.csv")

    assert (before, ages) == (57, [58, None])
    assert [row.fields["age"] for row in rows(tmp_path / "out.csv", Mapping())] == ["58", ""]


@pytest.mark.rule("S07-35", "S07-26")
async def test_the_closed_come_back_closed_and_no_file_reopens_them(client, office, tmp_path):
    customer, file = await opened(client), tmp_path / "out.csv"
    await opened(client, "K2")
    await client.post(f"/api/v1/customers/{customer}/closings", json={"reason": "died"})

    await office.takes("customers", file)

    assert [row.fields["closed"] for row in rows(file, Mapping())] == ["died", ""]
    assert counts(await office.brings("customers", file)) == (0, 0, 2)
    for said in (file.read_text(encoding="utf-8-sig").replace("died", ""), "number,name,kind\nK1,张三,leader\n"):
        with pytest.raises(BadRows, match="1 problems"):
            await office.brings("customers", written(tmp_path / "again.csv", said.rstrip("\n")))
    changed = file.read_text(encoding="utf-8-sig").replace("K1,张三", "K1,张四")
    with pytest.raises(BadRows) as refused:
        await office.brings("customers", written(tmp_path / "changed.csv", changed.rstrip("\n")))
    assert [one.column for one in refused.value.problems] == ["closed"]


@pytest.mark.rule("S07-35")
async def test_a_file_closes_who_left_but_not_while_something_waits(client, office, tmp_path):
    await opened(client)
    waiting = await opened(client, "K2")
    await client.post("/api/v1/complaints", json={"customer_id": waiting, "text": "没有画面", "channel": "phone"})
    head = "number,name,kind,closed"

    with pytest.raises(BadRows) as refused:
        await office.brings(
            "customers", written(tmp_path / "a.csv", head, "K1,张三,leader,", "K2,张三,leader,退网、销户")
        )
    done = await office.brings(
        "customers", written(tmp_path / "b.csv", head, "K1,张三,leader,left", "K3,李四,leader,died")
    )

    assert [(one.row, one.column) for one in refused.value.problems] == [(3, "closed")]
    assert counts(done) == (1, 1, 0)
    open_ = [one["number"] for one in (await client.get("/api/v1/customers")).json()["items"]]
    assert open_ == ["K2"]


async def test_a_tier_or_an_age_in_a_file_is_said_not_to_be_taken(client, office, tmp_path):
    await opened(client)
    file = written(tmp_path / "a.csv", "number,name,kind,birthday,age,tier", "K1,张三,leader,1968-03-05,12,钻石")

    done = await office.brings("customers", file)

    assert [(one.column, one.value) for one in done.not_taken] == [("age", "12"), ("tier", "钻石")]
    assert counts(done) == (0, 0, 1)


async def test_a_trial_run_tells_what_was_guessed_right_so_it_is_on_record(client, office, tenant, tmp_path):
    customer = await opened(client)
    await put(client, customer, "relatives", RELATIVE)
    guess = written(tmp_path / "guess.csv", "customer_number,relation,name,phone", "K1,spouse,王芳,13912345678")

    await office.brings("relatives", guess, dry_run=True)

    async with tenant.scope():
        looked = await fetch("select shown, purpose from audit_entry where action = 'particular.compare'")
    assert [tuple(row) for row in looked] == [(1, "guess.csv")]
