"""Rows by name: every table's statements, every call in the sources, and what is refused."""

import contextlib
from datetime import UTC, datetime

import msgspec
import pytest
from calls_of_rows import CALLS, HANDED_ON, VERBS, Call
from piccolo.columns import JSONB, Integer, Text
from table_rows import value_for

from guibin.catalog import TABLES
from guibin.complaints.tables import Complaint, ComplaintNote, ComplaintPause
from guibin_tenants import rows
from guibin_tenants.principals import Signature
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch_one, savepoint
from guibin_tenants.tables import Keys, Part, TenantTable, new_id

TENANT_TABLES = [table for table in TABLES if issubclass(table, TenantTable)]
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)


@pytest.fixture
def signature(tenant):
    return Signature(by=tenant.principal(name="王芳"), now=NOW)


async def complaint(**changes):
    return await rows.add(
        Complaint, number="C1", channel="phone", level="1", text="没有画面", owner_name="王芳", **changes
    )


@pytest.mark.parametrize("table", TENANT_TABLES, ids=rows.name_of)
async def test_postgresql_takes_the_statements_of_every_table(tenant, table):
    names = tuple(rows.columns_of(table))

    async with tenant.scope() as scope:
        await scope.connection.prepare(rows._insert(table, names))
        await scope.connection.prepare(rows._update(table, names))
        for unique in table.keys.unique:
            await scope.connection.prepare(rows._insert(table, names, unique))


@pytest.mark.parametrize("table", [table for table in TENANT_TABLES if table.keys.signed or table.keys.signed_off])
def test_a_verb_signs_something(table):
    for verb in filter(None, (table.keys.signed, table.keys.signed_off)):
        names = {f"{verb}_by", f"{verb}_by_name", f"{verb}_at"}
        assert names & rows.columns_of(table).keys(), (table, verb)


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_every_call_names_columns_of_its_table(call: Call):
    assert call.unread == "", f"{call}: {call.unread} is nothing this test can read"
    if call.verb == "change":
        rows._update(call.table, call.names)
    else:
        rows._insert(call.table, call.names, call.unless)


def test_there_are_calls_to_read():
    assert len(CALLS) > 10
    assert {call.verb for call in CALLS} == {*VERBS, *HANDED_ON}


async def test_what_is_not_given_is_the_default(tenant, signature):
    async with tenant.scope():
        complaint_id = await complaint(owner_id=signature.by.id)
        row = await fetch_one("select * from complaint where id = $1", complaint_id)

    assert (row["kind"], row["state"], row["round"], row["version"], row["special"], row["source"]) == (
        "complaint",
        "open",
        0,
        1,
        False,
        None,
    )


async def test_a_signed_row_says_who_and_when_and_its_end_too(tenant, signature):
    async with tenant.scope():
        complaint_id = await complaint(owner_id=signature.by.id)
        pause_id = await rows.add(ComplaintPause, signature, complaint_id=complaint_id, reason="等客户")
        begun = await fetch_one("select * from complaint_pause where id = $1", pause_id)
        await rows.change(ComplaintPause, pause_id, signature)
        ended = await fetch_one("select * from complaint_pause where id = $1", pause_id)

    assert [begun[f"started_{part}"] for part in ("by", "by_name", "at")] == [signature.by.id, "王芳", NOW]
    assert [begun[f"ended_{part}"] for part in ("by", "by_name", "at")] == [None, "", None]
    assert [ended[f"ended_{part}"] for part in ("by", "by_name", "at")] == [signature.by.id, "王芳", NOW]


async def test_a_change_raises_the_version_once_however_often_the_transaction_changes_the_row(tenant, signature):
    versions = []
    async with tenant.scope():
        complaint_id = await complaint(owner_id=signature.by.id)
        await rows.change(Complaint, complaint_id, level="2")
        versions.append((await rows.locked(Complaint, complaint_id))["version"])
    for level in ("3", "4"):
        async with tenant.scope():
            await rows.change(Complaint, complaint_id, level=level)
            await rows.change(Complaint, complaint_id)
            row = await rows.locked(Complaint, complaint_id)
            versions.append(row["version"])

    assert (row["level"], versions) == ("4", [1, 2, 3])


async def test_a_change_after_one_that_was_taken_back_raises_the_version(tenant, signature):
    async with tenant.scope():
        complaint_id = await complaint(owner_id=signature.by.id)
    async with tenant.scope():
        with contextlib.suppress(LookupError):
            async with savepoint():
                await rows.change(Complaint, complaint_id, level="2")
                raise LookupError
        await rows.change(Complaint, complaint_id, level="3")
        row = await rows.locked(Complaint, complaint_id)

    assert (row["level"], row["version"]) == ("3", 2)


