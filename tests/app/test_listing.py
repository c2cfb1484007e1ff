"""A list as a value: every order, page by page and while rows are added; filters from the query; cursors of other lists."""

from datetime import UTC, date, datetime, timedelta
from typing import Literal

import pytest
from acting import acting
from msgspec import Struct

from guibin.complaints.tables import ImprovementMeasure
from guibin.web.listing import Listing, Order, PageAsked, by_day, earliest_first, newest_first
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.rows import add
from guibin_tenants.scope import fetch_value
from guibin_tenants.tables import new_id

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
UUID = type(new_id())


class Measure(Struct, frozen=True):
    id: UUID
    text: str
    mine: bool


class Measures(Struct, frozen=True):
    cause: str | None = None
    open: bool = False
    mine: bool = False
    done: bool | None = None
    half: Literal["first", "second"] | None = None


def listing(order):
    return Listing(
        view=Measure,
        source="improvement_measure x",
        order=order,
        columns={"mine": "x.proposed_by = $by"},
        filters={
            "open": "x.done_at is null",
            "mine": "x.proposed_by = $by",
            "done": "(x.done_at is not null) = $value",
            "half": {"first": "x.text < 'c'", "second": "x.text >= 'c'"},
        },
        holds="x.proposed_at <= $now and x.period = $period",
    )


ORDERS = {
    "newest first": (newest_first("x.proposed_at"), ["e", "d", "c", "b", "a"]),
    "earliest first": (earliest_first("x.proposed_at"), ["a", "b", "c", "d", "e"]),
    "by day": (by_day("x.due_on"), ["e", "d", "c", "b", "a"]),
    "open ones before those done, by day": (
        Order({"(x.done_at is not null)::int": int, "x.due_on": date, "x.id": UUID}),
        ["d", "b", "e", "c", "a"],
    ),
    "by id alone": (Order({"x.id": UUID}), ["a", "b", "c", "d", "e"]),
}


@pytest.fixture
async def act(tenant):
    """Whoever proposed five measures, a to e, each later than the one before and due earlier; a, c and e are done."""
    act = acting(by=tenant.principal(), now=NOW, company=tenant.context())
    async with tenant.scope():
        unit = await fetch_value("select id from org_unit where parent_id is null")
        for place, text in enumerate("abcde"):
            done = {"done_by": act.by.id, "done_by_name": "x", "done_at": NOW} if place % 2 == 0 else {}
            await add(
                ImprovementMeasure,
                act.at(NOW - timedelta(hours=10 - place)),
                period="2026-W09",
                org_unit_id=unit,
                text=text,
                cause="signal" if place < 2 else "",
                due_on=date(2026, 3, 20 - place),
                **done,
            )
    return act


async def pages(listing, act, filters=None, limit=2):
    found, cursor = [], None
    while True:
        page = await listing.page(filters, PageAsked(limit, cursor), act, period="2026-W09")
        found.append("".join(row.text for row in page.items))
        cursor = page.next
        if cursor is None:
            return found


@pytest.mark.parametrize("name", ORDERS)
async def test_pages_follow_each_other_in_every_order(tenant, act, name):
    order, expected = ORDERS[name]
    whole = "".join(expected)

    async with tenant.scope():
        assert await pages(listing(order), act) == [whole[:2], whole[2:4], whole[4:]]
        assert await pages(listing(order), act, limit=5) == [whole]
        assert await pages(listing(order), act, limit=1) == list(whole)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (None, "abcde"),
        (Measures(), "abcde"),
        (Measures(cause="signal"), "ab"),
        (Measures(open=True), "bd"),
        (Measures(done=True), "ace"),
        (Measures(done=False), "bd"),
        (Measures(half="first"), "ab"),
        (Measures(half="second", done=True), "ce"),
        (Measures(cause="signal", open=True, mine=True), "b"),
        (Measures(cause="'; drop table x"), ""),
    ],
)
async def test_only_what_is_asked_filters(tenant, act, filters, expected):
    async with tenant.scope():
        assert "".join(await pages(listing(earliest_first("x.proposed_at")), act, filters)) == expected


