"""Visits as people make them: whom to visit when, the record, the signature by finger, and the filing (S07-12)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import Provide
from msgspec import Struct

from guibin.audit.actions import done, searched
from guibin.cases import Case
from guibin.console import forms, lists
from guibin.console.choices import words_of
from guibin.console.commands import Asks, Command, Commands, Undo
from guibin.console.lists import Column, Filter, Table, View, Wanted
from guibin.console.moments import Due
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.files import screens as files
from guibin.profiles import queries as profiles
from guibin.profiles.queries import called
from guibin.signatures.actions import FIELD
from guibin.signatures.requests import NewSignature
from guibin.tiers.marks import marks
from guibin.web.listing import Order, PageAsked
from guibin_tenants.principals import may
from guibin_tenants.refusals import Refusal

from . import actions, queries
from .actions import SUBJECT
from .queries import VisitFilter, VisitForm, VisitView
from .requests import NewVisitRecord

READ, WRITE = may("records:read"), may("records:write")
PATH = f"{PREFIX}/visits"
ENTRIES = (Entry(title="visits.title", path=PATH, icon="map-pin", needs=READ, order=40, phone=True),)


async def _rows(filters: VisitFilter, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
    listing = _LINES if wanted.sort == "newest" else _PLANNED_FIRST
    found = await searched(SUBJECT, await listing.page(filters, page, shell.act), shell.act)
    return {
        "rows": found.items,
        "next": found.next,
        "marks": await marks([line.customer_id for line in found.items], shell.act),
        "due_of": lambda line: due_of(line, shell),
        "cells": "visits/cells.html",
    }


TABLE = Table(
    slice_name="visits",
    follows=("visit",),
    path=PATH,
    columns=(
        Column(name="customer", width=220, confidential=True),
        Column(name="purpose"),
        Column(name="planned", width=160, sort="planned"),
        Column(name="state", width=120),
        Column(name="staff", width=112),
    ),
    filters=(Filter(name="state", choices=words_of("visits.state", ("planned", "carried_out", "filed", "cancelled"))),),
    views=(
        View(name="mine", asks={"staff_id": "$me", "state": "planned"}),
        View(name="to_file", asks={"staff_id": "$me", "state": "carried_out"}),
        View(name="overdue", asks={"overdue": "true"}),
        View(name="all", asks={}, sort="newest"),
    ),
    kind=VisitFilter,
    needs=READ,
    counts=lambda asked, shell: queries.LISTED.counts(asked, shell.act),
    load=_rows,
    template="visits/visits.html",
    sort="planned",
)


async def _again(shell: Shell, visit_id: UUID) -> Mapping[str, str]:
    form = await queries.visit(visit_id, now=shell.act.now)
    return {"customer_id": str(form.customer_id), "place": form.place}


async def _planned(shell: Shell, visit_id: UUID) -> Mapping[str, str]:
    return {"planned_at": (await queries.visit(visit_id, now=shell.act.now)).planned_at.isoformat()}


async def _of_filing(shell: Shell) -> Asks:
    """Why nobody signed is asked only where a signature is owed, and then it is needed."""
    visit_id = UUID(str(shell.request.path_params["visit_id"]))
    owed = actions.owes_signature(await queries.visit(visit_id, now=shell.act.now), shell.act)
    reason = frozenset({FIELD})
    return Asks(needed=reason) if owed else Asks(left_out=reason)


COMMANDS = Commands(
    "visits",
    "visit_id",
    PATH,
    Command(
        name="move",
        action=actions.move,
        icon="calendar-event",
        key="t",
        undo=Undo(command="move", before=_planned),
    ),
    Command(name="cancel", action=actions.cancel, icon="x", danger=True),
    Command(name="file", action=actions.file_visit, icon="check", key="e", asks=_of_filing),
    Command(name="again", action=actions.plan, icon="repeat", key="v", given=_again, left_out=frozenset({"staff_id"})),
    needs=WRITE,
)
# What the page offers in which state, beside the record and the signature.
OFFERED = {
    "planned": ("move", "cancel"),
    "carried_out": ("file", "again"),
    "filed": ("again",),
    "cancelled": ("again",),
}
_MAP, _A_DAY = "https://uri.amap.com/search", 50
_LEFT_OUT = frozenset({"method", "number", "happened_at"})


class VisitLine(VisitView, frozen=True, kw_only=True):
    """A visit with its customer's name."""

    customer_name: str | None


_LINES = queries.LISTED.wider(VisitLine, customer_name=called("x.customer_id"))
_PLANNED_FIRST = _LINES.ordered(Order({"(x.state <> 'planned')::int": int, "x.planned_at": datetime, "x.id": UUID}))


class VisitScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ, dependencies={"filters": lists.asks(VisitFilter), "page": Provide(lists.page_asked)})
    async def visits(self, filters: VisitFilter, page: PageAsked, shell: Shell) -> Response[Any]:
        return await lists.answer(TABLE, filters, page, shell)

    @get("/route", needs=READ)
    async def route(self, shell: Shell) -> Response[str]:
        """One's own visits of a day in their order, with the way there."""
        day = _day(shell)
        start = shell.clock.midnight(day)
        asked = VisitFilter(staff_id=shell.act.by.person, planned_from=start, planned_before=start + timedelta(days=1))
        page = PageAsked(_A_DAY)
        found = (
            await searched(SUBJECT, await _LINES.page(asked, page, shell.act), shell.act)
            if shell.act.by.person
            else None
        )
        stops = (
            sorted((each for each in found.items if each.state != "cancelled"), key=lambda each: each.planned_at)
            if found
            else []
        )
        return shell.page(
            "visits/route.html",
            day=day,
            before=(day - timedelta(days=1)).isoformat(),
            after=(day + timedelta(days=1)).isoformat(),
            stops=stops,
            gaps=[None, *(later.planned_at - first.planned_at for first, later in pairwise(stops))],
            marks=await marks([each.customer_id for each in stops], shell.act),
            due_of=lambda line: due_of(line, shell),
            way_to=way_to,
        )

    @get("/{visit_id:uuid}", needs=READ)
    async def visit(self, visit_id: UUID, shell: Shell) -> Response[str]:
        return await _page(await _form(visit_id, shell), shell)

    @post("/{visit_id:uuid}/record", needs=WRITE, status_code=200)
    async def record(self, visit_id: UUID, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            await actions.carry_out(visit_id, forms.taken(NewVisitRecord, given, shell), shell.act)
        except Refusal as refusal:
            return await _page(await _form(visit_id, shell), shell, _Sent(given, *forms.wrong(refusal, shell)))
        return shell.done(shell.says("visits.done.record"))

    @post("/{visit_id:uuid}/signature", needs=WRITE, status_code=200)
    async def sign(self, visit_id: UUID, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            await actions.sign(visit_id, forms.taken(NewSignature, given, shell), shell.act)
        except Refusal as refusal:
            errors, status = forms.wrong(refusal, shell)
            if "content" in errors:
                errors = errors | {"content": shell.says("visits.not_signed")}
            return await _page(await _form(visit_id, shell), shell, _Sent(given, errors, status))
        return shell.done(shell.says("visits.done.sign"))

    ask, do = COMMANDS.handlers("/{visit_id:uuid}", needs=WRITE, asks=READ)


def _day(shell: Shell) -> date:
    try:
        return date.fromisoformat(shell.request.query_params.get("on", ""))
    except ValueError:
        return shell.clock.today


def way_to(place: str) -> str:
    """Where a telephone's map application looks the place up; the place goes there when somebody follows it, no sooner."""
    return f"{_MAP}?{urlencode({'keyword': place})}"


def due_of(visit: VisitView, shell: Shell) -> Due:
    """The appointment while it stands, late once its day is over."""
    clock = shell.clock
    if visit.overdue:
        return clock.due_on(visit.planned_at.astimezone(clock.zone).date())
    state = "calm" if visit.state == "planned" else "done"
    return Due(state, clock.moment(visit.carried_out_at or visit.planned_at), "", clock.exact(visit.planned_at))


async def _form(visit_id: UUID, shell: Shell) -> VisitForm:
    form = await queries.visit(visit_id, now=shell.act.now)
    await done("read", Case(SUBJECT, form.id, form.customer_id), shell.act)
    return form


class _Sent(Struct, frozen=True):
    """A form as it was sent, and what is wrong with it."""

    given: Mapping[str, Sequence[str]] = {}
    errors: Mapping[str, str] = {}
    status: int = 200


_NOTHING = _Sent()


def _offered(form: VisitForm, shell: Shell) -> list[str]:
    """A signature that is asked for comes first; filed without one, it says why."""
    return list(OFFERED[form.state])


async def _page(form: VisitForm, shell: Shell, sent: _Sent = _NOTHING) -> Response[str]:
    customer = await profiles.customer(form.customer_id)
    fields = forms.Form(kind=NewVisitRecord, slice_name="visits", left_out=_LEFT_OUT)
    prefilled = sent.given or {"place": [form.place]}
    return shell.page(
        "visits/visit.html",
        status=sent.status,
        form=form,
        customer=customer,
        mark=(await marks([form.customer_id], shell.act)).get(form.customer_id),
        due=due_of(form, shell),
        fields=fields.fields(shell, prefilled, sent.errors) if form.state == "planned" and WRITE(shell.act.by) else [],
        errors=sent.errors,
        signed_by=next(iter(sent.given.get("signed_by", ())), customer.name),
        must_sign=actions.owes_signature(form, shell.act),
        clause=shell.act.policy.visits.clause,
        step={"planned": 1, "carried_out": 2 if form.signed_at is None else 3}.get(form.state, 3),
        commands=COMMANDS.allowed(shell, *_offered(form, shell)),
        may_write=WRITE(shell.act.by),
        files=await files.part(SUBJECT, form.id, shell),
        address=lambda name: COMMANDS.address(form.id, name),
    )
