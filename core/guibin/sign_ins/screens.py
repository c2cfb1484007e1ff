"""How the people of the company sign in, by page: who has a second factor, where they are signed in, what is asked of whom."""

from typing import Any, get_args
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import Provide
from msgspec import Struct

from guibin.administration import second_factors
from guibin.administration.requests import NewInvitation
from guibin.administration.second_factors import SignInRules
from guibin.console import choices as offered
from guibin.console import forms, lists
from guibin.console.commands import Command, Commands, Sent, page_of
from guibin.console.forms import Form
from guibin.console.lists import Column, Filter, Table, View, Wanted
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.web.listing import PageAsked
from guibin_tenants.principals import may, sees_all
from guibin_tenants.refusals import Refusal

from . import actions, displays, links, queries
from .api import READ, WRITE, real_now
from .queries import SignInFilter, State

RULES = may("staff:write") & sees_all
PATH, NAME = f"{PREFIX}/sign-ins", "sign_ins"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="shield-check", needs=READ, group="govern", order=72),)
PEOPLE = Commands(
    NAME,
    "staff_id",
    PATH,
    Command(name="reset", action=second_factors.reset, needs=WRITE, danger=True),
    Command(name="end_all", action=actions.end_all, needs=WRITE, danger=True),
    Command(name="send_link", action=links.send, needs=WRITE),
)
FIGURES = ("confirm_minutes", "idle_minutes", "session_hours")
INVITE = Command(name="invite", action=links.invite, needs=WRITE, icon="user-plus", main=True)
RULE = Command(name="rules", action=second_factors.set_rules, needs=RULES, icon="adjustments", main=True)


async def _rows(filters: SignInFilter, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
    found = await queries.people(filters, page, shell.act, real_now(shell.request))
    return {
        "rows": found.items,
        "next": found.next,
        "cells": "sign_ins/cells.html",
        "rules": RULES(shell.act.by),
        "invites": WRITE(shell.act.by),
    }


TABLE = Table(
    slice_name=NAME,
    path=PATH,
    columns=(
        Column(name="who"),
        Column(name="roles", width=220),
        Column(name="unit", width=160),
        Column(name="factor", width=220),
        Column(name="signed_in", width=200),
    ),
    filters=(
        Filter(name="state", choices=offered.words_of(f"{NAME}.state", get_args(State))),
        Filter(name="org_unit_id", choices=offered.units),
    ),
    views=(
        View(name="all", asks={}),
        View(name="missing", asks={"state": "missing"}),
        View(name="now", asks={"signed_in": "true"}),
    ),
    search="q",
    kind=SignInFilter,
    needs=READ,
    load=_rows,
    template="sign_ins/people.html",
)


class SignInScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ, dependencies={"filters": lists.asks(SignInFilter), "page": Provide(lists.page_asked)})
    async def people(self, shell: Shell, filters: SignInFilter, page: PageAsked) -> Response[Any]:
        return await lists.answer(TABLE, filters, page, shell)

    @get("/rules", needs=RULES)
    async def rules(self, shell: Shell) -> Response[str]:
        present = await second_factors.rules()
        given = {"second_factor_roles": list(present.second_factor_roles)}
        given |= {name: [str(figure)] for name in FIGURES if (figure := getattr(present, name)) is not None}
        return await _form(RULE, SignInRules, shell, Sent(given))

    @post("/rules", needs=RULES, confirmed=True, status_code=200)
    async def set_rules(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            await second_factors.set_rules(forms.taken(SignInRules, given, shell), shell.act)
        except Refusal as refusal:
            return await _form(RULE, SignInRules, shell, Sent(given, *forms.wrong(refusal, shell)))
        return shell.done(shell.says(f"{NAME}.done.rules"))

    @get("/invitations", needs=WRITE)
    async def ask_invitation(self, shell: Shell) -> Response[str]:
        return await _form(INVITE, NewInvitation, shell, Sent({}))

    @post("/invitations", needs=WRITE, confirmed=True, status_code=200)
    async def invite(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            sent = await links.invite(forms.taken(NewInvitation, given, shell), shell.act)
        except Refusal as refusal:
            return await _form(INVITE, NewInvitation, shell, Sent(given, *forms.wrong(refusal, shell)))
        return shell.done(shell.says(f"{NAME}.done.invite", email=sent.email))

    @get("/{staff_id:uuid}", needs=READ)
    async def person(self, staff_id: UUID, shell: Shell) -> Response[str]:
        now = real_now(shell.request)
        commands = PEOPLE.allowed(shell, "send_link", "reset", "end_all") if staff_id != shell.act.by.id else []
        person = await queries.person(staff_id, shell.act, now)
        return shell.page(
            "sign_ins/person.html",
            person=person,
            sessions=await queries.sessions(staff_id, shell.act, now),
            displays=[each for each in await displays.in_sight(shell.act, now) if each.staff_id == staff_id],
            commands=[each for each in commands if each.name != "reset" or person.since or person.passkeys],
            of_person=PEOPLE.address,
            ends=WRITE(shell.act.by),
        )

    @post("/{staff_id:uuid}/sessions/{session_id:uuid}/end", needs=WRITE, status_code=200)
    async def end(self, staff_id: UUID, session_id: UUID, shell: Shell) -> Response[str]:
        await actions.end(staff_id, session_id, shell.act)
        return shell.done(shell.says(f"{NAME}.done.end_all"))

    ask_person, do_person = PEOPLE.handlers("/{staff_id:uuid}", needs=WRITE, confirmed=True)


async def _form(command: Command, kind: type[Struct], shell: Shell, sent: Sent) -> Response[str]:
    roles = await offered.roles(shell)
    choices = {"second_factor_roles": roles, "roles": roles, "org_unit_id": await offered.units(shell)}
    return page_of(command, Form(kind=kind, slice_name=NAME, choices=choices), shell, sent)
