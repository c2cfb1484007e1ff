"""How many statements a complaint costs: each is a round trip that whoever is on the telephone waits for."""

import contextlib
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from statements import counted

from guibin.profiles.refusals import ARCHIVE_ERASED

PATH = "/api/v1/complaints"
COMPLAINT = {"text": "客厅机顶盒没有画面", "channel": "phone"}
REMEDY = {"remedy": "更换机顶盒"}
# With BEGIN and COMMIT, once what a process remembers is known.
# What streams are told goes out with COMMIT.
# What comes in while the org unit is closed goes to whoever is on duty (S07-2): its hours are read at intake.
# Leadership hears at once, beside the centre (S14-11).
# Both hear by one round trip, and a customer's org unit comes with its hours.
INTAKE, FORM, RESOLUTION = 9, 3, 9
# Who is on duty then is called, with two clocks, or their leaders are, and the call is on record.
CALL = 6


async def fetched(path, client):
    return (await client.get(path)).json()["items"]


@pytest.fixture
async def night(clock):
    """Friday, 22:00 in Shanghai."""
    clock.set(datetime(2026, 3, 6, 14, 0, tzinfo=UTC))


@pytest.fixture
async def warm(client):
    """A complaint was taken in, looked at and resolved before."""
    received = (await client.post(PATH, json=COMPLAINT)).json()
    await client.get(f"{PATH}/{received['id']}")
    await client.post(f"{PATH}/{received['id']}/resolution", json=REMEDY)
    return client


async def test_a_complaint_costs_so_many_statements(warm, monkeypatch):
    with counted(monkeypatch) as intake:
        received = await warm.post(PATH, json=COMPLAINT)
    path = f"{PATH}/{received.json()['id']}"
    with counted(monkeypatch) as form:
        shown = await warm.get(path)
    with counted(monkeypatch) as resolution:
        resolved = await warm.post(f"{path}/resolution", json=REMEDY)

    assert [answer.status_code for answer in (received, shown, resolved)] == [201, 200, 201]
    assert (len(intake), len(form), len(resolution)) == (INTAKE, FORM, RESOLUTION), [*intake, *form, *resolution]


async def test_a_customers_complaint_costs_what_is_known_of_them_once_more(warm, monkeypatch):
    """Whether they are in sight, what they hold, where they are, and who serves them."""
    customer = (await warm.post("/api/v1/customers", json={"number": "1", "name": "张三", "kind": "leader"})).json()
    of_theirs = COMPLAINT | {"customer_id": customer["id"]}
    await warm.post(PATH, json=of_theirs)

    with counted(monkeypatch) as intake:
        received = await warm.post(PATH, json=of_theirs)

    assert received.status_code == 201
    assert len(intake) == INTAKE + 1, intake


async def test_what_comes_in_out_of_hours_costs_the_call_once_more(night, warm, monkeypatch):
    with counted(monkeypatch) as intake:
        received = await warm.post(PATH, json=COMPLAINT)

    assert received.status_code == 201
    assert len(await fetched("/api/v1/duty-calls", warm)) == 2
    assert len(intake) == INTAKE + CALL, intake


async def test_a_full_form_costs_as_much_as_an_empty_one(warm, monkeypatch):
    received = (await warm.post(PATH, json=COMPLAINT)).json()
    path = f"{PATH}/{received['id']}"
    for text in ("已联系", "已上门"):
        await warm.post(f"{path}/notes", json={"text": text})
    await warm.post(f"{path}/intakes", json={"channel": "web"})
    await warm.post(f"{path}/pauses", json={"reason": "等客户回电"})
    await warm.post(f"{path}/resolution", json=REMEDY)

    with counted(monkeypatch) as form:
        shown = (await warm.get(path)).json()

    assert [len(shown[part]) for part in ("notes", "intakes", "pauses", "resolutions")] == [2, 1, 1, 1]
    assert len(form) == FORM


