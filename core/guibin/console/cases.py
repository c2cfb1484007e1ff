"""Cases as screens: the queue with its bulk commands, a case and its preview, what is done to it, and intake that tells first
what would become of it. A slice declares its kind of case; the handlers are the same for every kind."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from guibin.context import Act
from guibin.web.listing import PageAsked
from guibin_tenants.principals import Predicate
from guibin_tenants.refusals import Refusal

from . import additions, forms, lists
from .commands import Commands, is_id
from .forms import Filled
from .lists import Table, Wanted
from .shell import Shell

Given = dict[str, list[str]]
# What a template is made with.
Values = Mapping[str, Any]


class Rows(Struct, frozen=True, kw_only=True):
    """The queue: `find` gives a page of it in the order of `sort`, on record, `counts` how many rows each filter lets through, and
    `beside` what else its cells are made of. Whoever asks for nothing is led to the view `first`. `whole` finds the one case of a
    number that no address may hold."""

    filters: type[Struct]
    find: Callable[[Any, PageAsked, Act, str], Awaitable[Any]]
    counts: Callable[[Mapping[str, Any], Act], Awaitable[dict[str, int]]]
    beside: Callable[[Any, Shell], Awaitable[Values]]
    sort: str = ""
    first: str = ""
    whole: Callable[[str, Shell], Awaitable[UUID]] | None = None


class Intake(Struct, frozen=True, kw_only=True):
    """How a case begins: `read` makes of a form what `action` takes in, which answers with its `id` and `number`; `page` is
    what the form's template is made with, `suggested` what would become of what is filled in. `needs` is what it asks of its
    reader, where that is not what it takes to write."""

    action: Callable[[Any, Act], Awaitable[Any]]
    begun: Callable[[Shell], Awaitable[Given]]
    read: Callable[[Given, Shell], Filled]
    page: Callable[[Given, Mapping[str, str], Shell], Awaitable[Values]]
    suggested: Callable[[Given, Shell], Awaitable[Values]]
    needs: Predicate | None = None


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of case. Its templates are `queue.html`, `cells.html`, `case.html` and `preview.html` of the slice, with an intake
    `intake.html` and `suggested.html`; `case` is what the two that show one are made with, on record: with its `form`, whose
    `customer_id` says whose it is, and with the part that its `files` are. `subject` is what the record calls it."""

    subject: str
    table: Table
    commands: Commands
    read: Predicate
    write: Predicate
    rows: Rows
    case: Callable[[UUID, Shell], Awaitable[Values]]
    intake: Intake | None = None
    files: Callable[[UUID, Shell], Awaitable[str]] | None = None

    def template(self, name: str) -> str:
        """One of the slice's own; of several kinds of one slice, each under its own name."""
        folder, *rest = self.table.slice_name.split(".")
        return f"{folder}/{'_'.join([*rest, name])}.html"


def screens(kind: Kind, module: str) -> type[Controller]:
    """The controller of this kind, as `module` defines it."""
    handlers = _queue(kind) | _cases(kind) | (_intake(kind, kind.intake) if kind.intake else {})
    said = {"path": kind.table.path, "include_in_schema": False, "__module__": module}
    return type("CaseScreens", (Controller,), said | handlers)


def customer_of(given: Mapping[str, list[str]]) -> UUID | None:
    """The customer whom a form names; None for nobody's id."""
    named = "".join(given.get("customer_id", [])[:1])
    return UUID(named) if is_id(named) else None


