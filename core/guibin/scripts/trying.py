"""Trying a version before it answers: its check, its test cases, what it would have said of the company's own last days."""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.automations import history
from guibin.automations.history import PAST
from guibin.automations.refusals import NothingPast
from guibin.automations.wording import Sentence
from guibin.complaints.tables import Complaint
from guibin.context import Act
from guibin.hookspecs import ComplaintDraft, LevelSuggestion, Measure, Proposal
from guibin.profiles.tables import Customer
from guibin.tiers.tables import Application, Appraisal
from guibin_tenants.refusals import FieldError, refuse
from guibin_tenants.scope import fetch
from guibin_tenants.tables import BLANK

from . import figures, queries
from .queries import CaseView, VersionView
from .refusals import RunErased
from .requests import HistoryAsked, NewScriptCase, ScriptDraft, WhichVersion
from .runner import RUNNER, Mistake, Outcome, Ran
from .stubs import HOOKS, Objection

# So many of the newest are tried, and for so long: whoever asks waits for it.
PAST_MAX, PAST_WITHIN_S = 200, 4.0


class CaseResult(Struct, frozen=True, kw_only=True):
    """How a test case went: what was said, as JSON, and what should have been."""

    name: str
    passed: bool
    outcome: Outcome
    said: str
    expects: str
    error: str
    line: int
    log: str
    taken_us: int


class PastAnswer(Struct, frozen=True, kw_only=True):
    """What the version would have said of something of then, and what was. `differs` where it is otherwise."""

    at: datetime
    subject: str
    subject_id: UUID
    outcome: Outcome
    would: str
    was: str
    differs: bool
    error: str


class History(Struct, frozen=True, kw_only=True):
    """Of `asked` things of the last days, so many would have been otherwise or could not be judged; the newest first.

    `left_out` are those that were too many.
    """

    version: int
    days: int
    asked: int
    left_out: int
    differing: int
    failed: int
    answers: list[PastAnswer]


class Repeated(Struct, frozen=True, kw_only=True):
    """A run once more, with what it was given then: whether it says the same."""

    same: bool
    outcome: Outcome
    answer: str
    error: str


class Past(Struct, frozen=True):
    """Something the hook would have been asked: what it is about, what it would have been given, and what was."""

    at: datetime
    subject: str
    subject_id: UUID
    given: dict[str, Any]
    was: str


async def check(new: ScriptDraft, act: Act) -> list[Mistake]:
    """What is wrong with a text that is not kept."""
    return await RUNNER.check(act.company.id, new.source, new.hook)


async def try_cases(script_id: UUID, new: WhichVersion, act: Act) -> list[CaseResult]:
    """Every test case of the script, asked of this version. Raises NotFound."""
    hook, tried = (await queries.script(script_id)).hook, await queries.version(script_id, new.version)
    return [await _tried(tried, hook, case, act) for case in await queries.cases(script_id)]


async def ask_history(script_id: UUID, new: HistoryAsked, act: Act) -> History:
    """What the version would have said of the company's own last days; nothing comes of it. Raises NotFound."""
    hook, tried = (await queries.script(script_id)).hook, await queries.version(script_id, new.version)
    found = await _PASTS[hook](tried.follows, act.now - timedelta(days=new.days), act)
    answers, begun = [], time.monotonic()
    for past in found[:PAST_MAX]:
        if time.monotonic() - begun > PAST_WITHIN_S:
            break
        ran = await RUNNER.run(act.company.id, tried.source, hook, past.given)
        answers.append(_then(past, ran, hook, act))
    await noted("script.replay", act, subject="script", subject_id=script_id, shown=len(answers))
    return History(
        version=tried.number,
        days=new.days,
        asked=len(answers),
        left_out=len(found) - len(answers),
        differing=sum(answer.differs for answer in answers),
        failed=sum(answer.outcome != "ok" for answer in answers),
        answers=answers,
    )


async def repeat(run_id: UUID, act: Act) -> Repeated:
    """Ask the version of a run what that was asked. Raises NotFound, RunErased."""
    run = await queries.WHOLE_RUNS.one(run_id)
    if run.given == BLANK:
        raise RunErased(f"Run {run_id}")
    source = (await queries.version_of(run.version_id)).source
    ran = await RUNNER.run(act.company.id, source, run.hook, msgspec.json.decode(run.given))
    await noted("script_run.repeat", act, subject="script_run", subject_id=run_id, customer_id=run.customer_id, shown=1)
    same = (ran.outcome, ran.output, ran.error) == (run.outcome, run.answer, run.error)
    return Repeated(same=same, outcome=ran.outcome, answer=ran.output, error=ran.error)


def refuse_wrong(cases: tuple[NewScriptCase, ...], hook: str) -> None:
    """Raises Invalid with every case whose values are none of the hook's, and every name twice."""
    problems, names = [], [case.name for case in cases]
    for place, case in enumerate(cases):
        if names.count(case.name) > 1:
            problems.append(FieldError(f"cases[{place}].name", "a name that no other case has", value=case.name))
        for field, text, kind in (
            ("given", case.given, dict[str, Any]),
            ("expects", case.expects, HOOKS[hook].answers),
        ):
            try:
                value = msgspec.json.decode(text, type=kind)
                if field == "given":
                    _fit(value, hook)
            except (msgspec.MsgspecError, TypeError) as error:
                problems.append(FieldError(f"cases[{place}].{field}", f"JSON of the hook's: {error}", value=text[:200]))
    refuse(problems, "The test cases were not kept")


