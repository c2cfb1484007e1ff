"""Emergency accesses by page: opening one, until when it lasts, and an auditor's verdict beside what was looked at (S02-6)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import Provide
from msgspec.structs import replace

from guibin.console import forms, lists
from guibin.console.choices import words_of
from guibin.console.commands import Asks, Command, Commands
from guibin.console.forms import Form
from guibin.console.lists import Column, Filter, Table, View, Wanted
from guibin.console.moments import Deadline, Due
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.web.listing import PageAsked
from guibin_tenants.keys import hands_of
from guibin_tenants.principals import may, sees_all
from guibin_tenants.refusals import Refusal

from . import actions, queries
from .queries import OPENS, READS, REVIEWS, WATCHES, EmergencyAccessView
from .requests import EmergencyFilter, NewEmergencyAccess

PATH, NAME = f"{PREFIX}/emergency-accesses", "emergencies"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="hourglass", needs=READS, group="govern", order=35),)


async def _counts(asked: Mapping[str, EmergencyFilter], shell: Shell) -> Mapping[str, int]:
    return await queries.counted(asked, shell.act)


async def _rows(filters: EmergencyFilter, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
    found = await queries.list_accesses(filters, page, shell.act)
    return {
        "rows": found.items,
        "next": found.next,
        "due_of": lambda row: _due(row, shell),
        "watches": WATCHES(shell.act.by),
        "cells": "emergencies/cells.html",
    }


TABLE = Table(
    slice_name=NAME,
    path=PATH,
    columns=(
        Column(name="opened", width=132),
        Column(name="who", width=184),
        Column(name="reason"),
        Column(name="customer", width=160, confidential=True),
        Column(name="looks", width=72, labelled=True),
        Column(name="time", width=148, labelled=True),
        Column(name="review", width=148, labelled=True),
    ),
    filters=(
        Filter(name="state", choices=words_of(f"{NAME}.state", ("running", "over", "ended"))),
        Filter(name="verdict", choices=words_of(f"{NAME}.verdict", ("justified", "not_justified"))),
    ),
    views=(
        View(name="running", asks={"state": "running"}),
        View(name="owed", asks={"review": "owed"}),
        View(name="late", asks={"review": "late"}),
        View(name="reviewed", asks={"review": "reviewed"}, counted=False),
        View(name="all", asks={}),
    ),
    kind=EmergencyFilter,
    needs=READS,
    counts=_counts,
    load=_rows,
    template="emergencies/accesses.html",
    new=f"{PATH}/new",
    new_needs=OPENS & ~sees_all,
)


async def _beside(shell: Shell) -> Asks:
    """What was looked at, beside the verdict that is asked for."""
    access = await queries.one(UUID(str(shell.request.path_params["access_id"])), shell.act)
    looked = await queries.looked_at(access.id, shell.act)
    said = shell.joined(f"{title} × {count}" if count > 1 else title for title, count in looked.items())
    return Asks(
        about=(access.reason, shell.says(f"{NAME}.looked_at", what=said) if said else shell.says(f"{NAME}.no_looks"))
    )


COMMANDS = Commands(
    NAME,
    "access_id",
    PATH,
    Command(name="review", action=actions.review, needs=REVIEWS, icon="check", key="e", main=True, asks=_beside),
    Command(
        name="end",
        action=actions.end,
        icon="player-pause",
        key="b",
        danger=True,
        leads=lambda access: f"{PATH}/{access.id}",
    ),
    needs=READS,
)


class EmergencyScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READS, dependencies={"filters": lists.asks(EmergencyFilter), "page": Provide(lists.page_asked)})
    async def accesses(self, filters: EmergencyFilter, page: PageAsked, shell: Shell) -> Response[Any]:
        return await lists.answer(TABLE, filters, page, shell)

    @get("/new", needs=OPENS)
    async def ask_new(self, shell: Shell, customer_id: UUID | None = None) -> Response[str]:
        """Of the customer whose page was not found, or of one to be named: the same form, whether there is such a customer or not."""
        given = {"customer_id": [str(customer_id)]} if customer_id else {}
        return await _opening(shell, given, {}, 200)

    @post("/new", needs=OPENS, confirmed=True, status_code=200)
    async def open_access(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        if not any(forms.typed(name, given) for name in ("customer_id", "known_by")):
            return await _opening(shell, given, {"known_by": shell.says("error.required")}, 422)
        filled = forms.fill(NewEmergencyAccess, given, shell)
        if filled.errors:
            return await _opening(shell, given, filled.errors, 422)
        try:
            access = await actions.open_access(filled.value, shell.act)
        except Refusal as refusal:
            return await _opening(shell, given, forms.faults(refusal, shell), int(refusal.status))
        until = shell.says(f"{NAME}.done.open", at=shell.clock.moment(access.until_at))
        return shell.done(until, goes_to=f"{PREFIX}/customers/{access.customer_id}")

    @get("/{access_id:uuid}", needs=READS)
    async def access(self, access_id: UUID, shell: Shell) -> Response[str]:
        found = await queries.show(access_id, shell.act)
        judged_by, own, hidden = False, False, False
        if REVIEWS(shell.act.by) and found.review != "reviewed" and found.state != "running":
            own = found.staff_id in await hands_of(shell.act.by, now=shell.act.now)
            hidden = not own and not await actions.sees(found.customer_id, shell.act)
            judged_by = not own and not hidden
        ends = found.state == "running" and (found.staff_id == shell.act.by.id or WATCHES(shell.act.by))
        offered = (*(("review",) if judged_by else ()), *(("end",) if ends else ()))
        return shell.page(
            "emergencies/access.html",
            access=found,
            due=_due(found, shell),
            own=own,
            hidden=hidden,
            may_audit=may("audit:read")(shell.act.by),
            is_theirs=found.staff_id == shell.act.by.id,
            commands=COMMANDS.allowed(shell, *offered),
            address=lambda name: COMMANDS.address(access_id, name),
        )

    ask, do = COMMANDS.handlers("/{access_id:uuid}", needs=READS, sees=queries.one)


def _due(access: EmergencyAccessView, shell: Shell) -> Due | None:
    """By when its review is owed; nothing while it runs and once it is judged."""
    if access.state == "running" or access.review == "reviewed":
        return None
    return shell.clock.due(Deadline(due_at=access.review_due_at))


async def _opening(
    shell: Shell, given: Mapping[str, Sequence[str]], errors: Mapping[str, str], status: int
) -> Response[str]:
    """The form by which one is opened, or why nobody of this reader's opens one for now."""
    policy, closed = shell.act.policy.emergency, ""
    try:
        await actions.refuse_for_now(shell.act)
    except Refusal as refusal:
        closed = "".join(forms.faults(refusal, shell).values())
    named = bool(forms.typed("customer_id", given))
    form = Form(
        kind=NewEmergencyAccess,
        slice_name=NAME,
        left_out=frozenset({"known_by" if named else "customer_id"}),
        needed=frozenset({"known_by", *(("case_number",) if policy.case_number_asked else ())}),
    )
    names = {name for name in NewEmergencyAccess.__struct_fields__ if name not in form.left_out} - {"customer_id"}
    placed = forms.placed(errors, names)
    fields = [
        replace(field, most=policy.minutes_max, value=field.value or str(policy.minutes))
        if field.name == "minutes"
        else field
        for field in form.fields(shell, given, placed)
    ]
    return shell.page(
        "emergencies/new.html",
        status=status,
        fields=fields,
        problem=placed.get("", ""),
        closed=closed,
        named=named,
        policy=policy,
        left=max(policy.a_month - await queries.opened_this_month(shell.act.by, shell.act), 0),
    )
