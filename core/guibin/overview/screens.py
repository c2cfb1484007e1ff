"""Customers as people look for them: from anywhere by Ctrl K, for the field of a form, and as a list."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import Provide
from msgspec import structs

from guibin.console import choices as shared
from guibin.console import forms, lists
from guibin.console.lists import Column, Filter, Table, View, Wanted
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.tiers.marks import marks
from guibin.web.listing import PageAsked
from guibin_tenants.principals import anyone, may

from . import choices, finding, panels, queries
from .panels import next_steps
from .queries import CustomerSearch, Sorted
from .touch import touch

READ, WRITE, TIERS = may("customers:read"), may("customers:write"), may("tiers:read")
PATH = f"{PREFIX}/customers"
ENTRIES = (Entry(title="overview.title", path=PATH, icon="users", needs=READ, order=30, phone=True),)


async def _counts(asked: Mapping[str, CustomerSearch], shell: Shell) -> Mapping[str, int]:
    return {name: await queries.count(filters, shell.act) for name, filters in asked.items()}


async def _rows(filters: CustomerSearch, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
    sort: Sorted = "contact" if wanted.sort == "contact" else "newest"
    found = await queries.search(structs.replace(filters, sort=sort), page, shell.act)
    ids = [customer.id for customer in found.items]
    nearest = "next" in wanted.columns and TIERS(shell.act.by)
    standings = await queries.standings(ids, shell.act)
    return {
        "rows": found.items,
        "next": found.next,
        "marks": await marks(ids, shell.act),
        "names": await queries.names_of(found.items),
        "standings": standings,
        "steps": await next_steps(ids, shell.act) if nearest else {},
        "touch_of": lambda row: touch(standings.get(row.id), shell),
        "cells": "overview/cells.html",
    }


TABLE = Table(
    slice_name="overview",
    path=PATH,
    follows=("customer",),
    columns=(
        Column(name="customer", confidential=True),
        Column(name="kind", width=116),
        Column(name="manager", width=104),
        Column(name="contact", width=120, sort="contact", labelled=True),
        Column(name="touch", width=140, labelled=True),
        Column(name="next", width=168, optional=True, confidential=True, labelled=True),
    ),
    filters=(
        Filter(name="tier", choices=shared.tiers),
        Filter(name="account_manager_id", choices=choices.managers),
        Filter(name="org_unit_id", choices=shared.units),
        Filter(name="kind", choices=choices.kinds),
    ),
    views=(
        View(name="mine", asks={"served_by": "$me"}),
        View(name="missed", asks={"missed": "true"}),
        View(name="all", asks={}),
    ),
    search="q",
    bulk={"assign": WRITE, "invite": WRITE & may("activities:write")},
    preview=True,
    new=f"{PATH}/new",
    new_needs=WRITE,
    kind=CustomerSearch,
    needs=READ,
    counts=_counts,
    load=_rows,
    template="overview/customers.html",
)
_CARDS = 24
# By so many characters at its end a number is found, too, and nobody is known by them.
_TAIL = 4


class FindScreens(Controller):
    path = f"{PREFIX}/find"
    include_in_schema = False

    @post("/", needs=anyone, status_code=200)
    async def anything(self, shell: Shell) -> Response[str]:
        """What is typed may be a number that no address may hold."""
        text = forms.typed("q", await forms.sent(shell.request))
        found = await finding.find(text, shell)
        whose = [customer.id for customer in found.customers] + [case.customer_id for case in found.cases]
        return shell.page("overview/found.html", q=text, found=found, marks=await marks(whose, shell.act))

    @post("/customers", needs=finding.CUSTOMERS, status_code=200)
    async def customers(self, shell: Shell, field: str = "who") -> Response[str]:
        """A form has several such fields, each with a name of its own: customer_id.who."""
        text = forms.typed(field, await forms.sent(shell.request))
        found = await finding.customers(text, shell)
        held = await marks([customer.id for customer in found], shell.act)
        return shell.page("overview/found_customers.html", q=text, customers=found, marks=held)

    @post("/whose", needs=finding.CUSTOMERS, status_code=200)
    async def whose(self, shell: Shell) -> Response[str]:
        """Where a list leads whoever types into it what no address may hold: to what the one customer has there, else to
        whatever ends with its last four characters."""
        given = await forms.sent(shell.request)
        text, path = forms.typed("q", given), forms.typed("list", given)
        found = await finding.customers(text, shell)
        return shell.done("", goes_to=_leads(path, text, [customer.id for customer in found]))


def _leads(path: str, text: str, found: list[UUID]) -> str:
    whole = next(
        (table for table in lists.TABLES.values() if table.path == path and "customer_id" in table.asked), None
    )
    if len(found) == 1 and not path.endswith("/invite"):
        return lists.address(whole, {"customer_id": str(found[0])}) if whole else f"{PATH}/{found[0]}"
    back = path if path.startswith(f"{PATH}/mine") or path.endswith("/invite") else PATH
    return f"{back}?{urlencode({'q': text[-_TAIL:]})}"


class CustomerListScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ, dependencies={"filters": lists.asks(CustomerSearch), "page": Provide(lists.page_asked)})
    async def customers(self, filters: CustomerSearch, page: PageAsked, shell: Shell) -> Response[Any]:
        return await lists.answer(TABLE, filters, page, shell)

    @get("/mine", needs=READ, dependencies={"filters": lists.asks(CustomerSearch)})
    async def cards(self, filters: CustomerSearch, shell: Shell) -> Response[str]:
        """One's own customers a card each: the tier and what is missing to the next one, and when they were reached."""
        cursor = shell.request.query_params.get("cursor")
        own = filters
        if filters.account_manager_id is None:
            own = structs.replace(filters, served_by=filters.served_by or shell.act.by.person)
        found = await queries.search(own, PageAsked(_CARDS, cursor), shell.act)
        ids = [customer.id for customer in found.items]
        standings = await queries.standings(ids, shell.act)
        return shell.page(
            "overview/card_rows.html" if shell.is_part and cursor else "overview/cards.html",
            rows=found.items,
            next=found.next,
            asked={name: value for name, value in shell.request.query_params.items() if value and name != "cursor"},
            tiers=await shared.tiers(shell),
            marks=await marks(ids, shell.act),
            standings=standings,
            ladders=await panels.ladders(ids, shell.act) if panels.TIERS(shell.act.by) else {},
            touch_of=lambda row: touch(standings.get(row.id), shell),
        )
