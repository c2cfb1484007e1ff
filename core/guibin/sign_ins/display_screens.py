"""Wall displays by page: those that hang somewhere, one more, one less."""

from uuid import UUID

from litestar import Controller, Response, get, post

from guibin.console import choices as offered
from guibin.console import forms
from guibin.console.commands import Command, Sent, page_of
from guibin.console.forms import Form
from guibin.console.shell import PREFIX, Shell
from guibin.web.public_address import public_address
from guibin_tenants.principals import may
from guibin_tenants.refusals import Refusal

from . import displays
from .api import real_now
from .displays import LEADS, NewWallDisplay

PATH, NAME = f"{PREFIX}/wall-displays", "sign_ins.display"
SEES = LEADS | may("staff:read")
MAKE = Command(name="make", action=displays.make, needs=LEADS, icon="device-tv", key="n", main=True)
CODE = f"{PREFIX}/wall/code"


class DisplayScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=SEES)
    async def listed(self, shell: Shell) -> Response[str]:
        now = real_now(shell.request)
        return shell.page(
            "sign_ins/displays.html",
            displays=await displays.in_sight(shell.act, now),
            make=LEADS(shell.act.by),
            admin=displays.ADMINISTERS(shell.act.by),
        )

    @get("/new", needs=LEADS)
    async def ask(self, shell: Shell) -> Response[str]:
        return await _form(shell, Sent({}))

    @post("/new", needs=LEADS, confirmed=True, shown_once=True, status_code=200)
    async def make(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        now = real_now(shell.request)
        try:
            made = await displays.make(forms.taken(NewWallDisplay, given, shell), shell.act, now)
        except Refusal as refusal:
            return await _form(shell, Sent(given, *forms.wrong(refusal, shell)))
        link = f"{_address(shell)}{CODE}?company={shell.act.company.slug}&code={made.code}"
        return shell.page(
            "sign_ins/made_display.html",
            made=made,
            place=f"{_address(shell)}{CODE}",
            link=link,
            company=shell.act.company.slug,
        )

    @post("/{display_id:uuid}/end", needs=SEES, status_code=200)
    async def end(self, display_id: UUID, shell: Shell) -> Response[str]:
        await displays.end(display_id, shell.act, real_now(shell.request))
        return shell.done(shell.says(f"{NAME}.done.end"))


def _address(shell: Shell) -> str:
    """Where the product is, as a screen reaches it."""
    return public_address() or str(shell.request.base_url).rstrip("/")


async def _form(shell: Shell, sent: Sent) -> Response[str]:
    units = [each for each in await offered.units(shell) if shell.act.by.covers(UUID(each.value))]
    return page_of(MAKE, Form(kind=NewWallDisplay, slice_name=NAME, choices={"org_unit_id": units}), shell, sent)
