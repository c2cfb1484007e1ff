"""What is done to a list as such: choosing columns, saving what is asked as a view, and looking after the views there are."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote
from uuid import UUID

from litestar import Controller, Response, get, post
from msgspec import Struct
from msgspec.structs import replace

from guibin.console import choices as offered
from guibin.console import forms, lists
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.lists import LISTS, Column, Table
from guibin.console.shell import Shell
from guibin_tenants.principals import ROLE_PERMISSIONS, require, staff_only
from guibin_tenants.rate_limits import BULK
from guibin_tenants.refusals import Refusal

from . import actions, exporting, queries
from .actions import SHARE
from .exporting import EXPORT, NewListExport
from .requests import NewListSetting, NewView

_SENT = ("format", "purpose", "leaves_to", "recipient", "legal_basis")

PATH = f"{LISTS}/views"


async def _roles(shell: Shell) -> Sequence[Choice]:
    names = [*ROLE_PERMISSIONS, *(post.name for post in shell.act.policy.posts)]
    return [Choice(name, shell.post(name)) for name in names if name != "auditor"]


async def _called(shell: Shell, view_id: UUID) -> Mapping[str, str]:
    return {"name": (await queries.view(view_id, shell.act)).name}


async def _shared(shell: Shell, view_id: UUID) -> Mapping[str, str]:
    known = await queries.view(view_id, shell.act)
    place = known.org_unit_id or (None if known.shared else shell.act.by.org_unit_id)
    return {"org_unit_id": str(place or ""), "role": known.role}


COMMANDS = Commands(
    "views",
    "view_id",
    PATH,
    Command(name="rename", action=actions.rename, icon="pencil", given=_called),
    Command(
        name="share",
        action=actions.share,
        needs=staff_only & SHARE,
        icon="users",
        given=_shared,
        choices={"org_unit_id": offered.units, "role": _roles},
    ),
    Command(name="unshare", action=actions.unshare, icon="lock"),
    Command(name="begin_with", action=actions.begin_with, icon="star"),
    Command(name="begin_without", action=actions.begin_without, icon="star"),
    Command(name="remove", action=actions.remove, icon="trash", danger=True),
    needs=staff_only,
)


class Line(Struct, frozen=True, kw_only=True):
    """A view in the list of views, and what the reader may do to it."""

    view: queries.ViewView
    begins: bool
    commands: list[Command]


class ListScreens(Controller):
    path = LISTS
    include_in_schema = False

    @get("/{name:str}/columns", needs=staff_only)
    async def ask_columns(self, name: str, shell: Shell) -> Response[str]:
        table = _table(name, shell)
        habits = await queries.setting(name, shell.act)
        looked = shell.request.query_params.get("columns", "")
        return _columns(table, table.shows(looked.split(",") if looked else habits.columns, shell.act), shell)

    @post("/{name:str}/columns", needs=staff_only, status_code=200)
    async def choose_columns(self, name: str, shell: Shell) -> Response[str]:
        table, given = _table(name, shell), await forms.sent(shell.request)
        asked = _asked(given)
        asked.pop("columns", None)
        chosen, how = given.get("column", []), given.get("how", ["keep"])[0]
        if how == "once":
            return shell.done("", goes_to=lists.address(table, {**asked, "columns": ",".join(chosen)}))
        if how == "reset":
            chosen = []
        elif not chosen:
            return _columns(table, (), shell, problem=shell.says("views.no_columns"))
        own = await queries.setting(name, shell.act)
        await actions.set_list(name, NewListSetting(columns=tuple(chosen), view_id=own.view_id), shell.act)
        return shell.done(shell.says("views.done.columns"), goes_to=lists.address(table, asked))

    @get("/{name:str}/save", needs=staff_only)
    async def ask_name(self, name: str, shell: Shell) -> Response[str]:
        return _save(_table(name, shell), shell, {})

    @post("/{name:str}/save", needs=staff_only, status_code=200)
    async def save(self, name: str, shell: Shell) -> Response[str]:
        table, given = _table(name, shell), await forms.sent(shell.request)
        asked = _asked(given)
        sort, columns = asked.pop("sort", ""), tuple(each for each in asked.pop("columns", "").split(",") if each)
        sent = {"list": [name], "name": given.get("name", []), "sort": [sort]}
        try:
            new = replace(forms.taken(NewView, sent, shell), asks=asked, columns=columns)
            saved = await actions.save(new, shell.act)
            if given.get("begins"):
                await actions.begin_with(saved.id, shell.act)
        except Refusal as refusal:
            return _save(table, shell, given, forms.faults(refusal, shell))
        said = shell.says("views.done.save", name=saved.name)
        return shell.done(said, goes_to=queries.address_of(saved, shell.act))

    @get("/{name:str}/export", needs=EXPORT)
    async def ask_export(self, name: str, shell: Shell) -> Response[str]:
        return _export(_table(name, shell), shell, {})

    @post("/{name:str}/export", needs=EXPORT, cost=BULK, confirmed=True, status_code=200)
    async def export(self, name: str, shell: Shell) -> Response[Any]:
        table, given = _table(name, shell), await forms.sent(shell.request)
        asked = _asked(given)
        sort, columns = asked.pop("sort", ""), tuple(each for each in asked.pop("columns", "").split(",") if each)
        sent = {"list": [name], **{field: given.get(field, []) for field in _SENT}}
        shown = columns or (await queries.setting(name, shell.act)).columns
        columns = tuple(column.name for column in table.shows(shown, shell.act))
        try:
            new = replace(forms.taken(NewListExport, sent, shell), asks=asked, sort=sort, columns=columns)
            file = await exporting.export(new, shell)
        except Refusal as refusal:
            return _export(table, shell, given, forms.faults(refusal, shell))
        made = exporting.answer(file)
        said = shell.says("views.done.export_more" if file.more else "views.done.export", count=file.rows)
        made.headers["X-Guibin-Said"] = quote(said)
        return made

    @get("/{name:str}/views", needs=staff_only)
    async def views(self, name: str, shell: Shell) -> Response[str]:
        table = _table(name, shell)
        own = await queries.setting(name, shell.act)
        found = [each for each in await queries.known(shell.act) if each.list == name]
        rows = [
            Line(view=each, begins=each.id == own.view_id, commands=_offered(each, own.view_id, shell))
            for each in found
        ]
        return shell.page(
            "views/views.html",
            table=table,
            lines=rows,
            address=COMMANDS.address,
            opens=lambda view: queries.address_of(view, shell.act),
        )

    ask, do = COMMANDS.handlers("/views/{view_id:uuid}", needs=staff_only, sees=queries.view)


def _table(name: str, shell: Shell) -> Table:
    table = queries.table_of(name)
    require(shell.act.by, table.needs)
    return table


def _asked(given: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What the list was asked when the dialog was opened."""
    return dict(parse_qsl(given.get("asked", [""])[0]))


