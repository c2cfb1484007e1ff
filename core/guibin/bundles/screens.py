"""A bundle by page: taken home, put beside what the company has, and taken in once the difference was read."""

from litestar import Controller, Response, get, post
from msgspec import Struct

from guibin.console import forms
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin_tenants.refusals import Refusal

from . import actions
from .actions import BundleComparison
from .api import NEEDS
from .requests import BundleCompared, BundleImport

PATH, NAME = f"{PREFIX}/bundle", "bundles"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="packages", needs=NEEDS, group="govern", order=37),)


class Shown(Struct, frozen=True):
    """What was sent, what it would change, and what is wrong with it."""

    toml: str = ""
    note: str = ""
    whole: bool = False
    found: BundleComparison | None = None
    problem: str = ""
    status: int = 200


class BundleScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=NEEDS)
    async def show(self, shell: Shell) -> Response[str]:
        return _page(shell, Shown())

    @get("/file", needs=NEEDS)
    async def file(self, shell: Shell) -> Response[bytes]:
        found = await actions.export(shell.act)
        name = f"{shell.act.company.slug}.toml"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(found.toml.encode(), media_type="application/toml", headers=headers)

    @post("/", needs=NEEDS, status_code=200)
    async def compare(self, shell: Shell) -> Response[str]:
        toml, note, whole = await _sent(shell)
        try:
            found = await actions.compare(BundleCompared(toml=toml, whole=whole), shell.act)
        except Refusal as refusal:
            return _page(shell, _wrong(Shown(toml, note, whole), refusal, shell))
        return _page(shell, Shown(toml, note, whole, found))

    @post("/import", needs=NEEDS, confirmed=True, status_code=200)
    async def take_in(self, shell: Shell) -> Response[str]:
        toml, note, whole = await _sent(shell)
        known = forms.typed("made_from", await forms.sent(shell.request))
        shown = Shown(toml, note, whole)
        try:
            found = await actions.compare(BundleCompared(toml=toml, whole=whole), shell.act)
            shown = Shown(toml, note, whole, found)
            given = {"toml": toml, "note": note, "whole": whole} | ({"made_from": known} if known else {})
            await actions.take_in(forms.converted(given, BundleImport, shell).whole(), shell.act)
        except Refusal as refusal:
            return _page(shell, _wrong(shown, refusal, shell))
        return shell.done(shell.says(f"{NAME}.done.take_in"), goes_to=PATH)


async def _sent(shell: Shell) -> tuple[str, str, bool]:
    given = await forms.sent(shell.request)
    return "".join(given.get("toml", ())[:1]), forms.typed("note", given), forms.typed("whole", given) == "true"


def _wrong(shown: Shown, refusal: Refusal, shell: Shell) -> Shown:
    told = [f"{field}: {said}" if field else said for field, said in forms.faults(refusal, shell).items()]
    return Shown(shown.toml, shown.note, shown.whole, shown.found, " ".join(told), int(refusal.status))


def _page(shell: Shell, shown: Shown) -> Response[str]:
    return shell.page(
        "bundles/bundle.html",
        status=shown.status,
        shown=shown,
        found=shown.found,
        said=lambda text: text.in_language(shell.language),
        rule=lambda broken: forms.rule(broken, shell.studio, shell.look),
    )
