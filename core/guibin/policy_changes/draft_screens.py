"""What somebody gathers of the policy as a page: checked, compared, sent whole or in part, given up; and a new element."""

from datetime import date
from typing import Any

from litestar import Controller, Response, get, post
from msgspec import Struct

from guibin.console import forms
from guibin.console.forms import Choice
from guibin.console.shell import PREFIX, Shell
from guibin.notation.plausible import Plausible
from guibin.policy.texts import Text
from guibin.policy.words import FullLine, Named, Reason, Word
from guibin_tenants.refusals import NotFound, Refusal

from . import additions, drafts, effects, places
from .api import AMEND
from .api import SIMULATE as REPLAY
from .pages import NAME, OWN, begins, called, drawn, made, sections_of, title_of_section, where
from .requests import DraftChange, DraftSending

DRAFT = f"{PREFIX}/policy/draft"


class Sending(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which elements of the draft, all of them without; from which day it holds, at once without, and why."""

    only: tuple[Named, ...] = ()
    effective_on: date | None = None
    note: Reason


class NewElement(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Under which name it is kept, what it is called in both languages, and which element it is like at first."""

    name: Word
    zh: FullLine
    en: FullLine
    model: Named


class NewRight(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which element one that has no name is like at first."""

    model: Named


class PolicyDraftScreens(Controller):
    path = DRAFT
    include_in_schema = False

    @get("/", needs=AMEND)
    async def show(self, shell: Shell) -> Response[str]:
        return await _draft(shell, {}, {}, 200)

    @post("/", needs=AMEND, confirmed=True, status_code=200)
    async def change(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        asked, _, path = forms.typed("do", given).partition(":")
        try:
            if asked == "give_up":
                await drafts.give_up(shell.act)
                return shell.done(shell.says(f"{NAME}.draft.given_up"), goes_to=OWN)
            if asked == "drop":
                await drafts.gather(DraftChange(dropped=(path,)), shell.act)
                return shell.done(shell.says(f"{NAME}.draft.dropped"), goes_to=DRAFT)
            if asked == "note" and path.isdecimal():
                await drafts.gather(DraftChange(made_from=int(path)), shell.act)
                return shell.done(shell.says(f"{NAME}.draft.noted"), goes_to=DRAFT)
            if asked == "simulate" and REPLAY(shell.act.by):
                return await _draft(shell, given, {}, 200, await effects.drafted(shell.act))
            new = forms.taken(Sending, given, shell)
            sending = DraftSending(only=new.only, effective_from=begins(new.effective_on, shell), note=new.note)
            return made(await drafts.send(sending, shell.act), shell, OWN)
        except Refusal as refusal:
            return await _draft(shell, given, *forms.wrong(refusal, shell))


class NewElementScreens(Controller):
    path = OWN
    include_in_schema = False

    @get("/{section:str}/new", needs=AMEND)
    async def ask(self, section: str, shell: Shell) -> Response[str]:
        return await _new(section, shell, ({}, {}, 200))

    @post("/{section:str}/new", needs=AMEND, status_code=200)
    async def add(self, section: str, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        policy = await drafts.policy_of(shell.act)
        kind = _kind(section, policy)
        try:
            new: Any = forms.taken(kind, given, shell)
            models = {one.name: one for one in places.elements(policy, section)}
            if new.model not in models:
                raise NotFound("This part of the policy has no such element")
            name, title = getattr(new, "name", ""), Text(getattr(new, "zh", ""), getattr(new, "en", ""))
            overrides, stands = additions.like(models[new.model], name, title, policy)
            await drafts.gather(DraftChange(overrides=overrides), shell.act)
        except Refusal as refusal:
            return await _new(section, shell, (given, *forms.wrong(refusal, shell)))
        return shell.done(shell.says(f"{NAME}.draft.gathered"), goes_to=f"{OWN}/{section}/form?name={stands}")


async def _draft(
    shell: Shell,
    given: dict[str, list[str]],
    errors: dict[str, str],
    status: int,
    replayed: effects.Replayed | None = None,
) -> Response[str]:
    draft = await drafts.mine(shell.act)
    policy = await drafts.policy_of(shell.act)
    at = drawn(shell, policy)
    titles = {path: where(path, at) for path in draft.paths}
    choices = {"only": [Choice(path, title) for path, title in titles.items()]}
    form = forms.Form(kind=Sending, slice_name=f"{NAME}.sending", choices=choices)
    known = await drafts.drafts(shell.act)
    return shell.page(
        "policy_changes/draft.html",
        status=int(status),
        draft=draft,
        titles=titles,
        places={path: _address(path, policy) for path in draft.paths},
        fields=form.fields(shell, given, errors) if draft.paths else [],
        problem="; ".join(text for name, text in errors.items() if name not in Sending.__struct_fields__),
        others=[one for one in known if not one.mine],
        where=lambda path: where(path, at),
        section=lambda name: title_of_section(name, shell),
        told=lambda one: forms.rule(one.rule, shell.studio, shell.look),
        said=lambda text: text.in_language(shell.language),
        sections=await sections_of(shell),
        replayed=replayed,
        may_replay=bool(draft.paths) and not draft.problems and REPLAY(shell.act.by),
        level=lambda name: shell.named(f"complaint_level.{name}"),
    )


def _address(path: str, policy: Any) -> str:
    section, _, name = path.partition(".")
    if section not in places.sections() or all(one.name != name for one in places.elements(policy, section)):
        return f"{OWN}/{section}" if section in places.sections() else OWN
    return f"{OWN}/{section}/form?name={name}"


def _kind(section: str, policy: Any) -> type[Struct]:
    if section not in places.sections() or not additions.addable(policy, section):
        raise NotFound("Nothing can be added to this part of the policy")
    return NewElement if hasattr(places.elements(policy, section)[0].value, "name") else NewRight


async def _new(section: str, shell: Shell, sent: tuple[dict[str, list[str]], dict[str, str], int]) -> Response[str]:
    given, errors, status = sent
    policy = await drafts.policy_of(shell.act)
    kind, at = _kind(section, policy), drawn(shell, policy)
    models = [Choice(one.name, called(one, at)) for one in places.elements(policy, section)]
    form = forms.Form(kind=kind, slice_name=f"{NAME}.new", choices={"model": models})
    return shell.page(
        "policy_changes/new.html",
        status=int(status),
        section=section,
        title=title_of_section(section, shell),
        fields=form.fields(shell, given, errors),
        problem=errors.get("", ""),
        sections=await sections_of(shell),
    )
