"""`guibin script`: a company's scripts kept in a folder, tried there, and stopped by whoever operates the service.

A script is `NAME.py`, its first line `# hook: suggest_level`, or `# hook: on_event complaint_received` with what it follows; its
test cases are `NAME.json`.
"""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from guibin.scripts import actions, asking, queries
from guibin.scripts.queries import CaseView, ScriptView, VersionView
from guibin.scripts.requests import Because, HookName, NewScript, NewScriptCase, NewScriptVersion, ScriptCases
from guibin.scripts.runner import Ran, Runner, running_scripts
from guibin.scripts.stubs import HOOKS, prelude
from guibin.scripts.trying import refuse_wrong
from guibin_tenants import settings
from guibin_tenants.refusals import Invalid
from guibin_tenants.tables import new_id

from . import environment
from .output import fail, out

app = App(name="script", help="Pull, push and try a company's scripts; stop and resume them.")
HEADER = "# hook: "
STUBS = "guibin_stubs.pyi"
Reason = Annotated[str, Parameter(help="Why, for its admins and the record.")]


class Kept(msgspec.Struct, frozen=True):
    """A script as it stands in a folder."""

    name: str
    hook: HookName
    follows: str
    source: str
    cases: tuple[NewScriptCase, ...]


@app.command
async def pull(slug: str, folder: Path) -> None:
    """Write every script's latest version and test cases into a folder, and the stubs they are checked against."""
    async with environment.inside(slug):
        found = [
            (script, await queries.version(script.id), await queries.cases(script.id))
            for script in await queries.scripts()
        ]
    _write(folder, found)
    out.print(f"{len(found)} scripts are in {folder}", markup=False)


@app.command
async def push(slug: str, folder: Path, *, note: str = "") -> None:
    """Save what is otherwise in a folder as new versions, and its test cases; switches nothing on."""
    kept = _kept(folder)
    async with environment.inside(slug, changes=True) as session, running_scripts():
        known = {script.name: script for script in await queries.scripts()}
        for each in kept:
            script = known.get(each.name)
            if script is None:
                new = NewScript(name=each.name, hook=each.hook, source=each.source, note=note, follows=each.follows)
                script = await actions.write(new, session.act)
                said = "new"
            elif script.hook != each.hook:
                fail(f"{each.name} is for {script.hook}, not {each.hook}")
            elif await _differs(script, each):
                new_version = NewScriptVersion(source=each.source, note=note, follows=each.follows)
                said = f"version {(await actions.save(script.id, new_version, session.act)).version.number}"
            else:
                said = "unchanged"
            await actions.set_cases(script.id, ScriptCases(cases=each.cases), session.act)
            out.print(f"{each.name}: {said}", markup=False)


@app.command
async def test(folder: Path) -> None:
    """Check the scripts of a folder and ask them their test cases, without any server; exit code 1 when one is wrong."""
    wrong, company = 0, new_id()
    async with running_scripts(Runner()) as runner:
        for each in _kept(folder):
            for mistake in await runner.check(company, each.source, each.hook):
                wrong += 1
                out.print(f"FAIL {each.name}, line {mistake.line}: {mistake.message}", markup=False, soft_wrap=True)
            for case in each.cases:
                ran = await runner.run(company, each.source, each.hook, msgspec.json.decode(case.given))
                right = _right(ran, case, each.hook)
                wrong += not right
                said = "" if right else f": {ran.error or ran.output}"
                out.print(f"{'ok  ' if right else 'FAIL'} {each.name}, {case.name}{said}", markup=False, soft_wrap=True)
    if wrong:
        sys.exit(1)


@app.command
async def stop(slug: str, *, reason: Reason) -> None:
    """No script of the company's answers any more, until `guibin script resume`; its admins are told."""
    async with environment.inside(slug) as session:
        await actions.stop(Because(reason=reason), session.act)
    out.print(f"The scripts of {slug} are stopped.", markup=False)


@app.command
async def resume(slug: str) -> None:
    """What the company has switched on answers again."""
    async with environment.inside(slug) as session:
        for each in await queries.stops():
            if each.by_operator:
                await actions.resume(each.id, session.act)
    out.print(f"The scripts of {slug} are resumed.", markup=False)


@app.command
async def budget(
    slug: str, seconds: Annotated[float | None, Parameter(help="Of computing in 24 hours.")] = None
) -> None:
    """How much the company's scripts may compute in 24 hours, and did; with SECONDS, from now on."""
    async with environment.inside(slug) as session:
        if seconds is not None:
            await settings.write(asking.BUDGET, max(seconds, 0.0))
        found = await queries.budget(session.act)
    out.print(
        f"{found.used_seconds:.1f} of {found.seconds:g} s, {found.runs} runs, {found.failed} failed", markup=False
    )


def _write(folder: Path, found: list[tuple[ScriptView, VersionView, list[CaseView]]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STUBS).write_text(prelude(), encoding="utf-8")
    for script, latest, cases in found:
        if Path(script.name).name != script.name or script.name.startswith("."):
            fail(f"{script.name!r} is no name of a file")
        text = f"{HEADER}{script.hook} {latest.follows}".rstrip() + f"\n{latest.source}"
        (folder / f"{script.name}.py").write_text(text, encoding="utf-8")
        kept = [NewScriptCase(name=case.name, given=case.given, expects=case.expects) for case in cases]
        (folder / f"{script.name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(kept)))


def _kept(folder: Path) -> list[Kept]:
    """The scripts of a folder. Ends the command at one that is none."""
    kept = []
    for file in sorted(folder.glob("*.py")):
        first, _, source = file.read_text(encoding="utf-8").partition("\n")
        hook, _, follows = first.removeprefix(HEADER).strip().partition(" ")
        if not first.startswith(HEADER) or hook not in HOOKS:
            fail(f"{file}: the first line is {HEADER}{' | '.join(HOOKS)}")
        beside = file.with_suffix(".json")
        try:
            text = beside.read_bytes() if beside.exists() else b"[]"
            cases = msgspec.json.decode(text, type=tuple[NewScriptCase, ...])
            refuse_wrong(cases, hook)
            kept.append(Kept(file.stem, msgspec.convert(hook, HookName), follows, source, cases))
        except msgspec.MsgspecError as error:
            fail(f"{beside}: {error}")
        except Invalid as refusal:
            fail(f"{beside}: " + "; ".join(f"{one.field}: {one.rule}" for one in refusal.fields))
    if not kept:
        fail(f"no scripts in {folder}")
    return kept


async def _differs(script: ScriptView, kept: Kept) -> bool:
    latest = await queries.version(script.id)
    return (latest.source, latest.follows) != (kept.source, kept.follows)


def _right(ran: Ran, case: NewScriptCase, hook: str) -> bool:
    kind = HOOKS[hook].answers
    return ran.outcome == "ok" and msgspec.json.decode(ran.output, type=kind) == msgspec.json.decode(
        case.expects, type=kind
    )
