"""People by page: who works here, one of them with all they hold, somebody added, changed, gone and back."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import Provide
from msgspec import Struct

from guibin.administration import actions, foreseen
from guibin.administration import posts as terms
from guibin.administration.posts import NewTerm, TermChange
from guibin.administration.requests import AccountChange, Leaving, NewAccount, NewPassword, NewPerson, PreviewAsked
from guibin.assignments.handing_over import OpenWork, open_work
from guibin.console import choices as offered
from guibin.console import forms, lists
from guibin.console.choices import colleagues
from guibin.console.commands import Command, Commands, is_id
from guibin.console.foreseen import Foreseen
from guibin.console.forms import Choice, rule
from guibin.console.lists import Column, Filter, Table, View, Wanted
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.console.texts import spelled
from guibin.context import Act
from guibin.policy.words import Name
from guibin.sign_ins import queries as sign_ins
from guibin.sign_ins.api import real_now
from guibin.web.listing import PageAsked
from guibin_tenants import passwords, roles
from guibin_tenants.principals import ROLE_PERMISSIONS, may
from guibin_tenants.refusals import Refusal
from guibin_tenants.staff import StaffView

from . import queries
from .queries import PeopleFilter, State

READ, WRITE = may("staff:read"), may("staff:write")
NAME, PATH = "people", f"{PREFIX}/people"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="users", needs=READ, group="govern", order=69),)
NEW = f"{PATH}/accounts"


class FirstPassword(Struct, frozen=True):
    """Somebody who can sign in, with a password that opens nothing but the choice of another: shown this once."""

    account: StaffView
    password: str


class PersonName(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What they are called, and whether they look after customers beside other work."""

    name: Name
    part_time: bool = False


