"""Switching automations on and off, and what one does about one occurrence."""

from contextvars import ContextVar
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.commands.actions import Bidden, CarriedOut, answerable, carry_out
from guibin.commands.refusals import NotAnswerable
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.automations import Automation, digest_of
from guibin.policy.commands import JUDGING
from guibin_tenants.principals import may, require
from guibin_tenants.refusals import Invalid, NotFound, refuse
from guibin_tenants.rows import add_all
from guibin_tenants.scope import ALL_UNITS, fetch_value
from guibin_tenants.tables import new_id

from . import states
from .checking import problems, round_of
from .history import Occurrence
from .judging import judged
from .refusals import GoesRound, StoppedByOperator
from .requests import Outcome
from .states import State
from .tables import AutomationRun

WRITES = may("automations:write")
# An automation that sets another off, and that one a third: no further.
CHAIN_MAX = 3
COMPANY_DAY_MAX = 2_000
# So many runs in a day all of whose commands were refused, and it is switched off.
FAILURES_MAX = 10
# The automations whose commands are being carried out, the first first.
CHAIN: ContextVar[tuple[str, ...]] = ContextVar("automations", default=())


class Switched(Struct, frozen=True):
    """Whether it does anything, in whose name, or why no more."""

    name: str
    on: bool
    by_name: str
    because: str = ""


class Came(Struct, frozen=True):
    """What came of one look: which part of the condition decided, or what became of each command."""

    outcome: Outcome
    because: str = ""
    done: tuple[CarriedOut, ...] = ()


def automation_of(name: str, act: Act) -> Automation:
    """The automation of the policy in force. Raises NotFound."""
    found = next((each for each in act.policy.automations if each.name == name), None)
    if found is None:
        raise NotFound(f"There is no automation {name} in the policy in force")
    return found


async def switch_on(name: str, act: Act) -> Switched:
    """From now on it acts, with the rights of whoever switches it on, as long as it stays as it is.

    Raises NotFound, Forbidden, Invalid for names that the company does not have, GoesRound, StoppedByOperator.
    """
    automation = automation_of(name, act)
    _refuse_unanswerable(act)
    if await states.stopped():
        raise StoppedByOperator()
    refuse(await problems(automation, act), "The automation was not switched on")
    running = await states.on()
    others = [each for each in act.policy.automations if each.name in running and each.name != name]
    if found := round_of(automation, others):
        raise GoesRound(" → ".join((*found, found[0])))
    state = State(
        digest=digest_of(automation),
        event=automation.event,
        on=True,
        by=person_of(act),
        by_name=act.by.name,
        at=act.now,
        hours=getattr(automation.when, "hours", 0),
        looked_at=act.now,
    )
    await states.keep(name, state)
    await noted("automation.switch_on", act, subject="automation", shown=1, fields=(name,))
    return Switched(name, True, act.by.name)


async def switch_off(name: str, act: Act) -> Switched:
    """It does nothing any more. Raises NotFound for one that never was on."""
    state = (await states.states()).get(name)
    if state is None:
        raise NotFound(f"The automation {name} was never on")
    await states.switch_off(name, state, "staff")
    await noted("automation.switch_off", act, subject="automation", shown=1, fields=(name,))
    return Switched(name, False, state.by_name, "staff")


async def stop_gone(act: Act) -> None:
    """Those that are no part of the policy any more are off: nothing that happens sets them off, where it has none at all."""
    there = {each.name for each in act.policy.automations}
    for name, state in (await states.on()).items():
        if name not in there:
            await _stop(name, state, "changed", act)


