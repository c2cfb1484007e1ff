"""The auditor's pages: who looked at whom, what left the company, what changed in rights. Nothing there is to be edited."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import Provide
from msgspec import Struct

from guibin.audit.tables import EMERGENCY
from guibin.console import lists
from guibin.console.choices import units, words_of
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.lists import Column, Filter, Table, View, Wanted
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.policy.words import Reason
from guibin.web.listing import PageAsked, from_query
from guibin_tenants.principals import require, sees_all
from guibin_tenants.refusals import refuse
from guibin_tenants.rows import many

from . import departures, home, looks, replay_words, rights, tracing, unusual, versions
from .counts import Group, Part
from .departures import DepartureFilter
from .looks import GroupFilter, LookFilter
from .rights import RightsFilter
from .spans import SPANS
from .spans import choices as spans
from .telling import Teller
from .traces import Kind
from .tracing import TRACES
from .unusual import NewMark, UnusualLookFilter

READ = home.READ
# Whoever takes home what proves a decision or an entry.
PROVES = READ & sees_all
UNUSUAL = home.UNUSUAL_AT
LOOKS, DEPARTURES, RIGHTS = f"{PREFIX}/looks", f"{PREFIX}/departures", f"{PREFIX}/rights"
TRACED = f"{PREFIX}/traces"
ENTRIES = (
    Entry(
        title="oversight.home.title",
        path=f"{PREFIX}/",
        icon="shield-check",
        needs=READ,
        group="govern",
        order=10,
        phone=True,
    ),
    Entry(title="oversight.looks.title", path=LOOKS, icon="eye", needs=READ, group="govern", order=20, phone=True),
    Entry(
        title="oversight.unusual.title",
        path=UNUSUAL,
        icon="alert-triangle",
        needs=READ,
        group="govern",
        order=30,
        phone=True,
    ),
    Entry(
        title="oversight.departures.title",
        path=DEPARTURES,
        icon="file-export",
        needs=READ,
        group="govern",
        order=40,
    ),
    Entry(title="oversight.rights.title", path=RIGHTS, icon="key", needs=READ, group="govern", order=50),
    Entry(title="oversight.traces.title", path=TRACED, icon="route", needs=READ, group="govern", order=60, phone=True),
)
PARTS: tuple[Part, ...] = ("person", "customer", "purpose", "action")


async def _people(shell: Shell) -> Sequence[Choice]:
    found = await many(
        looks.Known,
        "from (select s.id, s.login as number, s.name, coalesce(u.name, '') as unit_name from staff s"
        " left join org_unit u on u.tenant_id = s.tenant_id and u.id = s.org_unit_id) person order by unit_name, name",
    )
    return [
        Choice(str(each.id), f"{each.name} · {each.unit_name}" if each.unit_name else each.name)
        for each in found
        if shell.act.by.units_seen is None or each.unit_name
    ]


async def _things(shell: Shell) -> Sequence[Choice]:
    known = ((name, f"oversight.thing.{name}") for name in looks.things())
    return [Choice(name, shell.says(key)) for name, key in known if shell.studio.words.has(key)]


async def _yes(shell: Shell) -> Sequence[Choice]:
    return [Choice("true", shell.says("oversight.only_these"))]


async def _look_rows(filters: LookFilter, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
    found = await looks.lines(filters, page, shell.act)
    about = await looks.names([filters.customer_id]) if filters.customer_id else {}
    return {
        "rows": found.items,
        "next": found.next,
        "tell": Teller(shell),
        "about": about.get(filters.customer_id) if filters.customer_id else None,
        "parts": PARTS,
        "cells": "oversight/look_cells.html",
    }


async def _departure_rows(filters: DepartureFilter, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
    found = await departures.departures(filters, page, shell.act)
    return {
        "rows": found.items,
        "next": found.next,
        "tell": Teller(shell),
        "cells": "oversight/departure_cells.html",
    }


async def _rules(shell: Shell) -> Sequence[Choice]:
    return [Choice(rule.name, shell.named(f"unusual_look.{rule.name}")) for rule in shell.act.policy.unusual_looks]


async def _unusual_counts(asked: Mapping[str, UnusualLookFilter], shell: Shell) -> Mapping[str, int]:
    return await unusual.LISTED.counts(asked, shell.act)


async def _unusual_rows(filters: UnusualLookFilter, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
    found = await unusual.listed(filters, page, shell.act)
    return {"rows": found.items, "next": found.next, "tell": Teller(shell), "cells": "oversight/unusual_cells.html"}


class Word(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found."""

    note: Reason


async def explain(look_id: UUID, new: Word, act: Act) -> None:
    """It is explained. Raises NotFound, OwnLook."""
    await unusual.mark(look_id, NewMark(mark="explained", note=new.note), act)


async def follow(look_id: UUID, new: Word, act: Act) -> None:
    """It is to be followed up. Raises NotFound, OwnLook."""
    await unusual.mark(look_id, NewMark(mark="followed", note=new.note), act)


