"""A signal from what was noticed to what was done about it: found, told to whoever is responsible, timed, ended (S07-32)."""

from collections.abc import Sequence
from uuid import UUID

from guibin.audit.actions import noted, recorded
from guibin.cases import Case
from guibin.cases.requests import Because
from guibin.context import Act
from guibin.events import ArchiveEnds, at_once
from guibin.notices.actions import Notice, notify
from guibin.policy.signals import SignalRule
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants.rows import add_all, change, locked
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id

from . import finding, queries
from .finding import Found
from .queries import ACTION, LISTED, SUBJECT, SignalView
from .refusals import SignalEnded
from .requests import NewSignalEnd
from .tables import Signal


async def look(act: Act) -> int:
    """Open a signal for whatever the policy's rules find now and nobody was told; how many."""
    opened = 0
    for rule in act.policy.signals:
        opened += await open_all(rule, await finding.find(rule, act), act)
        if rule.source == "outage":
            opened += sum([await warn(outage_id, act) for outage_id in await queries.running(act.now)])
    return opened


async def warn(outage_id: UUID, act: Act) -> int:
    """Open a signal for every customer an outage affects, by each rule that says so; how many. Raises NotFound."""
    opened = 0
    for rule in act.policy.signals:
        if rule.source == "outage":
            opened += await open_all(rule, await finding.affected(outage_id, rule, act), act)
    return opened


async def open_all(rule: SignalRule, found: Sequence[Found], act: Act) -> int:
    """Each once, with its time, told to whoever looks after the customer first; how many are new."""
    ids = [new_id() for _ in found]
    rows = [
        {
            "id": signal_id,
            "customer_id": each.customer_id,
            "rule": rule.name,
            "source": rule.source,
            "occurrence": each.occurrence,
            "outage_id": each.outage_id,
            "details": each.details,
            "found_at": act.now,
            "followed_days": rule.followed_days,
            "clause": rule.clause,
            "policy_version": act.policy.version,
        }
        for signal_id, each in zip(ids, found, strict=True)
    ]
    if not rows:
        return 0
    written = set(await add_all(Signal, None, rows, unless=("customer_id", "rule", "occurrence")))
    cases = [Case(SUBJECT, each, of.customer_id) for each, of in zip(ids, found, strict=True) if each in written]
    terms = rule.terms(rule.act_within, clause=rule.clause)
    await sla.start_all([NewTimer(case, ACTION, terms, act.now) for case in cases])
    for case in cases:
        told = Notice(
            "signal_open", case, roles=("account_manager", *rule.tell), details={"signal": rule.name, "task": rule.name}
        )
        await notify(told, key=f"signal_open/{case.id}", now=act.now)
    if cases:
        whose = tuple(case.customer_id for case in cases if case.customer_id)
        await noted("signal.open", act, subject=SUBJECT, customer_ids=whose, shown=len(whose))
    return len(cases)


async def finish(signal_id: UUID, new: NewSignalEnd, act: Act) -> SignalView:
    """Say what was done about it, in time or late. Raises NotFound, SignalEnded."""
    return await _end(signal_id, "done", new.text, act)


async def dismiss(signal_id: UUID, new: Because, act: Act) -> SignalView:
    """There is nothing to be done, and why. Raises NotFound, SignalEnded."""
    return await _end(signal_id, "dismissed", new.reason, act)


@at_once(ArchiveEnds)
async def lapse_with_archive(ends: ArchiveEnds, act: Act) -> None:
    """Nobody is warned of a customer who is served no more, nor of one who is erased: nobody knows whom to act for."""
    rows = await fetch(
        "select id from signal where customer_id = $1 and state = 'open' order by id for update", ends.customer_id
    )
    for row in rows:
        await sla.cancel(row["id"], ACTION, now=act.now)
    await execute(
        "update signal set state = 'lapsed', ended_at = $2, version = version + 1 where id = any ($1)",
        [row["id"] for row in rows],
        act.now,
    )


async def _end(signal_id: UUID, kind: str, said: str, act: Act) -> SignalView:
    row = await locked(Signal, signal_id)
    if row["state"] != "open":
        raise SignalEnded(f"It ended at {row['ended_at']}")
    await sla.complete_if_any(signal_id, ACTION, at=act.now, now=act.now)
    await change(Signal, signal_id, act, state=kind, result=said)
    verb = "finish" if kind == "done" else "dismiss"
    return await recorded(verb, Case(SUBJECT, signal_id, row["customer_id"]), LISTED, act)
