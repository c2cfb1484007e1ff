"""Scripts by page: the text beside what it may use, tried on cases and on the company's own last days, switched on, off and back."""

import difflib
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.automations.wording import Sentence
from guibin.commands.actions import CarriedOut
from guibin.console import forms
from guibin.console.commands import Command, Commands
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.policy.words import Code, Name
from guibin.web.listing import PageAsked
from guibin.webhooks.kinds import known_kinds
from guibin_tenants.refusals import Refusal
from guibin_tenants.tables import BLANK

from . import acting, actions, queries, trying
from .api import WRITE
from .queries import CaseView, ScriptView, VersionView
from .requests import (
    Because,
    Follows,
    HistoryAsked,
    HookName,
    Json,
    NewActivation,
    NewScript,
    NewScriptCase,
    NewScriptVersion,
    RunFilter,
    ScriptCases,
    ScriptDraft,
    WhichVersion,
)
from .runner import Mistake
from .stubs import HOOKS, Biddings

PATH, NAME = f"{PREFIX}/scripts", "scripts"
RUNS_PATH = f"{PREFIX}/script-runs"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="file-diff", needs=WRITE, group="govern", order=36),)
# What a new script of each hook begins with, below its signature.
_BEGINNINGS = {
    "suggest_level": '    if "全楼" in draft.text:\n        return LevelSuggestion("2", because="整栋楼受影响")\n    return None\n',
    "objections": '    if proposal.details.get("kind") == "exception":\n        return [Objection(zh="本季不再破格", en="no more exceptions this quarter")]\n    return []\n',
    "derived_measures": '    return [Measure("figures_known", len(measures))]\n',
    "on_event": '    who = happened.customer\n    if who is not None and who.within_30_days.get("complaint_received", 0) == 3:\n        return [OpenTask(text="致电客户，了解情况并致歉", role="manager", within_hours=24)]\n    return []\n',
    "on_schedule": '    if not due.customer.within_30_days.get("contact_recorded", 0):\n        return [OpenTask(text="本月还没有联系过客户", role="account_manager", within_hours=72)]\n    return []\n',
}
_RUNS_SHOWN = 20


class ScriptBegun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a script is called and which hook it is for; `event` and `every` where the hook hears of one, or has an hour."""

    name: Code
    hook: HookName
    event: Follows | None = None
    every: Follows | None = None


class CaseKept(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A test case beside those there are; of the same name, instead of it."""

    name: Name
    given: Json
    expects: Json


class Editing(Struct, frozen=True):
    """What was sent from the editor: the text, what is otherwise in it, and what is wrong."""

    source: str = ""
    note: str = ""
    mistakes: tuple[Mistake, ...] = ()
    problem: str = ""
    status: int = 200
    checked: bool = False


async def begin(new: ScriptBegun, act: Act) -> ScriptView:
    """A script with the beginning of its hook."""
    source = f"{HOOKS[new.hook].signature}\n{_BEGINNINGS[new.hook]}"
    follows = (new.every if new.hook == "on_schedule" else new.event) or ""
    return await actions.write(NewScript(name=new.name, hook=new.hook, source=source, follows=follows), act)


async def _events(shell: Shell) -> list[forms.Choice]:
    known = known_kinds(shell.act.company.packs)
    return [forms.Choice(kind.name, kind.title.in_language(shell.language)) for kind in known]


async def keep_case(script_id: UUID, new: CaseKept, act: Act) -> list[CaseView]:
    """Raises as `actions.set_cases`."""
    others = [
        NewScriptCase(name=each.name, given=each.given, expects=each.expects)
        for each in await queries.cases(script_id)
        if each.name != new.name
    ]
    case = NewScriptCase(name=new.name, given=new.given, expects=new.expects)
    return await actions.set_cases(script_id, ScriptCases(cases=(*others, case)), act)


async def _latest(_: Shell, script_id: UUID) -> Mapping[str, str | Sequence[str]]:
    return {"version": str((await queries.script(script_id)).latest)}


async def _example(_: Shell, script_id: UUID) -> Mapping[str, str | Sequence[str]]:
    return dict(zip(("given", "expects"), _EXAMPLES[(await queries.script(script_id)).hook], strict=True))


