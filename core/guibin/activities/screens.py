"""Activities as people run them: planning one, inviting, answers, the door, and what came of it (S10-6)."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import Provide
from msgspec import Struct

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.cases.requests import NewSending
from guibin.console import choices as shared
from guibin.console import forms, lists
from guibin.console.commands import Command, Commands
from guibin.console.lists import Column, Filter, Table, View, Wanted
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.plan_reviews.costs import CostView, Spent
from guibin.tiers.marks import marks
from guibin.web.codes import scannable
from guibin.web.listing import PageAsked
from guibin.web.public_address import public_address
from guibin_tenants.principals import may
from guibin_tenants.refusals import Refusal

from . import actions, answering, attending, choices, finding, inviting, queries, regularly
from .finding import CandidateFilter
from .queries import GUESTS, ActivityFilter, ActivityView, InvitationFilter
from .regularly import UninvitedFilter
from .requests import NewActivity, NewInvitations

READ, WRITE = may("activities:read"), may("activities:write")
PATH = f"{PREFIX}/activities"
ENTRIES = (Entry(title="activities.title", path=PATH, icon="ticket", needs=READ, order=60),)


async def _rows(filters: ActivityFilter, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
    found = await queries.activities(filters, page, shell.act)
    return {
        "rows": found.items,
        "next": found.next,
        "state_of": lambda row: state_of(row, shell.act),
        "cells": "activities/cells.html",
    }


TABLE = Table(
    slice_name="activities",
    path=PATH,
    follows=("activity",),
    columns=(
        Column(name="activity"),
        Column(name="starts", width=168),
        Column(name="places", width=120, labelled=True),
        Column(name="answers", width=168, labelled=True),
        Column(name="state", width=128),
    ),
    filters=(Filter(name="kind", choices=choices.kinds),),
    views=(View(name="upcoming", asks={"upcoming": "true"}), View(name="all", asks={})),
    new=f"{PATH}/new",
    new_needs=WRITE,
    kind=ActivityFilter,
    needs=READ,
    load=_rows,
    template="activities/activities.html",
)
GUESTS_SHOWN = 200
UNINVITED_SHOWN = 100


async def spend(activity_id: UUID, new: Spent, act: Act) -> list[CostView]:
    """As `actions.add_cost`."""
    return await actions.add_cost(activity_id, new.cost(), act)


async def _as_planned(shell: Shell, activity_id: UUID) -> dict[str, str]:
    activity = await queries.activity(activity_id, now=shell.act.now)
    capacity = "" if activity.capacity is None else str(activity.capacity)
    return {"title": activity.title, "text": activity.text, "place": activity.place, "capacity": capacity}


COMMANDS = Commands(
    "activities",
    "activity_id",
    PATH,
    Command(name="change", action=actions.change, icon="pencil", key="e", given=_as_planned),
    Command(name="spend", action=spend, icon="receipt", key="p"),
    Command(name="cancel", action=actions.cancel, icon="x", danger=True),
    needs=WRITE,
)
GUEST = f"{PATH}/invitations"
GUEST_COMMANDS = Commands(
    "activities",
    "invitation_id",
    GUEST,
    Command(name="answer", action=answering.answer, icon="message-circle", choices={"accepted": choices.yes_or_no}),
    Command(name="attend", action=attending.attend, icon="user-check"),
    needs=WRITE,
)


class ActivityScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ, dependencies={"filters": lists.asks(ActivityFilter), "page": Provide(lists.page_asked)})
    async def activities(self, filters: ActivityFilter, page: PageAsked, shell: Shell) -> Response[Any]:
        return await lists.answer(TABLE, filters, page, shell)

    @get("/new", needs=WRITE)
    async def new(self, shell: Shell) -> Response[str]:
        return await _intake(shell, {}, {}, 200)

    @post("/new", needs=WRITE, status_code=200)
    async def plan(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            planned = await actions.plan(forms.taken(NewActivity, given, shell), shell.act)
        except Refusal as refusal:
            return await _intake(shell, given, *forms.wrong(refusal, shell))
        return shell.done(shell.says("activities.done.plan"), goes_to=f"{PATH}/{planned.id}")

    @get("/{activity_id:uuid}", needs=READ)
    async def activity(self, activity_id: UUID, shell: Shell) -> Response[str]:
        state = shell.request.query_params.get("state", "")
        activity = await queries.activity(activity_id, now=shell.act.now)
        wanted = InvitationFilter(activity_id=activity_id, state=state if state in choices.STATES else None)  # type: ignore[arg-type]  # one of the states
        found = await GUESTS.page(wanted, PageAsked(GUESTS_SHOWN), shell.act)
        await _looked(activity_id, [each.customer_id for each in found.items], shell.act)
        stands = state_of(activity, shell.act)
        offered = ("change", "spend", "cancel") if stands == "upcoming" else ("spend",)
        kind = shell.act.policy.activity(activity.kind)
        return shell.page(
            "activities/activity.html",
            activity=activity,
            stands=stands,
            state=state,
            states=choices.STATES,
            guests=found,
            marks=await marks([each.customer_id for each in found.items], shell.act),
            costs=await queries.costs(activity_id),
            companions_max=kind.companions_max if kind else 0,
            commands=COMMANDS.allowed(shell, *offered),
            address=lambda name: COMMANDS.address(activity_id, name),
            guest_address=GUEST_COMMANDS.address,
            channel_of=lambda name: choices.channel(name, shell),
            may_write=WRITE(shell.act.by),
            opens_at=activity.starts_at - attending.DOORS_OPEN,
        )

    ask, do = COMMANDS.handlers("/{activity_id:uuid}", needs=WRITE, asks=READ)

    @get("/regular", needs=READ)
    async def regular(self, shell: Shell) -> Response[str]:
        left = await regularly.uninvited(UninvitedFilter(), PageAsked(UNINVITED_SHOWN), shell.act)
        return shell.page(
            "activities/regular.html",
            rhythms=await regularly.rhythms(shell.act),
            uninvited=left,
            marks=await marks([each.customer_id for each in left.items], shell.act),
            tier_of=lambda tier, scheme: shell.act.policy.title(f"tier.{tier}", shell.language, scheme=scheme),
            may_write=WRITE(shell.act.by),
        )

    @get("/{activity_id:uuid}/invite", needs=WRITE, dependencies={"filters": lists.asks(CandidateFilter)})
    async def choose(self, activity_id: UUID, filters: CandidateFilter, shell: Shell) -> Response[str]:
        return await _invite(activity_id, filters, shell)

    @post("/{activity_id:uuid}/invite", needs=WRITE, status_code=200)
    async def invite(self, activity_id: UUID, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        new = NewInvitations(
            customer_ids=tuple(choices.chosen(given, "id")[:500]), channel=given.get("channel", ["phone"])[0] or "phone"
        )
        try:
            came = await inviting.invite(activity_id, new, shell.act)
        except Refusal as refusal:
            problem = "; ".join(forms.faults(refusal, shell).values())
            return shell.page("activities/problem.html", status=int(refusal.status), problem=problem)
        return shell.done(await choices.told([came], shell), goes_to=f"{PATH}/{activity_id}")

    @get("/{activity_id:uuid}/door", needs=WRITE)
    async def door(self, activity_id: UUID, shell: Shell) -> Response[str]:
        activity = await queries.activity(activity_id, now=shell.act.now)
        came = await finding.arrived(activity_id, shell.act, most=GUESTS_SHOWN)
        await _looked(activity_id, [each.customer_id for each in came], shell.act)
        return shell.page(
            "activities/door.html",
            activity=activity,
            came=came,
            marks=await marks([each.customer_id for each in came], shell.act),
            opens_at=activity.starts_at - attending.DOORS_OPEN,
        )

    @post("/{activity_id:uuid}/door", needs=WRITE, status_code=200)
    async def find_guest(self, activity_id: UUID, shell: Shell) -> Response[str]:
        text = "".join((await forms.sent(shell.request)).get("code", ())[:1]).strip()[:100]
        await queries.activity(activity_id, now=shell.act.now)
        found, problem = [], ""
        if text:
            try:
                found = list(await finding.at_the_door(activity_id, text, shell.act))
            except Refusal as refusal:
                problem = "; ".join(forms.faults(refusal, shell).values())
        await _looked(activity_id, [each.customer_id for each in found], shell.act)
        return shell.page(
            "activities/found.html",
            found=found,
            text=text,
            problem=problem,
            marks=await marks([each.customer_id for each in found], shell.act),
            guest_address=GUEST_COMMANDS.address,
        )


class GuestScreens(Controller):
    path = GUEST
    include_in_schema = False

    ask, do = GUEST_COMMANDS.handlers("/{invitation_id:uuid}", needs=WRITE, asks=READ)

    @get("/{invitation_id:uuid}/link/{purpose:str}", needs=WRITE)
    async def ask_link(self, invitation_id: UUID, purpose: str, shell: Shell) -> Response[str]:
        guest = await queries.invitation(invitation_id, now=shell.act.now)
        return await _link(shell, _Link(purpose, {"channel": [guest.channel]}))

    @post("/{invitation_id:uuid}/link/{purpose:str}", needs=WRITE, status_code=200)
    async def take_link(self, invitation_id: UUID, purpose: str, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        take = inviting.take_feedback_link if purpose == "feedback" else inviting.take_link
        try:
            link = await take(invitation_id, forms.taken(NewSending, given, shell), shell.act)
        except Refusal as refusal:
            return await _link(shell, _Link(purpose, given, *forms.wrong(refusal, shell)))
        address = f"{public_address() or str(shell.request.base_url).rstrip('/')}{link.path}"
        return shell.page("activities/link.html", link=link, address=address, code=scannable(address))


def state_of(activity: ActivityView, act: Act) -> str:
    """cancelled, upcoming, running or over."""
    if activity.cancelled_at is not None:
        return "cancelled"
    if activity.starts_at > act.now:
        return "upcoming"
    return "running" if activity.ends_at > act.now else "over"


class _Link(Struct, frozen=True):
    purpose: str
    given: dict[str, list[str]]
    errors: dict[str, str] = {}
    status: int = 200


async def _link(shell: Shell, asked: _Link) -> Response[str]:
    form = forms.Form(kind=NewSending, slice_name="activities", choices={"channel": await choices.channels(shell)})
    return shell.page(
        "activities/ask_link.html",
        status=asked.status,
        purpose=asked.purpose if asked.purpose == "feedback" else "answer",
        fields=form.fields(shell, asked.given, asked.errors),
        problem=asked.errors.get("", ""),
        address=shell.request.url.path,
    )


async def _looked(activity_id: UUID, customers: list[UUID], act: Act) -> None:
    """What a list of invitations leaves on record."""
    if customers:
        ids = tuple(dict.fromkeys(customers))
        await done(
            "search", Case("activity", activity_id), act, customer_ids=ids, fields=("activity",), shown=len(customers)
        )


async def _invite(activity_id: UUID, filters: CandidateFilter, shell: Shell) -> Response[Any]:
    activity = await queries.activity(activity_id, now=shell.act.now)
    asked = shell.request.query_params
    found = await finding.candidates(activity, filters, asked.get("cursor"), shell.act)
    kind = shell.act.policy.activity(activity.kind)
    table = Table(
        slice_name="activities",
        path=f"{PATH}/{activity_id}/invite",
        columns=(),
        filters=(
            Filter(name="tier", choices=shared.tiers),
            Filter(name="account_manager_id", choices=choices.managers),
            Filter(name="kind", choices=choices.customer_kinds),
        ),
        search="q",
    )
    return shell.page(
        "activities/invite_rows.html" if shell.is_part and asked.get("cursor") else "activities/invite.html",
        activity=activity,
        shown=await lists.shown(table, shell),
        found=found,
        marks=await marks([each.customer.id for each in found.items], shell.act),
        channels=await choices.channels(shell),
        item=shell.named(f"service_item.{kind.item}.title") if kind and kind.item else "",
        clause=activity.clause,
    )


async def _intake(shell: Shell, given: dict[str, list[str]], errors: dict[str, str], status: int) -> Response[str]:
    form = forms.Form(
        kind=NewActivity,
        slice_name="activities",
        choices={"kind": await choices.kinds(shell), "org_unit_id": await shared.units(shell)},
    )
    return shell.page(
        "activities/intake.html",
        status=int(status),
        fields=form.fields(shell, given, errors),
        problem=errors.get("", ""),
    )
