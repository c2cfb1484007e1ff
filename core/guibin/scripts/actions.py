"""Writing scripts, switching versions on, off and back, and stopping all of them."""

from datetime import timedelta
from uuid import UUID

import asyncpg

from guibin.approvals import actions as approvals
from guibin.approvals.actions import Decided
from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.events import at_once
from guibin.notices.actions import Notice, notify
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import add, add_all, change, locked
from guibin_tenants.scope import execute, fetch_one, savepoint

from . import acting, asking, queries, trying
from .queries import CaseView, SavedVersion, ScriptView, StopView
from .refusals import (
    ActivationWaits,
    AlreadyAnswers,
    AlreadyStopped,
    NotSwitchedOn,
    OperatorsStop,
    ScriptNameTaken,
    ScriptNotReady,
)
from .requests import Because, NewActivation, NewScript, NewScriptVersion, ScriptCases, WhichVersion
from .runner import RUNNER
from .tables import Script, ScriptActivation, ScriptCase, ScriptStop, ScriptVersion

SUBJECT = "script_activation"
# With an approval flow of this name in the policy, somebody else has to agree before a version answers.
FLOW = "script"
# So many failures within the window, and the version is switched off.
FAILURES_MAX, WINDOW = 5, timedelta(minutes=10)


async def write(new: NewScript, act: Act) -> ScriptView:
    """A script with its first version. Raises ScriptNameTaken, Invalid."""
    acting.refuse_follows(new.hook, new.follows, act.company.packs)
    try:
        async with savepoint():
            script_id = await add(Script, act, name=new.name, hook=new.hook)
    except asyncpg.UniqueViolationError:
        raise ScriptNameTaken(new.name) from None
    first = {"number": 1, "source": new.source, "note": new.note, "follows": new.follows}
    await add(ScriptVersion, act, script_id=script_id, **first)
    await noted("script.write", act, subject="script", subject_id=script_id, fields=(new.name, "1"), shown=0)
    return await queries.script(script_id)


async def save(script_id: UUID, new: NewScriptVersion, act: Act) -> SavedVersion:
    """The next version, and what its check finds; it answers nothing yet. Raises NotFound, Invalid."""
    script, latest = await queries.locked_script(script_id), await queries.version(script_id)
    number, follows = latest.number + 1, latest.follows if new.follows is None else new.follows
    acting.refuse_follows(script["hook"], follows, act.company.packs)
    saved = {"number": number, "source": new.source, "note": new.note, "follows": follows}
    await add(ScriptVersion, act, script_id=script_id, **saved)
    await noted(
        "script.write", act, subject="script", subject_id=script_id, fields=(script["name"], f"{number}"), shown=0
    )
    mistakes = await RUNNER.check(act.company.id, new.source, script["hook"])
    return SavedVersion(version=await queries.version(script_id, number), mistakes=mistakes)


async def set_cases(script_id: UUID, new: ScriptCases, act: Act) -> list[CaseView]:
    """These are its test cases. Raises NotFound, Invalid."""
    script = await queries.locked_script(script_id)
    trying.refuse_wrong(new.cases, script["hook"])
    await execute("delete from script_case where script_id = $1", script_id)
    rows = [
        {"script_id": script_id, "name": case.name, "given": case.given, "expects": case.expects} for case in new.cases
    ]
    await add_all(ScriptCase, act, rows)
    await noted("script.set_cases", act, subject="script", subject_id=script_id, fields=(script["name"],), shown=0)
    return await queries.cases(script_id)


async def activate(script_id: UUID, new: NewActivation, act: Act) -> ScriptView:
    """This version answers: at once, or once somebody else agrees where the policy has the approval flow `script`.

    An earlier version brings back what it said. Where it acts, it acts as whoever switches it on. Raises NotFound,
    ScriptNotReady, AlreadyAnswers, ActivationWaits, Invalid.
    """
    script = await queries.locked_script(script_id)
    chosen = await queries.version(script_id, new.version)
    if (await queries.script(script_id)).answers == new.version:
        raise AlreadyAnswers(f"{script['name']} {new.version}")
    await _refuse_unready(script_id, new.version, act)
    wanted = {"version_id": chosen.id, "note": new.note, "answerable_id": acting.answerer(script["hook"], act)}
    try:
        async with savepoint():
            activation_id = await add(ScriptActivation, act, script_id=script_id, **wanted)
    except asyncpg.UniqueViolationError:
        raise ActivationWaits(f"{script['name']}: decide it or withdraw it first") from None
    await noted(
        "script.activate",
        act,
        subject="script",
        subject_id=script_id,
        fields=(script["name"], f"{new.version}"),
        purpose=new.note,
        shown=0,
    )
    flow = act.policy.approval(FLOW)
    if flow is None:
        await _begin(activation_id, act)
    else:
        case = Case(SUBJECT, activation_id)
        approval_id = await approvals.ask(case, act, flow=flow.under({}), note=new.note)
        await change(ScriptActivation, activation_id, approval_id=approval_id)
    return await queries.script(script_id)


