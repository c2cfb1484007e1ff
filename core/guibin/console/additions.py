"""What packs add to pages, run inside of the company's scope. Each stands alone: one that fails says so in its place."""

import logging
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from markupsafe import Markup
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.hookspecs import Figure, PackColumn
from guibin.packs import PutAside
from guibin.web.problems import of_refusal
from guibin_tenants.principals import require
from guibin_tenants.refusals import NotFound, Refusal
from guibin_tenants.scope import lent_by, savepoint

from . import forms
from .only_read import only_read
from .shell import PREFIX, Shell

_log = logging.getLogger("guibin.console")
Made = TypeVar("Made")


class Added(Struct, frozen=True):
    """A pack's part of a page under its title; `problem` instead of it when it could not be made."""

    title: str
    html: Markup = Markup("")
    problem: str = ""


class Stat(Struct, frozen=True):
    """A pack's figure under its title; None when it could not be counted."""

    title: str
    figure: Figure | None


def address(pack: str, page: str) -> str:
    """Where a pack's page stands."""
    return f"{PREFIX}/packs/{pack}/{page}"


async def beside(subject: str, subject_id: UUID, shell: Shell, *, customer_id: UUID | None) -> list[Added]:
    """The panels for a customer or a case, whose `customer_id` is, as far as its reader may see them, in the order of the
    packs; each with something to show is on record. Beside a file that is lent they are to be read alone."""
    found = []
    for pack, panel in shell.act.hooks.panels():
        if panel.on != subject or not panel.needs(shell.act.by):
            continue
        title, name = shell.says(f"{pack}.panel.{panel.name}"), f"{pack}.{panel.name}"
        made = await _made(name, panel.shows(subject_id, shell.act), shell)
        if isinstance(made, Failed):
            found.append(Added(title, problem=made.why or shell.says("additions.failed")))
        elif made is not None:
            await noted(
                "panel.read",
                shell.act,
                subject=subject,
                subject_id=subject_id,
                customer_id=customer_id,
                fields=(name,),
            )
            html = Markup(shell.render(f"{pack}/{panel.template}", **made))
            found.append(Added(title, html if lent_by() is None else only_read(html)))
    return found


async def stats(shell: Shell) -> list[Stat]:
    """The tiles whose reader this is."""
    found = []
    for pack, tile in shell.act.hooks.tiles():
        if tile.needs(shell.act.by):
            made = await _made(f"{pack}.{tile.name}", tile.shows(shell.act), shell)
            if made is not None:
                title = shell.says(f"{pack}.tile.{tile.name}")
                found.append(Stat(title, None if isinstance(made, Failed) else made))
    return found


def columns(on: str, act: Act) -> Iterator[tuple[str, str, PackColumn]]:
    """What the company's packs add to this list: each column's name there, the key of its title, and what it is."""
    for pack, column in act.hooks.columns():
        if column.on == on:
            yield f"{pack}.{column.name}", f"{pack}.column.{column.name}", column


async def cells(on: str, wanted: Sequence[str], ids: Sequence[UUID], shell: Shell) -> dict[str, Mapping[UUID, str]]:
    """What the wanted ones of them say of these rows, on record; one that fails says so in each."""
    asked = [
        (name, column) for name, _, column in columns(on, shell.act) if name in wanted and column.needs(shell.act.by)
    ]
    found: dict[str, Mapping[UUID, str]] = {}
    for name, column in asked if ids else ():
        made = await _made(name, column.shows(ids, shell.act), shell)
        failed = (made.why or shell.says("additions.failed")) if isinstance(made, Failed) else ""
        found[name] = dict.fromkeys(ids, failed) if isinstance(made, Failed) else made
    if found:
        await noted("column.read", shell.act, subject="list", fields=tuple(found), shown=len(ids))
    return found


async def page(pack: str, name: str, shell: Shell) -> Added:
    """A pack's page, on record. Raises NotFound for one that the company's packs do not have, PutAside, Forbidden, and what
    `shows` raises."""
    if pack in shell.act.hooks.aside:
        raise PutAside(pack)
    declared = next((each for of, each in shell.act.hooks.pages() if of == pack and each.name == name), None)
    if declared is None:
        raise NotFound(f"None of the company's packs has a page {pack[:60]}/{name[:60]}")
    require(shell.act.by, declared.needs)
    made = await declared.shows(dict(shell.request.query_params), shell.act)
    await noted("pack_page.read", shell.act, subject="pack_page", fields=(f"{pack}.{name}",))
    title = shell.says(f"{pack}.page.{name}")
    return Added(title, Markup(shell.render(f"{pack}/{declared.template}", **made)))


class Failed(Struct, frozen=True):
    """A pack's part could not be made; `why` in the reader's words."""

    why: str = ""


async def _made(name: str, making: Awaitable[Made], shell: Shell) -> Made | Failed:
    try:
        async with savepoint(released=False):
            return await making
    except Refusal as refusal:
        return Failed(forms.told(of_refusal(refusal), shell.studio, shell.look))
    except Exception as error:
        _log.error("%s of a pack failed", name, exc_info=error)
        return Failed()
