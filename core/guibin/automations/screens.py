"""Automations by page: each in one sentence, tried on history, switched on and off, with the log of what it did or left."""

from collections.abc import Mapping, Sequence

from litestar import Controller, Response, get, post

from guibin.audit.actions import searched
from guibin.console import forms
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.policy_changes.api import AMEND
from guibin.web.listing import PageAsked
from guibin_tenants.refusals import NotFound, Refusal

from . import actions, beginnings, queries, trying
from .actions import automation_of
from .api import LOOKS, READ, TRIES, WRITE
from .beginnings import COMMON
from .queries import RUNS, AutomationRunView
from .requests import AutomationRunFilter, NewAutomationTrial
from .wording import Sentence

PATH, NAME = f"{PREFIX}/automations", "automations"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="refresh", needs=READ, group="govern", order=33),)
DAYS = (7, 30, 90)
_SHOWN = 30


class AutomationScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def automations(self, shell: Shell) -> Response[str]:
        return await _list(shell, {})

    @post("/begin/{name:str}", needs=AMEND, status_code=200)
    async def begin(self, name: str, shell: Shell) -> Response[str]:
        """One that many want goes into the reader's draft of the policy."""
        try:
            await beginnings.begin(name, shell.act)
        except Refusal as refusal:
            return await _list(shell, {"problem": _told(refusal, shell), "status": int(refusal.status)})
        return shell.done(shell.says(f"{NAME}.done.begin"), goes_to=f"{PREFIX}/policy/draft")

    @get("/{name:str}", needs=READ)
    async def automation(self, name: str, shell: Shell, days: int = 0) -> Response[str]:
        return await _one(name, shell, days=days if days in DAYS else 0)

    @post("/{name:str}/{to:str}", needs=WRITE, status_code=200)
    async def switch(self, name: str, to: str, shell: Shell) -> Response[str]:
        if to not in ("on", "off"):
            raise NotFound(f"There is nothing called {to} to be done here")
        try:
            switched = await (actions.switch_on if to == "on" else actions.switch_off)(name, shell.act)
        except Refusal as refusal:
            return await _one(name, shell, problem=_told(refusal, shell), status=int(refusal.status))
        return shell.done(shell.says(f"{NAME}.done.{'on' if switched.on else 'off'}"), goes_to=f"{PATH}/{name}")


def _told(refusal: Refusal, shell: Shell) -> str:
    return " ".join(forms.faults(refusal, shell).values())


async def _list(shell: Shell, wrong: Mapping[str, object]) -> Response[str]:
    found = await queries.automations(shell.act)
    known = {each.name for each in found}
    said = Sentence(shell.act.policy, shell.language)
    return shell.page(
        "automations/automations.html",
        status=int(str(wrong.get("status", 200))),
        problem=wrong.get("problem", ""),
        automations=found,
        common=[(each, said.of(each.automation)) for each in COMMON if each.automation.name not in known],
        begins=AMEND(shell.act.by),
        say=lambda text: text.in_language(shell.language),
    )


async def _one(name: str, shell: Shell, *, days: int = 0, problem: str = "", status: int = 200) -> Response[str]:
    act = shell.act
    found = await queries.automation(name, act)
    tries = TRIES(act.by)
    trial = (
        await trying.attempt(NewAutomationTrial(name=name, days=days), act)
        if days and tries and not found.problems
        else None
    )
    runs = await _runs(name, act) if LOOKS(act.by) else None
    said = Sentence(act.policy, shell.language)
    return shell.page(
        "automations/automation.html",
        status=status,
        found=found,
        commands=[said.command(each) for each in automation_of(name, act).then],
        trial=trial,
        runs=runs,
        days=DAYS,
        tried=days,
        problem=problem,
        tries=tries,
        switches=WRITE(act.by),
        say=lambda text: text.in_language(shell.language),
    )


async def _runs(name: str, act: Act) -> Sequence[AutomationRunView]:
    """The latest; whose they are is on record."""
    page = await RUNS.page(AutomationRunFilter(automation=name), PageAsked(_SHOWN), act)
    return (await searched("automation_run", page, act)).items