async def test_several_selections_are_counted_at_once_each_up_to_as_many(tenant, act):
    asked = {"all": None, "open": Measures(open=True), "signal": Measures(cause="signal"), "none": Measures(cause="x")}
    listed = listing(earliest_first("x.proposed_at"))
    async with tenant.scope():
        counted = await listed.counts(asked, act, period="2026-W09")
        few = await listed.counts(asked, act, most=1, period="2026-W09")
        nothing = await listed.counts({}, act, period="2026-W09")

    assert counted == {"all": 5, "open": 2, "signal": 2, "none": 0}
    assert few == {"all": 1, "open": 1, "signal": 1, "none": 0}
    assert nothing == {}


async def test_what_holds_and_what_is_shown_depend_on_who_asks_and_when(tenant, act):
    somebody = acting(by=tenant.principal(), now=NOW - timedelta(hours=8), company=tenant.context())
    listed = listing(earliest_first("x.proposed_at"))
    async with tenant.scope():
        theirs = await listed.page(None, PageAsked(), somebody, period="2026-W09")
        ours = await listed.page(Measures(mine=True), PageAsked(), act, period="2026-W09")
        other = await listed.page(None, PageAsked(), act, period="2026-W10")

    assert [(row.text, row.mine) for row in theirs.items] == [("a", False), ("b", False), ("c", False)]
    assert [(row.text, row.mine) for row in ours.items] == [(text, True) for text in "abcde"]
    assert other.items == []


async def test_what_does_not_hold_is_not_shown_by_its_id_either(tenant, act):
    listed = Listing(
        view=Measure, source="improvement_measure x", order=Order({"x.id": UUID}), holds="x.cause = $cause"
    )
    wider = listed.wider(Measure, mine="true")
    async with tenant.scope():
        identifier = await fetch_value("select id from improvement_measure where text = 'a'")
        shown = await wider.one(identifier, cause="signal")
        with pytest.raises(NotFound):
            await wider.one(identifier, cause="installation")

    assert (shown.text, shown.mine) == ("a", True)


async def refused(listed, act, cursor):
    """The fields that are named when the cursor is refused."""
    with pytest.raises(Invalid) as error:
        await listed.page(None, PageAsked(cursor=cursor), act, period="2026-W09")
    return [field.field for field in error.value.fields]


@pytest.mark.parametrize("cursor", ["", "x", "!", "kQE"])
async def test_a_cursor_that_is_none_is_refused(tenant, act, cursor):
    async with tenant.scope():
        assert await refused(listing(newest_first("x.proposed_at")), act, cursor) == ["cursor"]


async def test_a_cursor_of_another_list_is_refused(tenant, act):
    async with tenant.scope():
        page = await listing(by_day("x.due_on")).page(None, PageAsked(limit=1), act, period="2026-W09")

        assert await refused(listing(newest_first("x.proposed_at")), act, page.next) == ["cursor"]


async def test_one_row_is_shown_and_changed_by_its_id(tenant, act):
    listed = Listing(
        view=Measure, source="improvement_measure x", order=Order({"x.id": UUID}), columns={"mine": "false"}
    )
    async with tenant.scope():
        identifier = await fetch_value("select id from improvement_measure where text = 'c'")
        shown = await listed.one(identifier)
        changed = await listed.changed(ImprovementMeasure, identifier, text="z", cause="x")
        version = await fetch_value("select version from improvement_measure where id = $1", identifier)
        with pytest.raises(NotFound, match="There is no improvement measure"):
            await listed.one(new_id())
        with pytest.raises(NotFound, match="There is no improvement measure"):
            await listed.changed(ImprovementMeasure, new_id(), text="z")

    assert (shown.text, changed.text, version) == ("c", "z", 2)


async def test_a_bad_value_of_a_filter_is_refused_by_its_field(client):
    answers = [
        (await client.get("/api/v1/complaints", params={name: value})).json()["errors"][0]["field"]
        for name, value in (
            ("owner_id", "x"),
            ("overdue", "perhaps"),
            ("limit", "0"),
            ("received_from", "1"),
            ("cursor", "!"),
        )
    ]

    assert answers == ["owner_id", "overdue", "limit", "received_from", "cursor"]