def _fit(given: dict[str, Any], hook: str) -> None:
    takes = HOOKS[hook].takes
    if given.keys() != takes.keys():
        raise TypeError(f"it takes: {', '.join(takes)}")
    for name, kind in takes.items():
        msgspec.convert(given[name], kind)


async def _tried(version: VersionView, hook: str, case: CaseView, act: Act) -> CaseResult:
    given = msgspec.json.decode(case.given)
    ran = await RUNNER.run(act.company.id, version.source, hook, given)
    kind = HOOKS[hook].answers
    right = ran.outcome == "ok" and msgspec.json.decode(ran.output, type=kind) == msgspec.json.decode(
        case.expects, type=kind
    )
    return CaseResult(
        name=case.name,
        passed=right,
        outcome=ran.outcome,
        said=readable(ran.output),
        expects=case.expects,
        error=ran.error,
        line=ran.line,
        log=ran.log,
        taken_us=ran.taken_us,
    )


def readable(text: str) -> str:
    """JSON with its letters as people write them."""
    return msgspec.json.encode(msgspec.json.decode(text)).decode()


def _then(past: Past, ran: Ran, hook: str, act: Act) -> PastAnswer:
    would = _words(msgspec.json.decode(ran.output, type=HOOKS[hook].answers), act) if ran.outcome == "ok" else ""
    return PastAnswer(
        at=past.at,
        subject=past.subject,
        subject_id=past.subject_id,
        outcome=ran.outcome,
        would=would,
        was=past.was,
        differs=ran.outcome == "ok" and _differs(hook, would, past.was),
        error=ran.error,
    )


def _differs(hook: str, would: str, was: str) -> bool:
    """A level that is not suggested is left as it was; objections and measures are otherwise when there are any."""
    return bool(would) and (hook != "suggest_level" or would != was)


def _words(answer: Any, act: Act) -> str:
    if isinstance(answer, LevelSuggestion):
        return answer.level
    sentence = Sentence(act.policy, act.language)
    return "; ".join(
        f"{each.zh}（{each.en}）"
        if isinstance(each, Objection)
        else f"{each.name} {each.value}"
        if isinstance(each, Measure)
        else sentence.command(each)
        for each in answer or ()
    )


async def _complaints(_: str, since: datetime, __: Act) -> list[Past]:
    rows = await fetch(
        "select x.id, x.received_at, x.text, x.channel, x.level, c.kind"
        f" from {Complaint._meta.tablename} x left join {Customer._meta.tablename} c on c.tenant_id = x.tenant_id and c.id = x.customer_id"
        " where x.received_at > $1 and x.kind = 'complaint' and x.text <> $2 order by x.received_at desc, x.id",
        since,
        BLANK,
    )
    return [
        Past(
            row["received_at"],
            "complaint",
            row["id"],
            {"draft": msgspec.to_builtins(ComplaintDraft(row["text"], row["channel"], row["kind"]))},
            row["level"],
        )
        for row in rows
    ]


async def _applications(_: str, since: datetime, __: Act) -> list[Past]:
    rows = await fetch(
        "select id, applied_at, customer_id, kind, scheme, tier, coalesce(outcome, '') as outcome"
        f" from {Application._meta.tablename}"
        " where applied_at > $1 order by applied_at desc, id",
        since,
    )
    return [
        Past(
            row["applied_at"],
            "application",
            row["id"],
            {
                "proposal": msgspec.to_builtins(
                    Proposal(
                        "application",
                        row["customer_id"],
                        {"kind": row["kind"], "scheme": row["scheme"], "tier": row["tier"]},
                    )
                )
            },
            row["outcome"],
        )
        for row in rows
    ]


async def _appraisals(_: str, since: datetime, __: Act) -> list[Past]:
    rows = await fetch(
        f"select id, appraised_at, measures from {Appraisal._meta.tablename} where appraised_at > $1 order by appraised_at desc, id",
        since,
    )
    known = [(row, msgspec.json.decode(row["measures"], type=dict[str, int | None])) for row in rows]
    return [
        Past(
            row["appraised_at"],
            "appraisal",
            row["id"],
            {"measures": {name: value for name, value in measures.items() if value is not None}},
            "",
        )
        for row, measures in known
    ]


async def _events(follows: str, since: datetime, act: Act) -> list[Past]:
    """Raises NothingPast for an event that leaves no trace by which it could be found."""
    if follows not in PAST:
        raise NothingPast(f"{follows}; what can be tried: {', '.join(sorted(PAST))}")
    found = await history.found(follows, since, act.now + timedelta(microseconds=1))
    return [
        Past(
            each.at,
            each.subject,
            each.subject_id,
            {"happened": msgspec.to_builtins(await figures.happened(each, act))},
            "",
        )
        for each in found[-PAST_MAX:][::-1]
    ]


async def _everybody(_: str, since: datetime, act: Act) -> list[Past]:
    """As if the hour came now."""
    known = await figures.figures_of(
        [each.subject_id for each in await history.everybody(act.now, None, PAST_MAX)], act.now, act
    )
    return [
        Past(act.now, "customer", each.id, {"due": msgspec.to_builtins(figures.due(each, act.now, act))}, "")
        for each in known.values()
    ]


_PASTS: dict[str, Callable[[str, datetime, Act], Awaitable[list[Past]]]] = {
    "suggest_level": _complaints,
    "objections": _applications,
    "derived_measures": _appraisals,
    "on_event": _events,
    "on_schedule": _everybody,
}