@at_once(Decided, about=SUBJECT)
async def activation_decided(decided: Decided, act: Act) -> None:
    """Approved, the version answers from now on; what else came of it changes nothing."""
    if decided.approved:
        await _begin(decided.subject_id, act)
    else:
        await change(ScriptActivation, decided.subject_id, outcome=decided.outcome)


async def deactivate(script_id: UUID, act: Act) -> ScriptView:
    """The script answers nothing any more. Raises NotFound, NotSwitchedOn."""
    script = await queries.locked_script(script_id)
    if not await _end(script_id, act, because="switched_off"):
        raise NotSwitchedOn(script["name"])
    await noted("script.deactivate", act, subject="script", subject_id=script_id, fields=(script["name"],), shown=0)
    return await queries.script(script_id)


async def stop(new: Because, act: Act) -> list[StopView]:
    """No script of the company's answers any more. Raises AlreadyStopped."""
    by_operator = act.by.kind == "operator"
    try:
        async with savepoint():
            await add(ScriptStop, act, because=new.reason, by_operator=by_operator)
    except asyncpg.UniqueViolationError:
        raise AlreadyStopped() from None
    asking.changes()
    await noted("script.stop", act, subject="script", purpose=new.reason, shown=0)
    notice = Notice(
        "scripts_stopped",
        Case("company", act.company.id),
        at_head_office=True,
        roles=("tenant_admin",),
        details={"who": act.by.name},
    )
    await notify(notice, key=f"scripts-stopped/{act.now.isoformat()}", now=act.now)
    return await queries.stops()


async def resume(stop_id: UUID, act: Act) -> list[StopView]:
    """What is switched on answers again, unless somebody else has it stopped too. Raises NotFound, OperatorsStop."""
    row = await locked(ScriptStop, stop_id)
    if row["resumed_at"] is not None:
        raise NotFound("They were resumed before")
    if row["by_operator"] and act.by.kind != "operator":
        raise OperatorsStop(f"`guibin script resume {act.company.slug}` does it")
    await change(ScriptStop, stop_id, resumed_at=act.now, resumed_by_name=act.by.name)
    asking.changes()
    await noted("script.resume", act, subject="script", shown=0)
    return await queries.stops()


async def judge(version_id: UUID, act: Act) -> None:
    """A version that failed too often is switched off, and its admins are told."""
    failures = await queries.failed_since(version_id, act.now - WINDOW)
    row = await fetch_one(
        "select a.script_id, a.proposed_by, s.name, v.number from script_activation a"
        " join script s on s.tenant_id = a.tenant_id and s.id = a.script_id"
        " join script_version v on v.tenant_id = a.tenant_id and v.id = a.version_id"
        " where a.version_id = $1 and a.begun_at is not null and a.ended_at is null",
        version_id,
    )
    if row is None or failures < FAILURES_MAX:
        return
    await _end(row["script_id"], act, because="failing")
    await noted("script.fail", act, subject="script", subject_id=row["script_id"], fields=(row["name"],), shown=0)
    notice = Notice(
        "script_failing",
        Case("script", row["script_id"]),
        at_head_office=True,
        roles=("tenant_admin",),
        details={"script": row["name"], "version": f"{row['number']}", "count": f"{failures}"},
    )
    await notify(notice, key=f"script-failing/{version_id}/{act.now.isoformat()}", now=act.now)


async def _refuse_unready(script_id: UUID, number: int, act: Act) -> None:
    """A version may answer whose check finds nothing, and that answers every test case as it should; there is one at least."""
    script, chosen = await queries.script(script_id), await queries.version(script_id, number)
    mistakes = await RUNNER.check(act.company.id, chosen.source, script.hook)
    if mistakes:
        raise ScriptNotReady(f"line {mistakes[0].line}: {mistakes[0].message}")
    results = await trying.try_cases(script_id, WhichVersion(version=number), act)
    if not results:
        raise ScriptNotReady("write at least one test case")
    wrong = [result.name for result in results if not result.passed]
    if wrong:
        raise ScriptNotReady(f"these test cases fail: {', '.join(wrong)}")


async def _begin(activation_id: UUID, act: Act) -> None:
    row = await locked(ScriptActivation, activation_id)
    await _end(row["script_id"], act, because="replaced")
    await change(ScriptActivation, activation_id, outcome="approved", begun_at=act.now)
    if (await queries.script(row["script_id"])).hook == "on_schedule":
        await acting.next_due(activation_id, (await queries.version_of(row["version_id"])).follows, act)
    asking.changes()


async def _end(script_id: UUID, act: Act, *, because: str) -> bool:
    """Whether a version answered until now."""
    ended = await execute(
        "update script_activation set ended_at = $2, ended_by_name = $3, ended_because = $4"
        " where script_id = $1 and begun_at is not null and ended_at is null",
        script_id,
        act.now,
        act.by.name,
        because,
    )
    asking.changes()
    return ended > 0