async def _rights_rows(filters: RightsFilter, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
    found = await rights.changes(filters, page, shell.act)
    return {"rows": found.items, "next": found.next, "tell": Teller(shell), "cells": "oversight/rights_cells.html"}


LOOK_TABLE = Table(
    slice_name="oversight.looks",
    path=LOOKS,
    columns=(
        Column(name="at", width=132),
        Column(name="who", width=184),
        Column(name="what"),
        Column(name="customer", width=172, confidential=True),
        Column(name="purpose", width=176),
        Column(name="outcome", width=104),
        Column(name="from", width=128, optional=True, labelled=True),
    ),
    filters=(
        Filter(name="span", choices=spans),
        Filter(name="actor_id", choices=_people),
        Filter(name="org_unit_id", choices=units),
        Filter(name="thing", choices=_things),
        Filter(name="clear", choices=_yes),
        Filter(name="refused", choices=_yes),
    ),
    views=(
        View(name="looks", asks={"looked": "true"}),
        View(name="clear", asks={"clear": "true"}),
        View(name="refused", asks={"refused": "true"}),
        View(name="changes", asks={"looked": "false"}),
        View(name="all", asks={}),
    ),
    search="q",
    kind=LookFilter,
    needs=READ,
    load=_look_rows,
    template="oversight/looks.html",
)
UNUSUAL_TABLE = Table(
    slice_name="oversight.unusual",
    path=UNUSUAL,
    columns=(
        Column(name="at", width=148),
        Column(name="who", width=184),
        Column(name="why"),
        Column(name="customer", width=200, confidential=True),
        Column(name="state", width=132),
    ),
    filters=(Filter(name="rule", choices=_rules), Filter(name="actor_id", choices=_people)),
    views=(
        View(name="open", asks={"state": "open"}),
        View(name="followed", asks={"state": "followed"}),
        View(name="explained", asks={"state": "explained"}, counted=False),
        View(name="all", asks={}),
    ),
    kind=UnusualLookFilter,
    needs=READ,
    counts=_unusual_counts,
    load=_unusual_rows,
    template="oversight/unusual.html",
)
COMMANDS = Commands(
    "oversight",
    "look_id",
    UNUSUAL,
    Command(name="explain", action=explain, icon="check", key="e", main=True, new=Word),
    Command(name="follow", action=follow, icon="arrow-up", key="f", new=Word),
    needs=READ,
)
DEPARTURE_TABLE = Table(
    slice_name="oversight.departures",
    path=DEPARTURES,
    columns=(
        Column(name="at", width=132),
        Column(name="who", width=184),
        Column(name="what"),
        Column(name="customer", width=172, confidential=True),
        Column(name="recipient", width=184),
        Column(name="purpose", width=184),
    ),
    filters=(
        Filter(name="span", choices=spans),
        Filter(name="how", choices=words_of("oversight.how", ("reveal", "file", "copy"))),
        Filter(name="outside", choices=words_of("oversight.outside", ("true", "false"))),
        Filter(name="actor_id", choices=_people),
        Filter(name="org_unit_id", choices=units),
    ),
    views=(
        View(name="all", asks={}),
        View(name="reveal", asks={"how": "reveal"}),
        View(name="file", asks={"how": "file"}),
        View(name="outside", asks={"outside": "true"}),
    ),
    kind=DepartureFilter,
    needs=READ,
    load=_departure_rows,
    template="oversight/departures.html",
)
RIGHTS_TABLE = Table(
    slice_name="oversight.rights",
    path=RIGHTS,
    columns=(
        Column(name="at", width=132),
        Column(name="who", width=184),
        Column(name="what"),
        Column(name="whom", width=184),
        Column(name="change", width=280),
        Column(name="from", width=128, optional=True, labelled=True),
    ),
    filters=(
        Filter(name="span", choices=spans),
        Filter(name="person_id", choices=_people),
        Filter(name="org_unit_id", choices=units),
        Filter(name="trouble", choices=_yes),
    ),
    views=(
        View(name="all", asks={}),
        View(name="sign_in", asks={"kind": "sign_in"}),
        View(name="trouble", asks={"trouble": "true"}),
        View(name="key", asks={"kind": "key"}),
        View(name="role", asks={"kind": "role"}),
        View(name="policy", asks={"kind": "policy"}),
    ),
    kind=RightsFilter,
    needs=READ,
    load=_rights_rows,
    template="oversight/rights.html",
)


class LookScreens(Controller):
    path = LOOKS
    include_in_schema = False

    @get(
        "/",
        needs=READ,
        dependencies={"filters": lists.asks(LookFilter), "page": Provide(lists.page_asked)},
    )
    async def looks(self, filters: LookFilter, page: PageAsked, shell: Shell) -> Response[Any]:
        return await lists.answer(LOOK_TABLE, filters, page, shell)

    @get("/by", needs=READ, dependencies={"filters": from_query(GroupFilter)})
    async def groups(self, filters: GroupFilter, shell: Shell) -> Response[str]:
        found = await looks.groups(filters, shell.act)
        return shell.page(
            "oversight/groups.html",
            found=found,
            asked=filters,
            parts=PARTS,
            spans=SPANS,
            tell=Teller(shell),
            address=lambda **more: f"{LOOKS}/by?{urlencode({'part': filters.part, 'span': filters.span, **more})}",
            drill=lambda group: _drill(group, filters),
        )

    @get("/{entry_id:uuid}", needs=READ)
    async def entry(self, entry_id: UUID, shell: Shell) -> Response[str]:
        found = await looks.entry(entry_id, shell.act)
        seen = await looks.names(found.customer_ids)
        return shell.page(
            "oversight/entry.html",
            entry=found,
            customers=[seen[each] for each in found.customer_ids if each in seen],
            tell=Teller(shell),
            may_prove=PROVES(shell.act.by),
            emergency_id=found.purpose.removeprefix(EMERGENCY) if found.purpose.startswith(EMERGENCY) else "",
        )


class UnusualScreens(Controller):
    path = UNUSUAL
    include_in_schema = False

    @get(
        "/",
        needs=READ,
        dependencies={"filters": lists.asks(UnusualLookFilter), "page": Provide(lists.page_asked)},
    )
    async def drawn(self, filters: UnusualLookFilter, page: PageAsked, shell: Shell) -> Response[Any]:
        return await lists.answer(UNUSUAL_TABLE, filters, page, shell)

    @get("/{look_id:uuid}", needs=READ)
    async def one(self, look_id: UUID, shell: Shell) -> Response[str]:
        found = await unusual.whole(look_id, shell.act)
        own = await unusual.is_own(found.look, shell.act)
        return shell.page(
            "oversight/unusual_one.html",
            found=found,
            tell=Teller(shell),
            own=own,
            commands=() if own else COMMANDS.allowed(shell, "explain", "follow"),
            address=lambda name: COMMANDS.address(look_id, name),
        )

    ask, do = COMMANDS.handlers("/{look_id:uuid}", needs=READ, sees=unusual.seen)


class DepartureScreens(Controller):
    path = DEPARTURES
    include_in_schema = False

    @get(
        "/",
        needs=READ,
        dependencies={"filters": lists.asks(DepartureFilter), "page": Provide(lists.page_asked)},
    )
    async def departures(self, filters: DepartureFilter, page: PageAsked, shell: Shell) -> Response[Any]:
        return await lists.answer(DEPARTURE_TABLE, filters, page, shell)


class RightsScreens(Controller):
    path = RIGHTS
    include_in_schema = False

    @get(
        "/",
        needs=READ,
        dependencies={"filters": lists.asks(RightsFilter), "page": Provide(lists.page_asked)},
    )
    async def rights(self, filters: RightsFilter, page: PageAsked, shell: Shell) -> Response[Any]:
        return await lists.answer(RIGHTS_TABLE, filters, page, shell)

    @get("/policy/{version:int}", needs=READ)
    async def version(self, version: int, shell: Shell) -> Response[str]:
        found = await versions.change(version, shell.act)
        return shell.page("oversight/version.html", found=found, tell=Teller(shell))


class TraceScreens(Controller):
    path = TRACED
    include_in_schema = False

    @get("/", needs=READ)
    async def find(self, shell: Shell, q: str = "") -> Response[str]:
        refuse(lists.wrong_asked("q", q, str))
        return shell.page("oversight/traces.html", q=q, found=await looks.find(q[:100], shell.act))

    @get("/customers/{customer_id:uuid}", needs=READ)
    async def customer(self, customer_id: UUID, shell: Shell) -> Response[str]:
        return shell.page(
            "oversight/decisions.html",
            customer=await looks.known(customer_id),
            decisions=await tracing.decisions(customer_id, shell),
            kinds=tracing.KINDS,
            may_prove=PROVES(shell.act.by),
        )

    @get("/{kind:str}/{decision_id:uuid}", needs=TRACES)
    async def decision(self, kind: Kind, decision_id: UUID, shell: Shell) -> Response[str]:
        require(shell.act.by, tracing.READS[kind])
        found = await tracing.trace(kind, decision_id, shell)
        return shell.page(
            "oversight/trace.html",
            found=found,
            may_audit=READ(shell.act.by),
            may_prove=PROVES(shell.act.by),
            **replay_words.words_of(kind, shell),
        )


def _drill(group: Group, filters: GroupFilter) -> str:
    """Where the looks of a group stand; empty where no address may hold what they are asked by."""
    asked = {"person": "actor_id", "customer": "customer_id"}.get(filters.part)
    if asked is None or group.id is None:
        return ""
    return f"{LOOKS}?{urlencode({asked: str(group.id), 'span': filters.span, 'looked': 'true'})}"
