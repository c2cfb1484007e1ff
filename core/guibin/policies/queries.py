"""Which policy is in force, and how it came about."""

import time
from collections.abc import Awaitable, Callable, Hashable, Sequence, Set
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guibin.context import Act, Company
from guibin.packs import Hooks, Packs
from guibin.policy.indicators import Indicator, with_indicators
from guibin.policy.layers import layered
from guibin.policy.packs import Overrides, Pack, Policy, merge
from guibin.policy.problems import PolicyProblem
from guibin.policy.switches import unknown
from guibin.regulations.core import CORE
from guibin.regulations.general import GENERAL
from guibin_tenants.above import FromAbove, NamedFromAbove
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import many
from guibin_tenants.scope import current_tenant, fetch_one, fetch_value

from .merged import MergedPolicies
from .pack_history import LATEST, kept_by

# How long another process may go on with a policy after a new version took effect.
REMEMBERED_FOR_S = 2.0
REMEMBERED_MAX = 2_000
SPANS_MAX = 8


class PolicyVersionView(Struct, frozen=True):
    """One version: from when it is in force, who wrote it and why."""

    version: int
    effective_from: datetime
    note: str
    written_by_name: str
    written_at: datetime


class _Span(Struct, frozen=True):
    """Which version holds from `begins` until `ends`, None when no end is known. Without a version, the packs' defaults.

    `indicators` are the outlets' that were approved when the version began (S12-2). `packs_from` is the version that kept
    the packs' values of then; None where none did, and the packs hold as they are.
    """

    begins: datetime | None
    ends: datetime | None
    version_id: UUID | None = None
    indicators: tuple[UUID, ...] = ()
    version: int = 0
    packs_from: UUID | None = None

    @property
    def said(self) -> tuple[Hashable, ...]:
        """What the policy is made of, beside the packs' values of today."""
        return self.version_id, self.indicators, self.packs_from

    def holds(self, at: datetime) -> bool:
        return (self.begins is None or self.begins <= at) and (self.ends is None or at < self.ends)


class FromOutlets(Struct, frozen=True):
    """What a policy holds beside its versions: the outlets' own indicators (S12-2).

    `in_force` is the SQL of a list of ids: those that are in force when the version `v` begins. `read` gives them in the
    order in which they were approved.
    """

    in_force: str
    read: Callable[[tuple[UUID, ...]], Awaitable[tuple[Indicator, ...]]]


FROM_OUTLETS: FromAbove[FromOutlets] = FromAbove("the indicators of outlets")
# What an automation may follow beside the events of packs.
CORE_EVENTS: NamedFromAbove[type] = NamedFromAbove()
_spans: dict[UUID, tuple[float, list[_Span]]] = {}
_merged = MergedPolicies()


async def effective_policy(packs: Packs, company: Company, *, at: datetime) -> Policy:
    """The company's policy in force at `at`: the latest version whose day has come, else its packs' defaults."""
    span = await _span(company.id, at)
    # By the row's id: a number that was rolled back is given again.
    key = (packs, company.packs, span.ends is None, *span.said)
    found = _merged.get(company.id, key)
    if found is None:
        row = await fetch_one("select version, overrides from policy_version where id = $1", span.version_id)
        approved = await FROM_OUTLETS().read(span.indicators)
        values = await _values(packs, company, span)
        # Somebody else may have merged it while these were read.
        found = _merged.get(company.id, key)
        if found is None:
            text = row["overrides"] if row else "{}"
            overrides = msgspec.json.decode(text, type=Overrides)
            found = with_indicators(of_values(values, overrides, version=row["version"] if row else 0), approved)
            _merged.keep(company.id, key, found, size=len(text))
    return found


async def hooks_of(packs: Packs, company: Company, *, at: datetime) -> Hooks:
    """The hooks of the company's packs, and of each the values that hold for it at `at`."""
    hooks = packs.hooks_of(company.packs)
    held = (await _span(company.id, at)).packs_from
    return hooks.with_values(await kept_by(held, packs)) if held is not None else hooks


async def hooks_then(hooks: Packs | Hooks, company: Company, *, at: datetime) -> Hooks:
    """The same, looked up in this transaction: as what it has written itself has it."""
    packs = hooks.installed if isinstance(hooks, Hooks) else hooks
    held = (await _look_up(at)).packs_from
    there = packs.hooks_of(company.packs)
    return there.with_values(await kept_by(held, packs)) if held is not None else there


async def _values(packs: Packs, company: Company, span: _Span) -> list[Pack]:
    """What is over goes by the packs of then, the present by those that the company has."""
    held = await kept_by(span.packs_from, packs) if span.packs_from is not None else {}
    if span.ends is not None and held:
        return list(held.values())
    return [held.get(name) or packs.value(name) for name in packs.started(company.packs)]


def at_hand(company_id: UUID, at: datetime) -> list[Policy]:
    """The company's policy in force at `at` as this process has it at hand, without a statement: one for each choice of packs it
    was merged with, none where it would have to be looked up."""
    until, known = _spans.get(company_id, (0.0, []))
    span = next((span for span in known if span.holds(at)), None)
    return _merged.ending(company_id, span.said) if span is not None and time.monotonic() <= until else []


async def act_of(packs: Packs, company: Company, *, by: Principal, now: datetime, language: str = "") -> Act:
    """What whoever does something for the company now brings; in the company's language unless another is given."""
    return Act(
        by=by,
        now=now,
        company=company,
        policy=await effective_policy(packs, company, at=now),
        language=language or company.language,
        hooks=(await hooks_of(packs, company, at=now)).with_scripts(now),
    )


