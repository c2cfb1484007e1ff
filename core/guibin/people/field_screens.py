"""What of a customer each role sees, as one page of roles and parts; changed once it was seen who sees more and less."""

from collections.abc import Mapping

from litestar import Controller, Response, get, post

from guibin.administration import foreseen
from guibin.console import forms
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin_tenants.field_rights import RIGHTS
from guibin_tenants.refusals import Refusal

from . import field_rights
from .api import READ, WRITE
from .field_rights import FieldRightsView, NewFieldRights

NAME, PATH = "people.fields", f"{PREFIX}/field-rights"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="eye", needs=READ, group="govern", order=72),)
# Before the name of a part, as the form sends it.
_SENT = "right."


class FieldScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def matrix(self, shell: Shell) -> Response[str]:
        known = await field_rights.field_rights(shell.act)
        return shell.page(
            "people/field_rights.html", known=known, titles=_titles(known, shell), changes=WRITE(shell.act.by)
        )

    @get("/{role:str}", needs=READ)
    async def role(self, role: str, shell: Shell) -> Response[str]:
        """First what the role shall see, then who sees more or less by it, then the word that does it."""
        asked = shell.request.query_params
        rights = {name: asked[name] for name in asked if name.startswith(_SENT)} if asked.get("checked") else {}
        return await _page(role, shell, rights if asked.get("checked") else None)

    @post("/{role:str}", needs=WRITE, confirmed=True, status_code=200)
    async def change(self, role: str, shell: Shell) -> Response[str]:
        given = {name: values[0] for name, values in (await forms.sent(shell.request)).items() if values}
        try:
            await field_rights.change(role, _new(given, shell), shell.act)
        except Refusal as refusal:
            errors, status = forms.wrong(refusal, shell)
            return await _page(role, shell, given, problem="；".join(errors.values()), status=status)
        return shell.done(shell.says(f"{NAME}.done"), goes_to=PATH)


async def _page(
    role: str, shell: Shell, given: Mapping[str, str] | None, *, problem: str = "", status: int = 200
) -> Response[str]:
    known = await field_rights.field_rights(shell.act)
    shown = field_rights.one(role, known)
    changes = None
    if given is not None and not problem:
        try:
            changes = await field_rights.check(role, _new(given, shell), shell.act)
        except Refusal as refusal:
            errors, status = forms.wrong(refusal, shell)
            problem = "；".join(errors.values())
    said = {f"{_SENT}{part}": right for part, right in shown.said.items()} if given is None else given
    return shell.page(
        "people/field_right.html",
        status=status,
        role=shown,
        known=known,
        titles=_titles(known, shell),
        rights=RIGHTS,
        said=said,
        sent=_SENT,
        problem=problem,
        changes=changes,
        writes=WRITE(shell.act.by),
    )


def _new(given: Mapping[str, str], shell: Shell) -> NewFieldRights:
    rights = {name.removeprefix(_SENT): right for name, right in given.items() if name.startswith(_SENT) and right}
    new: NewFieldRights = forms.converted({"rights": rights}, NewFieldRights, shell).whole()
    return new


def _titles(known: FieldRightsView, shell: Shell) -> dict[str, str]:
    return foreseen.part_titles([part.name for part in known.parts], shell)