def _tried(results: Sequence[trying.CaseResult], shell: Shell) -> Response[str]:
    return shell.page("scripts/tried.html", results=results)


def _replayed(history: trying.History, shell: Shell) -> Response[str]:
    return shell.page("scripts/replayed.html", history=history)


def _repeated(again: trying.Repeated, shell: Shell) -> Response[str]:
    return shell.page("scripts/repeated.html", again=again)


_EXAMPLES = {
    "suggest_level": (
        '{"draft": {"text": "全楼停电", "channel": "phone", "customer_kind": null}}',
        '{"level": "2", "because": "整栋楼受影响"}',
    ),
    "objections": ('{"proposal": {"action": "application", "subject_id": null, "details": {}}}', "[]"),
    "derived_measures": ('{"measures": {}}', '[{"name": "figures_known", "value": 0}]'),
    "on_event": (
        '{"happened": {"event": "complaint_received", "data": {"level": "1"}, "subject": "complaint", "subject_id": '
        '"00000000-0000-0000-0000-000000000001", "customer": {"id": "00000000-0000-0000-0000-000000000002", "kind": "", '
        '"tiers": {}, "within_30_days": {"complaint_received": 3}, "within_365_days": {"complaint_received": 3}}, '
        '"at": "2026-03-02T10:00:00+08:00", "today": "2026-03-02", "settings": {}}}',
        '[{"type": "open_task", "text": "致电客户，了解情况并致歉", "role": "manager", "within_hours": 24}]',
    ),
    "on_schedule": (
        '{"due": {"customer": {"id": "00000000-0000-0000-0000-000000000002", "kind": "", "tiers": {}, "within_30_days": {}, '
        '"within_365_days": {}}, "at": "2026-03-02T07:00:00+08:00", "today": "2026-03-02", "settings": {}}}',
        '[{"type": "open_task", "text": "本月还没有联系过客户", "role": "account_manager", "within_hours": 72}]',
    ),
}
COMPANY = Commands(
    NAME,
    "company_id",
    f"{PATH}/company",
    Command(name="begin", action=begin, key="n", main=True, choices={"event": _events}),
    Command(name="stop", action=actions.stop, new=Because, danger=True),
    needs=WRITE,
)
STOPS = Commands(NAME, "stop_id", f"{PATH}/stops", Command(name="resume", action=actions.resume), needs=WRITE)
OWN = Commands(
    NAME,
    "script_id",
    PATH,
    Command(name="keep_case", action=keep_case, given=_example),
    Command(name="try_cases", action=trying.try_cases, new=WhichVersion, given=_latest, shows=_tried, key="t"),
    Command(name="ask_history", action=trying.ask_history, new=HistoryAsked, given=_latest, shows=_replayed, key="h"),
    Command(name="deactivate", action=actions.deactivate, danger=True),
    needs=WRITE,
)
SWITCH = Commands(
    NAME,
    "script_id",
    f"{PATH}/switch",
    Command(name="activate", action=actions.activate, new=NewActivation, given=_latest, main=True),
    needs=WRITE,
)
RAN = Commands(NAME, "run_id", RUNS_PATH, Command(name="repeat", action=trying.repeat, shows=_repeated), needs=WRITE)


class ScriptScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=WRITE)
    async def scripts(self, shell: Shell) -> Response[str]:
        company = shell.act.company.id
        return shell.page(
            "scripts/scripts.html",
            scripts=await queries.scripts(),
            budget=await queries.budget(shell.act),
            stops=await queries.stops(),
            commands=[(COMPANY.known[name], COMPANY.address(company, name)) for name in ("begin", "stop")],
            resume=STOPS.known["resume"],
            of_stop=STOPS.address,
        )

    @get("/{script_id:uuid}", needs=WRITE)
    async def script(self, script_id: UUID, shell: Shell, version: int | None = None) -> Response[str]:
        return await _page(script_id, shell, Editing(), version)

    @post("/{script_id:uuid}", needs=WRITE, status_code=200)
    async def edit(self, script_id: UUID, shell: Shell) -> Response[str]:
        """Look at the text as it stands, or keep it as the next version."""
        given = await forms.sent(shell.request)
        script = await queries.script(script_id)
        source, note, follows = ("".join(given.get(name, ())[:1]) for name in ("source", "note", "follows"))
        try:
            if forms.typed("do", given) == "check":
                draft = forms.converted({"hook": script.hook, "source": source}, ScriptDraft, shell).whole()
                found = await trying.check(draft, shell.act)
                return await _page(script_id, shell, Editing(source, note, tuple(found), checked=True))
            new = forms.converted({"source": source, "note": note, "follows": follows}, NewScriptVersion, shell).whole()
            await actions.save(script_id, new, shell.act)
        except Refusal as refusal:
            wrong, status = forms.wrong(refusal, shell)
            return await _page(script_id, shell, Editing(source, note, (), "; ".join(wrong.values()), status))
        return shell.done(shell.says(f"{NAME}.done.save"), goes_to=f"{PATH}/{script_id}")

    ask_company, do_company = COMPANY.handlers("/company/{company_id:uuid}", needs=WRITE)
    ask_stop, do_stop = STOPS.handlers("/stops/{stop_id:uuid}", needs=WRITE)
    ask_own, do_own = OWN.handlers("/{script_id:uuid}", needs=WRITE)
    ask_switch, do_switch = SWITCH.handlers("/switch/{script_id:uuid}", needs=WRITE, confirmed=True)


class ScriptRunScreens(Controller):
    path = RUNS_PATH
    include_in_schema = False

    @get("/{run_id:uuid}", needs=WRITE)
    async def run(self, run_id: UUID, shell: Shell) -> Response[str]:
        run = await queries.WHOLE_RUNS.one(run_id)
        await noted(
            "script_run.read", shell.act, subject="script_run", subject_id=run_id, customer_id=run.customer_id, shown=1
        )
        return shell.page(
            "scripts/run.html",
            run=run,
            script=await queries.named(run.script),
            repeat=RAN.known["repeat"],
            address=RAN.address(run_id, "repeat"),
            readable=_readable,
            commands=_commands(run, shell),
        )

    ask_run, do_run = RAN.handlers("/{run_id:uuid}", needs=WRITE)


async def _page(script_id: UUID, shell: Shell, editing: Editing, number: int | None = None) -> Response[str]:
    script, versions = await queries.script(script_id), await queries.versions(script_id)
    shown = await queries.version(script_id, number)
    answers = next((each for each in versions if each.number == script.answers), None)
    runs = await queries.RUNS.page(RunFilter(script=script.name), PageAsked(limit=_RUNS_SHOWN), shell.act)
    names = ("keep_case", "try_cases", "ask_history", *(("deactivate",) if script.answers else ()))
    return shell.page(
        "scripts/script.html",
        status=int(editing.status),
        script=script,
        shown=shown,
        versions=versions,
        source=editing.source or shown.source,
        editing=editing,
        hook=HOOKS[script.hook],
        events=await _events(shell) if script.hook == "on_event" else (),
        stubs=queries.stubs(),
        changed=_changed(answers, shown) if answers and answers.number != shown.number else [],
        cases=await queries.cases(script_id),
        activations=await queries.activations(script_id),
        runs=runs.items,
        commands=[
            (SWITCH.known["activate"], SWITCH.address(script_id, "activate")),
            *((OWN.known[name], OWN.address(script_id, name)) for name in names),
        ],
    )


def _changed(before: VersionView, after: VersionView) -> list[tuple[str, str]]:
    """The lines of both, each with - where only the one that answers has it and + where only the other has."""
    lines = difflib.ndiff(before.source.splitlines(), after.source.splitlines())
    return [(line[0], line[2:]) for line in lines if line[0] in "-+ "]


def _commands(run: queries.RunWhole, shell: Shell) -> list[tuple[str, CarriedOut]]:
    """What it had done, each in a sentence, and what became of it."""
    if run.done == BLANK or run.answer == BLANK or run.hook not in acting.ACTS or run.outcome != "ok":
        return []
    said = Sentence(shell.act.policy, shell.language)
    asked = [said.command(each) for each in msgspec.json.decode(run.answer, type=Biddings)]
    return list(zip(asked, msgspec.json.decode(run.done, type=list[CarriedOut]), strict=False))


def _readable(text: str) -> str:
    """JSON as people read it; what is none as it stands."""
    try:
        return msgspec.json.format(msgspec.json.encode(msgspec.json.decode(text)), indent=2).decode()
    except msgspec.DecodeError:
        return text