def _offered(view: queries.ViewView, begins: UUID | None, shell: Shell) -> list[Command]:
    mine = view.own or (view.shared and SHARE(shell.act.by))
    names = ["begin_without" if view.id == begins else "begin_with"] if not view.gone else []
    if mine:
        names += ["rename", *(["share"] if not view.gone else []), *(["unshare"] if view.shared else []), "remove"]
    return COMMANDS.allowed(shell, *names)


def _columns(table: Table, chosen: tuple[Column, ...], shell: Shell, problem: str = "") -> Response[str]:
    known = [column for column in table.has(shell.act) if column.needs(shell.act.by)]
    rest = [column for column in known if column not in chosen]
    return shell.page(
        "views/columns.html",
        status=422 if problem else 200,
        table=table,
        chosen=chosen,
        columns=[*chosen, *rest],
        asked=shell.request.url.query,
        problem=problem,
        address=shell.request.url.path,
    )


def _export(
    table: Table, shell: Shell, given: Mapping[str, Sequence[str]], errors: Mapping[str, str] | None = None
) -> Response[str]:
    wrong = errors or {}
    form = forms.Form(
        kind=NewListExport,
        slice_name="views",
        left_out=frozenset({"list", "asks", "sort", "columns"}),
        needed=frozenset({"purpose"}) if any(column.confidential for column in table.has(shell.act)) else frozenset(),
    )
    return shell.page(
        "views/export.html",
        status=422 if wrong else 200,
        table=table,
        fields=form.fields(shell, given, wrong),
        problem=wrong.get("", "") or "; ".join(said for name, said in wrong.items() if name not in ("", *_SENT)),
        asked=given.get("asked", [shell.request.url.query])[0],
        most=exporting.ROWS_MAX,
        address=shell.request.url.path,
    )


def _save(
    table: Table, shell: Shell, given: Mapping[str, Sequence[str]], errors: Mapping[str, str] | None = None
) -> Response[str]:
    wrong = errors or {}
    form = forms.Form(kind=NewView, slice_name="views", left_out=frozenset({"list", "asks", "sort", "columns"}))
    return shell.page(
        "views/save.html",
        status=422 if wrong else 200,
        table=table,
        fields=form.fields(shell, given, wrong),
        problem=wrong.get("", "") or "; ".join(said for name, said in wrong.items() if name not in ("", "name")),
        asked=given.get("asked", [shell.request.url.query])[0],
        begins=bool(given.get("begins")),
        address=shell.request.url.path,
    )