def _queue(kind: Kind) -> dict[str, HTTPRouteHandler]:
    rows, commands = kind.rows, kind.commands
    table = _served(kind)

    @get("/", needs=kind.read, dependencies={"filters": lists.asks(rows.filters), "page": Provide(lists.page_asked)})
    async def queue(self: Any, filters: Any, page: PageAsked, shell: Shell) -> Response[Any]:
        return await lists.answer(table, filters, page, shell)

    @post("/found", needs=kind.read, status_code=200)
    async def found(self: Any, shell: Shell) -> Response[str]:
        assert table.whole is not None
        case_id = await table.whole(forms.typed("number", await forms.sent(shell.request)), shell)
        return shell.done("", goes_to=f"{table.path}/{case_id}")

    @get("/bulk/{command:str}", needs=kind.write)
    async def ask_all(self: Any, command: str, shell: Shell) -> Response[str]:
        return await commands.ask_all(command, shell)

    @post("/bulk/{command:str}", needs=kind.write, status_code=200)
    async def do_all(self: Any, command: str, shell: Shell) -> Response[str]:
        return await commands.do_all(command, shell)

    bulk = {"ask_all": ask_all, "do_all": do_all} if table.bulk else {}
    return {"queue": queue} | bulk | ({"found": found} if table.whole else {})


def _cases(kind: Kind) -> dict[str, HTTPRouteHandler]:
    commands = kind.commands
    one = f"/{{{commands.subject}:uuid}}"

    def here(shell: Shell) -> UUID:
        return UUID(str(shell.request.path_params[commands.subject]))

    def commanded(shell: Shell) -> Values:
        return {"address": lambda name: commands.address(here(shell), name)}

    @get(one, needs=kind.read)
    async def case(self: Any, shell: Shell) -> Response[str]:
        shown = await kind.case(here(shell), shell)
        whose = shown["form"].customer_id
        added = await additions.beside(kind.subject, here(shell), shell, customer_id=whose)
        files = await kind.files(here(shell), shell) if kind.files else ""
        told = {"beside": added, "files": files, "subject": kind.subject, "whose": whose}
        return shell.page(kind.template("case"), **shown, **commanded(shell), **told)

    @get(f"{one}/preview", needs=kind.read)
    async def preview(self: Any, shell: Shell) -> Response[str]:
        return shell.page(kind.template("preview"), **await kind.case(here(shell), shell), **commanded(shell))

    ask, do = commands.handlers(one, needs=kind.write, asks=kind.read)
    return {"case": case, "ask": ask, "do": do} | ({"preview": preview} if kind.table.preview else {})


def _intake(kind: Kind, intake: Intake) -> dict[str, HTTPRouteHandler]:
    needs = intake.needs or kind.write

    async def answer(shell: Shell, given: Given, errors: Mapping[str, str], status: int) -> Response[str]:
        told = {"given": given, "problem": errors.get("", ""), "unknown": errors.get("customer_id", "")}
        told |= {"slice_name": kind.table.slice_name, "list_path": kind.table.path}
        told |= await intake.page(given, errors, shell)
        return shell.page(kind.template("intake"), status=status, **told)

    @get("/new", needs=needs)
    async def new(self: Any, shell: Shell) -> Response[str]:
        return await answer(shell, await intake.begun(shell), {}, 200)

    @post("/new", needs=needs, status_code=200)
    async def receive(self: Any, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        if "again" in shell.request.query_params:
            return await answer(shell, given, {}, 200)
        try:
            taken = await intake.action(intake.read(given, shell).whole(), shell.act)
        except Refusal as refusal:
            return await answer(shell, given, *forms.wrong(refusal, shell))
        said = shell.says(f"{kind.table.slice_name}.done.receive", number=getattr(taken, "number", ""))
        return shell.done(said, goes_to=f"{kind.table.path}/{taken.id}")

    @post("/suggested", needs=needs, status_code=200)
    async def suggested(self: Any, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        return shell.page(kind.template("suggested"), **await intake.suggested(given, shell))

    return {"new": new, "receive": receive, "suggested": suggested}


def _served(kind: Kind) -> Table:
    """The kind's list, with where its rows come from."""
    rows = kind.rows

    async def load(filters: Any, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
        found = await rows.find(filters, page, shell.act, wanted.sort)
        beside = await rows.beside(found.items, shell)
        return {"rows": found.items, "next": found.next, "cells": kind.template("cells"), **beside}

    return msgspec.structs.replace(
        kind.table,
        kind=rows.filters,
        needs=kind.read,
        counts=lambda asked, shell: rows.counts(asked, shell.act),
        load=load,
        template=kind.template("queue"),
        sort=rows.sort,
        begins=rows.first,
        whole=rows.whole,
    )