async def run(name: str, happened: Occurrence, act: Act, *, chain: tuple[str, ...] = ()) -> None:
    """Look at it once, do what is to be done, and write down why or why not."""
    await states.lock(name)
    state = (await states.states()).get(name)
    automation = next((each for each in act.policy.automations if each.name == name), None)
    if state is None or not state.on or await states.stopped():
        return
    if automation is None or digest_of(automation) != state.digest:
        await _stop(name, state, "changed", act)
        return
    if await fetch_value(
        "select true from automation_run where automation = $1 and occurrence = $2", name, happened.key
    ):
        return
    verdict = await judged(automation, happened, act)
    if not verdict.holds:
        await _write(name, happened, Came("not_met", verdict.path), act)
        return
    if name in chain or len(chain) >= CHAIN_MAX:
        await _write(name, happened, Came("loop", " → ".join((*chain, name))), act)
        return
    if await _used_up(automation, act):
        await _write(name, happened, Came("bounded", str(automation.per_day_max)), act)
        await _tell("automation_bounded", name, state, act)
        return
    try:
        author = await answerable(state.by, act, called=act.policy.title(f"automation.{name}", act.company.language))
        require(author.by, WRITES)
    except NotAnswerable:
        await _stop(name, state, "author", act)
        return
    await _carry_out(automation, happened, author, chain)
    if await _fails(name, act):
        await _stop(name, state, "failing", act)


def about(happened: Occurrence) -> Case:
    """The case it is about."""
    return Case(happened.subject, happened.subject_id, happened.customer_id)


async def _carry_out(automation: Automation, happened: Occurrence, act: Act, chain: tuple[str, ...]) -> None:
    token = CHAIN.set((*chain, automation.name))
    done: list[CarriedOut] = []
    try:
        for place, command in enumerate(automation.then):
            if not isinstance(command, JUDGING):
                bidden = Bidden(about(happened), f"{automation.name}/{happened.key}/{place}")
                done.append(await carry_out(command, bidden, act))
    finally:
        CHAIN.reset(token)
    outcome: Outcome = "done" if not done or any(each.outcome == "done" for each in done) else "refused"
    await _write(automation.name, happened, Came(outcome, done=tuple(done)), act)


async def _write(name: str, happened: Occurrence, came: Came, act: Act) -> None:
    row = {
        "id": new_id(),
        "automation": name,
        "event": happened.event,
        "occurrence": happened.key,
        "customer_id": happened.customer_id,
        "subject": happened.subject,
        "subject_id": happened.subject_id,
        "outcome": came.outcome,
        "because": came.because,
        "commands": msgspec.to_builtins([replace(each, said="") for each in came.done]),
        "ran_at": act.now,
    }
    await add_all(AutomationRun, None, [row], unless=("automation", "occurrence"))


async def _used_up(automation: Automation, act: Act) -> bool:
    row = await fetch_value(
        "select count(*) filter (where automation = $1) >= $2 or count(*) >= $3 from automation_run"
        " where outcome = 'done' and ran_at > $4",
        automation.name,
        automation.per_day_max,
        COMPANY_DAY_MAX,
        act.now - timedelta(days=1),
    )
    return bool(row)


async def _fails(name: str, act: Act) -> bool:
    """As many runs in a row as that came to nothing, within a day."""
    failed: int = await fetch_value(
        "select count(*)::int from (select outcome from automation_run where automation = $1 and outcome in ('done',"
        " 'refused') and ran_at > $2 order by ran_at desc, id desc limit $3) r where r.outcome = 'refused'",
        name,
        act.now - timedelta(days=1),
        FAILURES_MAX,
    )
    return failed >= FAILURES_MAX


async def _stop(name: str, state: State, because: str, act: Act) -> None:
    await states.switch_off(name, state, because)
    await noted("automation.stop", act, subject="automation", shown=1, fields=(name,))
    await _tell(f"automation_stopped_{because}", name, state, act)


async def _tell(kind: str, name: str, state: State, act: Act) -> None:
    """The admins and whoever switched it on, once a day."""
    notice = Notice(
        kind,
        Case("company", act.company.id),
        roles=("tenant_admin",),
        staff_ids=(state.by,),
        details={"automation": name},
    )
    await notify(notice, key=f"{kind}/{name}/{act.today}", now=act.now)


def _refuse_unanswerable(act: Act) -> None:
    """Raises Invalid for a key that is nobody's, and NotAnswerable for whoever sees a part of the company only."""
    if act.by.units != ALL_UNITS:
        raise NotAnswerable()
    if not act.by.is_person and act.by.owner_id is None:
        raise Invalid.at("by", "a member of staff, who answers for it", "sign in, or use a key of your own")


def person_of(act: Act) -> UUID:
    """Whose rights it has."""
    return act.by.owner_id or act.by.id
