"""Asking a company's scripts where its packs' hooks are asked, each run on record whatever becomes of the transaction."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job
from guibin.packs import SCRIPTS
from guibin_tenants import settings
from guibin_tenants.refusals import Refusal
from guibin_tenants.rows import add, many
from guibin_tenants.scope import Trace, current_scope, fetch_one
from guibin_tenants.tables import new_id

from .refusals import ScriptFailed
from .runner import RUNNER, Ran
from .stubs import HOOKS, Objection
from .tables import FAULTLESS, ScriptRun, ScriptRunDetail

# How long another process may go on with what was switched on, off or stopped.
REMEMBERED_FOR_S = 2.0
# Seconds of computing that a company's scripts have in 24 hours, unless the operator says otherwise.
DAY_S, DAY = 300.0, timedelta(hours=24)
BUDGET = "script_seconds_a_day"
# So many commands of all scripts of a company are carried out in 24 hours.
COMMANDS_DAY_MAX = 1_000


class JudgeScript(Job, frozen=True):
    """A script failed: see whether it did so too often."""

    version_id: UUID


class Answering(Struct, frozen=True):
    """A version that answers."""

    script_id: UUID
    version_id: UUID
    name: str
    hook: str
    source: str
    follows: str
    activation_id: UUID
    answerable_id: UUID | None


class Used(Struct):
    """What a company's scripts have used of the last 24 hours: microseconds of computing, and commands."""

    computed_us: int = 0
    commands: int = 0


class Known(Struct):
    """What answers for a company, and what its scripts have used of their day; nothing answers while they are stopped."""

    until: float
    answering: tuple[Answering, ...]
    budget_us: int
    used: Used

    @property
    def used_up(self) -> bool:
        """Whether nothing is left of the day's computing."""
        return self.used.computed_us >= self.budget_us


_known: dict[UUID, Known] = {}


def forget(company: UUID) -> None:
    """Look up again what answers for this company."""
    _known.pop(company, None)


def changes() -> None:
    """What answers is changed by this transaction: this process forgets it with the commit."""
    current_scope().after_commit.append(forget)


async def known(now: datetime) -> Known:
    """What answers in the company of this scope."""
    company = current_scope().tenant_id
    found = _known.get(company)
    if found is None or found.until < time.monotonic():
        answering = await many(
            Answering,
            "from (select a.script_id, a.version_id, x.name, x.hook, v.source, v.follows, a.id as activation_id, a.answerable_id"
            " from script_activation a join script x on x.tenant_id = a.tenant_id and x.id = a.script_id"
            " join script_version v on v.tenant_id = a.tenant_id and v.id = a.version_id"
            " where a.begun_at is not null and a.ended_at is null"
            " and not exists (select from script_stop s where s.tenant_id = a.tenant_id and s.resumed_at is null)"
            ") x order by name",
        )
        have, budget = (await used(now), await settings.read(BUDGET, float, DAY_S)) if answering else (Used(), DAY_S)
        found = Known(time.monotonic() + REMEMBERED_FOR_S, tuple(answering), round(budget * 1_000_000), have)
        _known[company] = found
    return found


async def used(now: datetime) -> Used:
    """What the company's scripts computed and had done in the last 24 hours."""
    row = await fetch_one(
        "select coalesce(sum(taken_us), 0)::bigint as computed, coalesce(sum(commands), 0)::bigint as commands"
        " from script_run where ran_at > $1",
        now - DAY,
    )
    return Used(row["computed"], row["commands"]) if row else Used()


class Asking:
    """The scripts of the company whose scope this is, at one moment."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    async def has(self, hook: str) -> bool:
        """Whether any answers this hook."""
        return any(each.hook == hook for each in (await known(self.now)).answering)

    async def ask(self, hook: str, about: UUID | None, **arguments: Any) -> list[Any]:
        """Every script's answer, in the order of their names. Raises ScriptFailed for an objection that cannot be heard."""
        found = await known(self.now)
        answers = []
        for each in found.answering:
            if each.hook != hook:
                continue
            ran = await self._ran(each, found, about, msgspec.to_builtins(arguments))
            if ran.outcome == "ok":
                answers.append(msgspec.json.decode(ran.output, type=HOOKS[hook].answers))
            elif hook == "objections":
                raise ScriptFailed(f"script {each.name!r}: {ran.error or ran.outcome}")
        if hook == "objections":
            return [_said(one) for answer in answers for one in answer]
        return answers

    async def _ran(self, script: Answering, found: Known, about: UUID | None, given: Mapping[str, Any]) -> Ran:
        if found.used_up:
            ran = Ran(outcome="busy", error="the company's scripts have used up their day")
        else:
            ran = await RUNNER.run(current_scope().tenant_id, script.source, script.hook, given)
        found.used.computed_us += ran.taken_us
        kept = Kept(script, ran, about, self.now, msgspec.json.encode(given).decode())
        await kept.write()
        current_scope().traces.append(Trace(kept.write))
        return ran


class Kept(Struct):
    """A run as it is written down: with the transaction in which it was asked, and again where that is undone. `commands` were
    carried out, `done` says what became of each."""

    script: Answering
    ran: Ran
    about: UUID | None
    now: datetime
    given: str
    commands: int = 0
    done: str = "[]"

    async def write(self) -> Refusal | None:
        run_id, ran = new_id(), self.ran
        await add(
            ScriptRun,
            id=run_id,
            script_id=self.script.script_id,
            version_id=self.script.version_id,
            hook=self.script.hook,
            outcome=ran.outcome,
            line=ran.line,
            taken_us=ran.taken_us,
            commands=self.commands,
            ran_at=self.now,
        )
        await add(
            ScriptRunDetail,
            run_id=run_id,
            customer_id=self.about,
            given=self.given,
            answer=ran.output,
            log=ran.log,
            error=ran.error,
            done=self.done,
        )
        if ran.outcome not in FAULTLESS:
            key = f"judge-script/{self.script.version_id}"
            await enqueue(JudgeScript(self.script.version_id), now=self.now, unique_key=key, while_pending=True)
        return None


def _said(objection: Objection) -> str:
    """For readers of either language, Chinese first."""
    return f"{objection.zh}（{objection.en}）"


SCRIPTS.give(Asking)
