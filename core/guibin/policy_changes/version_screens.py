"""Versions of the policy as pages: what one changed, and the way back to it, or out of it before it begins."""

from litestar import Controller, Response, get, post

from guibin.console import forms
from guibin.console.forms import Choice
from guibin.console.shell import PREFIX, Shell
from guibin.policies.queries import version as version_of
from guibin.policies.queries import versions as all_versions
from guibin.policy.words import Code
from guibin_tenants.refusals import NotFound, Refusal

from . import versions
from .api import DRAFTS, WRITE
from .pages import NAME, OWN, Shown, When, begins, made, state_of
from .requests import Cancellation, Compared, Restoration

VERSIONS = f"{PREFIX}/policy/versions"


class Back(When, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which part alone something is taken back."""

    part: Code | None = None


class PolicyVersionScreens(Controller):
    path = VERSIONS
    include_in_schema = False

    @get("/{version:int}", needs=DRAFTS)
    async def show(self, version: int, shell: Shell) -> Response[str]:
        return await _version(version, shell, Shown())

    @post("/{version:int}", needs=WRITE, confirmed=True, status_code=200)
    async def change(self, version: int, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            asked: Back = forms.taken(Back, given, shell)
            at, done = begins(asked.effective_on, shell), "restored"
            if forms.typed("do", given) == "cancel":
                back, done = Cancellation(version=version, part=asked.part, note=asked.note), "cancelled"
                came = await versions.cancel(back, shell.act)
            else:
                again = Restoration(version=version, part=asked.part, note=asked.note, effective_from=at)
                came = await versions.restore(again, shell.act)
        except Refusal as refusal:
            errors, status = forms.wrong(refusal, shell)
            return await _version(version, shell, Shown(given=given, errors=errors, status=status))
        if came.became is None:
            return made(came, shell, OWN)
        return shell.done(shell.says(f"{NAME}.own.{done}"), goes_to=OWN)


async def _version(number: int, shell: Shell, shown: Shown) -> Response[str]:
    known = await all_versions()
    view = await version_of(number) if number else None
    if number and view is None:
        raise NotFound(f"There is no version {number} of the policy")
    earlier = max((one.version for one in known if one.version < number), default=0)
    state = state_of(view, known, shell)[1] if view else "packs"
    now = await versions.between(Compared(before=None, after=number), shell.act)
    parts = [Choice(part.name, shell.named(f"policy_part.{part.name}")) for part in shell.act.policy.parts]
    form = forms.Form(
        kind=Back,
        slice_name=f"{NAME}.back",
        choices={"part": parts},
        left_out=frozenset({"effective_on"}) if state == "to_come" else frozenset(),
    )
    return shell.page(
        "policy_changes/version.html",
        status=int(shown.status),
        number=number,
        view=view,
        state=state,
        earlier=earlier,
        changes=await versions.between(Compared(before=earlier, after=number), shell.act) if number else [],
        to_packs=await versions.between(Compared(before=0, after=number), shell.act) if number else [],
        now=now,
        fields=form.fields(shell, shown.given, shown.errors) if WRITE(shell.act.by) and state != "replaced" else [],
        problem="".join(shown.errors.get(name, "") for name in ("", "version")),
        said=lambda text: text.in_language(shell.language),
    )