def forget(company_id: UUID) -> None:
    """Look up at their next use which of this company's versions is in force."""
    _spans.pop(company_id, None)


async def act_then(act: Act, at: datetime) -> Act:
    """What `act` would have brought at a moment that is over: the policy in force then, and the values that its packs had."""
    packs = act.hooks.installed
    return replace(
        act,
        now=at,
        policy=await effective_policy(packs, act.company, at=at),
        hooks=await hooks_of(packs, act.company, at=at),
    )


async def versions() -> list[PolicyVersionView]:
    """Every version, latest first."""
    return await many(PolicyVersionView, "from policy_version order by effective_from desc, version desc")


async def version(number: int) -> PolicyVersionView | None:
    """The version of this number; None where there is none."""
    found = await many(PolicyVersionView, "from policy_version where version = $1", number)
    return found[0] if found else None


async def parts_of(number: int) -> Overrides:
    """What the company had of its own in this version; nothing in version 0, which is the packs' own. Raises NotFound."""
    if number == 0:
        return Overrides()
    found = await fetch_value("select overrides from policy_version where version = $1", number)
    if found is None:
        raise NotFound(f"There is no version {number} of the policy")
    return msgspec.json.decode(found, type=Overrides)


async def own_parts(at: datetime) -> Overrides:
    """What the company has of its own in the version in force then; nothing before its first."""
    found = await fetch_value(
        "select overrides from policy_version where effective_from <= $1"
        " order by effective_from desc, version desc limit 1",
        at,
    )
    return msgspec.json.decode(found or "{}", type=Overrides)


async def _span(company_id: UUID, at: datetime) -> _Span:
    until, known = _spans.get(company_id, (0.0, []))
    if until < time.monotonic():
        if len(_spans) >= REMEMBERED_MAX:
            _spans.clear()
        until, known = _spans[company_id] = (time.monotonic() + REMEMBERED_FOR_S, [])
    found = next((span for span in known if span.holds(at)), None)
    if found is None:
        found = await _look_up(at)
        # Whoever asks for many moments of the past is asking for few of them twice.
        known[:] = [found, *known][:SPANS_MAX]
    return found


async def version_at(at: datetime) -> int:
    """Which version of the company's policy was in effect; 0 for what its packs say (S01-2)."""
    return (await _span(current_tenant(), at)).version


async def _look_up(at: datetime) -> _Span:
    # Whenever an indicator begins or ends there is a version from that moment on.
    row = await fetch_one(
        f"select v.id, v.version, v.effective_from, array({FROM_OUTLETS().in_force}) as indicators,"
        " (select p.id from policy_version p where p.packs is not null"
        f" and (p.effective_from, p.version) <= (v.effective_from, v.version) {LATEST}) as packs_from"
        " from policy_version v where v.effective_from <= $1 order by v.effective_from desc, v.version desc limit 1",
        at,
    )
    ends = await fetch_value("select min(effective_from) from policy_version where effective_from > $1", at)
    if row is None:
        first = "select id from policy_version where packs is not null order by effective_from, version limit 1"
        return _Span(None, ends, packs_from=await fetch_value(first) if ends else None)
    return _Span(row["effective_from"], ends, row["id"], tuple(row["indicators"]), row["version"], row["packs_from"])


def unknown_parts(packs: Packs | Hooks, company: Company, overrides: Overrides) -> tuple[PolicyProblem, ...]:
    """What the company does without and never had, and the events that its automations follow and that there are none of: of packs
    it does not have, or misspelt."""
    whole = merged(packs, company, replace(overrides, switched_off=()), version=0)
    return (*unknown(whole, overrides.switched_off), *_unknown_events(packs, company, overrides))


def _unknown_events(packs: Packs | Hooks, company: Company, overrides: Overrides) -> list[PolicyProblem]:
    """What a pack put aside declares is not known; nor is what the core's are called in a process that has none."""
    named = {each.name: each.event for each in overrides.automations if each.event}
    if not named:
        return []
    hooks = packs.hooks_of(company.packs) if isinstance(packs, Packs) else packs
    known = {event.__struct_config__.tag for event in hooks.events()}
    return [
        PolicyProblem(f"automations.{name}.when.event", event, rule, "GET /event-types")
        for name, event in named.items()
        if (rule := _no_event(event, known, hooks))
    ]


def _no_event(event: str, of_packs: Set[object], hooks: Hooks) -> str:
    pack, dot, _ = event.partition(".")
    if dot:
        return "" if event in of_packs or pack in hooks.aside else "an event of a pack of the company's"
    return "" if event in CORE_EVENTS or not CORE_EVENTS else "a kind of event"


def merged(packs: Packs | Hooks, company: Company, overrides: Overrides, *, version: int) -> Policy:
    """The general regulations, the company's packs over them, and these parts of its own over all. A pack that is put aside
    says nothing."""
    return of_values([packs.value(name) for name in packs.started(company.packs)], overrides, version=version)


def of_values(values: Sequence[Pack], overrides: Overrides, *, version: int) -> Policy:
    """The same of these packs."""
    policy = merge(layered(GENERAL, values, overrides).parts, CORE, overrides, version=version)
    return replace(policy, packs=tuple(pack.name for pack in values) or (GENERAL.name,))