async def test_the_statement_that_shows_writes_the_entry(client):
    customer = (await client.post("/api/v1/customers", json={"number": "1", "name": "张三", "kind": "leader"})).json()
    received = (await client.post(PATH, json=COMPLAINT | {"customer_id": customer["id"]})).json()
    path = f"{PATH}/{received['id']}"
    await client.get(path)
    await client.post(f"{path}/resolution", json=REMEDY)
    missing = await client.get(f"{PATH}/{uuid4()}")

    entries = (await client.get("/api/v1/audit-entries", params={"customer_id": customer["id"]})).json()["items"]

    assert missing.status_code == 404
    assert [(entry["action"], entry["subject_id"], entry["customer_ids"], entry["shown"]) for entry in entries] == [
        *((f"complaint.{verb}", received["id"], [customer["id"]], 1) for verb in ("resolve", "read", "receive")),
        ("customer.open", customer["id"], [customer["id"]], 1),
    ]


async def test_where_no_entry_is_written_nothing_is_shown_or_changed(warm, database):
    received = (await warm.post(PATH, json=COMPLAINT)).json()
    path = f"{PATH}/{received['id']}"
    owner = await asyncpg.connect(database.owner)
    try:
        await owner.execute("revoke insert on audit_entry from guibin_app")
        answers = [await warm.get(path), await warm.post(f"{path}/resolution", json=REMEDY)]
    finally:
        await owner.execute("grant insert on audit_entry to guibin_app")
        await owner.close()

    assert [answer.json()["type"] for answer in answers] == ["/problems/audit-unavailable"] * 2
    assert (await warm.get(path)).json()["state"] == "open"


# What PostgreSQL refuses while a change is shown and put on record by one statement, and what is answered.
REFUSED = {
    "unique": ("23505", 409, "already-there"),
    "foreign key": ("23503", 422, "invalid"),
    "check": ("23514", 500, "internal"),
    "lock timeout": ("55P03", 409, "at-the-same-time"),
    "serialization": ("40001", 409, "at-the-same-time"),
    "deadlock": ("40P01", 409, "at-the-same-time"),
    "a figure out of range": ("22003", 422, "invalid"),
    "an erased archive": (ARCHIVE_ERASED, 409, "archive-erased"),
}


@contextlib.asynccontextmanager
async def refusing(database, table, errcode):
    """Meanwhile PostgreSQL refuses whatever is written to the table, with this error."""
    owner = await asyncpg.connect(database.owner)
    try:
        await owner.execute(
            f"""create function tried() returns trigger language plpgsql as $$ begin
                raise exception 'refused by the table "%"', tg_table_name
                using errcode = '{errcode}', table = tg_table_name; end $$;
            create trigger tried before insert or update on {table} for each row execute function tried()"""
        )
        yield
    finally:
        await owner.execute(f"drop trigger tried on {table}; drop function tried")
        await owner.close()


@pytest.mark.parametrize("kind", REFUSED)
async def test_what_is_wrong_with_a_change_is_said_and_not_that_no_entry_was_written(warm, database, kind):
    errcode, status, problem = REFUSED[kind]
    path = f"{PATH}/{(await warm.post(PATH, json=COMPLAINT)).json()['id']}"

    async with refusing(database, "complaint", errcode):
        answer = await warm.post(f"{path}/resolution", json=REMEDY)

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")
    assert (await warm.get(path)).json()["state"] == "open"


@pytest.mark.parametrize("kind", ["unique", "check", "a figure out of range"])
async def test_what_is_wrong_with_the_entry_is_not_said_of_the_change(warm, database, kind):
    path = f"{PATH}/{(await warm.post(PATH, json=COMPLAINT)).json()['id']}"

    async with refusing(database, "audit_entry", REFUSED[kind][0]):
        answers = [await warm.post(f"{path}/resolution", json=REMEDY), await warm.get(PATH)]

    assert [answer.json()["type"] for answer in answers] == ["/problems/audit-unavailable"] * 2
    assert (await warm.get(path)).json()["state"] == "open"