async def test_what_is_there_already_is_left_alone(tenant, signature):
    async with tenant.scope():
        first = await complaint(owner_id=signature.by.id)
        row = {
            "number": "C1",
            "channel": "web",
            "level": "1",
            "text": "x",
            "owner_name": "x",
            "owner_id": signature.by.id,
        }
        written = await rows.add_all(Complaint, None, [row, row | {"number": "C2"}], unless=("number",))
        stands = await rows.locked(Complaint, first)

    assert len(written) == 1
    assert stands["channel"] == "phone"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"kidn": "note"}, "complaint_note has no column kidn: did you mean kind?"),
        ({"text": "x"}, "a row of complaint_note has a complaint_id: give one"),
        ({"tenant_id": new_id()}, "complaint_note has no column tenant_id"),
    ],
)
async def test_a_row_the_table_does_not_know_is_a_fault_of_ours(tenant, signature, values, says):
    async with tenant.scope():
        with pytest.raises(rows.WrongRow, match=says.replace("?", r"\?")):
            await rows.add(ComplaintNote, signature, **values)


async def test_nobody_signs_for_nobody(tenant):
    async with tenant.scope():
        with pytest.raises(rows.WrongRow, match="complaint_note says who written it"):
            await rows.add(ComplaintNote, complaint_id=new_id(), text="x")


async def test_a_row_that_is_not_there_is_neither_changed_nor_locked(tenant):
    nobody = new_id()
    async with tenant.scope():
        with pytest.raises(NotFound, match=f"There is no complaint {nobody}"):
            await rows.change(Complaint, nobody, level="2")
        with pytest.raises(NotFound, match=f"There is no complaint {nobody}"):
            await rows.locked(Complaint, nobody)


class Line(msgspec.Struct, frozen=True):
    kind: str
    text: str
    written_at: datetime


class Whole(msgspec.Struct, frozen=True):
    number: str
    notes: list[Line]
    last: Line | None


async def test_several_tables_are_read_in_one_statement(tenant, signature):
    async with tenant.scope():
        complaint_id = await complaint(owner_id=signature.by.id)
        columns = (
            f"number, {rows.lines(Line, 'from complaint_note where complaint_id = c.id order by text')} as notes,"
            f" {rows.line(Line, 'from complaint_note where complaint_id = c.id order by text desc')} as last"
        )
        rest = "from complaint c where c.id = $1"
        nothing = rows.shown(Whole, [await fetch_one(f"select {columns} {rest}", complaint_id)])
        for text in ("乙", "甲'\"\\"):
            await rows.add(ComplaintNote, signature, complaint_id=complaint_id, text=text)
        (whole,) = rows.shown(Whole, [await fetch_one(f"select {columns} {rest}", complaint_id)])
        plain = await rows.many(Line, "from complaint_note where complaint_id = $1 order by text", complaint_id)

    assert nothing == [Whole("C1", [], None)]
    assert whole.notes == plain == sorted(plain, key=lambda line: line.text)
    assert whole.last == plain[-1]
    assert len(plain) == 2


class Document(TenantTable, tablename="document_of_a_test"):
    held = JSONB(default=None, null=True)
    kept = JSONB(default="[]")


def test_a_document_is_given_as_what_it_holds():
    assert rows._stored(Document, ("held",), {"held": "text"}) == ['"text"', "[]"]
    assert rows._stored(Document, ("held", "kept"), {"held": None, "kept": {"a": 1}}) == [None, '{"a":1}']


class Voucher(Part, of="complaint", signed="drawn", signed_off="spent", tablename="voucher_of_a_test"):
    text = Text()
    cents = Integer()

    keys = Keys(references={"staff_id": "staff"}, checks={"cents_known": "cents >= 0"})


def test_a_part_names_its_row_and_who_signed():
    columns = {name: column._meta.null for name, column in rows.columns_of(Voucher).items()}

    assert columns == {
        "id": False,
        "text": False,
        "cents": False,
        "complaint_id": False,
        "drawn_by": False,
        "drawn_by_name": False,
        "drawn_at": True,
        "spent_by": True,
        "spent_by_name": False,
        "spent_at": True,
    }
    assert Voucher.keys == Keys(
        wall="complaint_id",
        references={"complaint_id": "complaint", "staff_id": "staff"},
        checks={"cents_known": "cents >= 0"},
        append_only=True,
        signed="drawn",
        signed_off="spent",
    )
    # Without a database nothing of it could be blanked.
    assert ComplaintNote.keys.erasable == ("text",)
    assert value_for(Voucher.cents) is not None