class Successor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who takes customers and open work over."""

    successor_id: UUID | None = None


class RightsForm(Struct, frozen=True, kw_only=True):
    """Roles and posts, whole, and the org unit; none is the head office."""

    roles: tuple[str, ...] = ()
    org_unit_id: UUID | None = None


async def add(new: NewPerson, act: Act) -> FirstPassword:
    """As the action of administration, with a password that is drawn."""
    password = passwords.drawn()
    said = {name: getattr(new, name) for name in NewPerson.__struct_fields__}
    return FirstPassword(await actions.add_account(NewAccount(**said, password=password), act), password)


async def come_back(staff_id: UUID, act: Act) -> FirstPassword:
    """As the action of administration, with a password that is drawn."""
    password = passwords.drawn()
    return FirstPassword(await actions.come_back(staff_id, NewPassword(password), act), password)


async def rename(staff_id: UUID, new: PersonName, act: Act) -> None:
    """As the action of administration."""
    await actions.change_account(staff_id, AccountChange(name=new.name, part_time=new.part_time), act)


async def leave(staff_id: UUID, new: Successor, act: Act) -> None:
    """As the action of administration."""
    await actions.leave(staff_id, Leaving(new.successor_id), act)


def _shown(made: FirstPassword, shell: Shell) -> Response[str]:
    return shell.page("people/first_password.html", made=made)


async def _named(shell: Shell, staff_id: UUID) -> dict[str, str]:
    person = await queries.person(staff_id, shell.act)
    return {"name": person.name, "part_time": "true" if person.part_time else ""}


async def _chosen(shell: Shell, staff_id: UUID) -> dict[str, str]:
    named = shell.request.query_params.get("successor_id", "")
    return {"successor_id": named} if is_id(named) else {}


async def _giving(shell: Shell) -> list[Choice]:
    """Posts that the reader may give."""
    known = {post.name for post in shell.act.policy.posts}
    return [each for each in await grantable(shell) if each.value in known]


async def assign(staff_id: UUID, new: NewTerm, act: Act) -> None:
    """As the action of administration."""
    await terms.assign(staff_id, new, act)


async def end_term(term_id: UUID, act: Act) -> None:
    """As the action of administration."""
    await terms.end_term(await terms.staff_of(term_id), term_id, act)


async def change_term(term_id: UUID, new: TermChange, act: Act) -> None:
    """As the action of administration."""
    await terms.change_term(await terms.staff_of(term_id), term_id, new, act)


async def _assigning(given: Mapping[str, Any], shell: Shell) -> Foreseen:
    return foreseen.told(await terms.check_assign(given["staff_id"], given["new"], shell.act), shell)


async def _ending(given: Mapping[str, Any], shell: Shell) -> Foreseen:
    term_id = given["term_id"]
    return foreseen.told(await terms.check_end(await terms.staff_of(term_id), term_id, shell.act), shell)


async def _changing(given: Mapping[str, Any], shell: Shell) -> Foreseen:
    term_id = given["term_id"]
    change = await terms.check_change(await terms.staff_of(term_id), term_id, given["new"], shell.act)
    return foreseen.told(change, shell)


async def _returning(given: Mapping[str, Any], shell: Shell) -> Foreseen:
    return foreseen.told(await actions.check_come_back(given["staff_id"], shell.act), shell)


async def _term_as_it_is(shell: Shell, term_id: UUID) -> dict[str, str]:
    terms_of = await terms.terms_of(await terms.staff_of(term_id), shell.act.by)
    until = next(term.until_on for term in terms_of if term.id == term_id)
    return {"until_on": until.isoformat() if until else ""}


async def _term_seen(term_id: UUID, act: Act) -> None:
    await _seen(await terms.staff_of(term_id), act)


async def _seen(staff_id: UUID, act: Act) -> None:
    await queries.person(staff_id, act)


async def grantable(shell: Shell) -> list[Choice]:
    """Roles, then posts, that the reader may give: nobody gives what they do not have."""
    act = shell.act
    posts = {post.name: post.role for post in act.policy.posts}
    own = {role.name: frozenset(role.permissions) for role in await roles.composed()}
    given = [name for name, held in {**ROLE_PERMISSIONS, **own}.items() if held <= act.by.permissions]
    known = [Choice(name, shell.post(name), shell.says(f"{NAME}.roles")) for name in given]
    return known + [
        Choice(name, f"{shell.post(name)} · {shell.post(role)}", shell.says(f"{NAME}.posts"))
        for name, role in posts.items()
        if role in given
    ]


ADDING = Commands(
    NAME,
    "company_id",
    NEW,
    Command(
        name="add",
        action=add,
        icon="user-plus",
        key="n",
        main=True,
        choices={"roles": grantable, "org_unit_id": offered.units},
        shows=_shown,
    ),
    needs=WRITE,
)
PERSON = Commands(
    NAME,
    "staff_id",
    PATH,
    Command(name="rename", action=rename, icon="pencil", key="e", given=_named),
    Command(name="assign", action=assign, icon="id", key="p", choices={"post": _giving}, foresees=_assigning),
    Command(name="leave", action=leave, danger=True, given=_chosen, hidden=frozenset({"successor_id"})),
    needs=WRITE,
)
BACK = Commands(
    NAME,
    "staff_id",
    f"{PATH}/returns",
    Command(name="come_back", action=come_back, icon="arrow-back-up", main=True, shows=_shown, foresees=_returning),
    needs=WRITE,
)
TERM = Commands(
    NAME,
    "term_id",
    f"{PATH}/terms",
    Command(name="change_term", action=change_term, given=_term_as_it_is, foresees=_changing),
    Command(name="end_term", action=end_term, danger=True, foresees=_ending),
    needs=WRITE,
)


async def _roles(shell: Shell) -> Sequence[Choice]:
    return [Choice(role, shell.post(role)) for role in (*ROLE_PERMISSIONS, *shell.frame.roles)]


async def _posts(shell: Shell) -> Sequence[Choice]:
    return [Choice(each.name, shell.post(each.name)) for each in shell.act.policy.posts]


async def _counts(selections: Mapping[str, Any], shell: Shell) -> Mapping[str, int]:
    return await queries.counts(selections, shell.act)


async def _rows(filters: PeopleFilter, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
    found = await queries.people(filters, page, shell.act)
    return {
        "rows": found.items,
        "next": found.next,
        "cells": "people/cells.html",
        "parted": lambda row: queries.parted(row.roles, shell.act),
        "adds": ADDING.allowed(shell, "add"),
        "add_at": ADDING.address(shell.act.company.id, "add"),
    }


TABLE = Table(
    slice_name=NAME,
    path=PATH,
    columns=(
        Column(name="who"),
        Column(name="roles", width=190),
        Column(name="posts", width=210, labelled=True),
        Column(name="unit", width=170),
        Column(name="state", width=140),
    ),
    filters=(
        Filter(name="org_unit_id", choices=offered.units),
        Filter(name="role", choices=_roles),
        Filter(name="post", choices=_posts),
        Filter(name="state", choices=offered.words_of(f"{NAME}.state", get_args(State))),
    ),
    views=(
        View(name="all", asks={}),
        View(name="away", asks={"state": "away"}),
        View(name="left", asks={"state": "left"}),
    ),
    search="q",
    kind=PeopleFilter,
    needs=READ,
    load=_rows,
    counts=_counts,
    template="people/people.html",
)


class PeopleScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ, dependencies={"filters": lists.asks(PeopleFilter), "page": Provide(lists.page_asked)})
    async def people(self, shell: Shell, filters: PeopleFilter, page: PageAsked) -> Response[Any]:
        return await lists.answer(TABLE, filters, page, shell)

    @get("/{staff_id:uuid}", needs=READ)
    async def person(self, staff_id: UUID, shell: Shell) -> Response[str]:
        person = await queries.person(staff_id, shell.act)
        roles, posts = queries.parted(person.roles, shell.act)
        gone = person.state == "left"
        changes = WRITE(shell.act.by) and await _in_charge(staff_id, shell)
        return shell.page(
            "people/person.html",
            person=person,
            roles=roles,
            posts=posts,
            terms=await terms.terms_of(staff_id, shell.act.by),
            signs_in=None if gone else await sign_ins.person(staff_id, shell.act, real_now(shell.request)),
            work=_moves(await open_work((staff_id,)), shell),
            commands=PERSON.allowed(shell, "rename", "assign") if changes and not gone else [],
            back=BACK.allowed(shell, "come_back") if changes and gone else [],
            changes=changes and not gone,
            of_person=PERSON.address,
            of_back=BACK.address,
            of_term=TERM.address,
        )

    @get("/{staff_id:uuid}/rights", needs=WRITE)
    async def rights(self, staff_id: UUID, shell: Shell) -> Response[str]:
        """First what they shall hold and where, then what they gain and lose by it, then the word that does it."""
        asked = {name: shell.request.query_params.getall(name, []) for name in ("roles", "org_unit_id", "checked")}
        return await _rights(staff_id, (asked, {}, 200), shell)

    @post("/{staff_id:uuid}/rights", needs=WRITE, confirmed=True, status_code=200)
    async def set_rights(self, staff_id: UUID, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            await actions.change_account(staff_id, _asked(given, shell), shell.act)
        except Refusal as refusal:
            return await _rights(staff_id, ({**given, "checked": ["1"]}, *forms.wrong(refusal, shell)), shell)
        return shell.done(shell.says(f"{NAME}.done.rights"), goes_to=f"{PATH}/{staff_id}")

    @get("/{staff_id:uuid}/leaving", needs=WRITE)
    async def leaving(self, staff_id: UUID, shell: Shell, successor_id: str = "") -> Response[str]:
        """First how much they have, then who takes it over, then the word that does it."""
        chosen = UUID(successor_id) if is_id(successor_id) else None
        found = await actions.preview_hand_over(staff_id, PreviewAsked(successor_id=chosen), shell.act)
        return shell.page(
            "people/leaving.html",
            person=await queries.person(staff_id, shell.act),
            found=found,
            loses=await _leaving(staff_id, shell),
            moves=_moves(found.work, shell),
            hinders=rule(found.hinders, shell.studio, shell.look) if found.hinders else "",
            people=[each for each in await colleagues(shell) if each.value != str(staff_id)],
            command=PERSON.known["leave"],
            address=PERSON.address(staff_id, "leave"),
        )

    ask_new, add = ADDING.handlers("/accounts/{company_id:uuid}", needs=WRITE, confirmed=True)
    ask_back, come_back = BACK.handlers("/returns/{staff_id:uuid}", needs=WRITE, sees=_seen, confirmed=True)
    ask_term, do_term = TERM.handlers("/terms/{term_id:uuid}", needs=WRITE, sees=_term_seen, confirmed=True)
    ask, do = PERSON.handlers("/{staff_id:uuid}", needs=WRITE, sees=_seen, confirmed=True)


# What was sent, what is wrong with it by field, and the status of the answer.
_Sent = tuple[Mapping[str, Sequence[str]], Mapping[str, str], int]


async def _in_charge(staff_id: UUID, shell: Shell) -> bool:
    try:
        await actions.in_charge_of(staff_id, shell.act.by)
    except Refusal:
        return False
    return True


async def _leaving(staff_id: UUID, shell: Shell) -> Foreseen:
    """What they lose; nothing of whoever cannot leave, which is said once it is asked for."""
    try:
        return foreseen.told(await actions.check_leave(staff_id, shell.act), shell)
    except Refusal:
        return ()


def _asked(given: Mapping[str, Sequence[str]], shell: Shell) -> AccountChange:
    """Raises Invalid."""
    filled = forms.taken(RightsForm, {name: list(values) for name, values in given.items()}, shell)
    return AccountChange(roles=filled.roles, org_unit_id=filled.org_unit_id)


async def _rights(staff_id: UUID, sent: _Sent, shell: Shell) -> Response[str]:
    given, errors, status = sent
    account = await actions.in_charge_of(staff_id, shell.act.by)
    looked, wrong, difference = bool(given.get("checked")), dict(errors), None
    if not looked:
        given = {"roles": account.roles, "org_unit_id": (str(account.org_unit_id or ""),)}
    elif not wrong:
        try:
            difference = await actions.check_change(staff_id, _asked(given, shell), shell.act)
        except Refusal as refusal:
            wrong, status = forms.wrong(refusal, shell)
    form = forms.Form(
        kind=RightsForm,
        slice_name=NAME,
        choices={"roles": await grantable(shell), "org_unit_id": await offered.units(shell)},
        needed=frozenset({"roles"}),
    )
    return shell.page(
        "people/rights.html",
        status=int(status) if errors else 200,
        person=await queries.person(staff_id, shell.act),
        fields=form.fields(shell, given, wrong),
        problem=wrong.get("", ""),
        difference=foreseen.told(difference, shell) if difference else None,
        differs=difference is not None and not difference.is_none,
        asked=given,
    )


def _moves(work: Sequence[OpenWork], shell: Shell) -> list[tuple[str, int]]:
    """Each kind, as it is called, with how much of it."""
    return [(shell.says(f"{NAME}.units.what.{spelled(each.what)}"), each.count) for each in work]
