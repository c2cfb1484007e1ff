"""Writing a new version of a tenant's policy, whole or a part of it."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from msgspec import Meta, Struct, structs

from guibin.audit.actions import noted
from guibin.context import Act, Company
from guibin.notation.plausible import Plausible
from guibin.packs import Hooks, Packs
from guibin.policy.merging import EACH_ONCE, KEYED, NAMED, rules_of
from guibin.policy.packs import Overrides, Pack, Policy, Sections
from guibin.policy.switches import called
from guibin.policy.validation import validate
from guibin.policy.words import Paragraph
from guibin_tenants.above import FromAbove
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, given
from guibin_tenants.scope import current_tenant, execute, fetch_column, fetch_value

from . import pack_history, queries
from .bounds import refuse_too_many, too_large
from .pack_history import KeptPack
from .queries import PolicyVersionView
from .tables import PolicyVersion


class NewPolicyVersion(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The company's own parts, whole, in force from `effective_from`: not in the past, for decisions stay explained."""

    overrides: Overrides
    effective_from: Annotated[datetime, Meta(tz=True)] | None = None
    note: Paragraph = ""


class Rewritten(Struct, frozen=True):
    """A version was written, and what the policy said before: neither holds what outlets asked for."""

    version: PolicyVersionView
    before: Policy
    after: Policy


# What becomes of the company's own parts.
Onto = Callable[[Overrides], Overrides]

# Told in the transaction of a version that says something else than the one before it.
REWRITTEN: FromAbove[Callable[[Rewritten, Act], Awaitable[None]]] = FromAbove("who must know of a new policy")


async def write(new: NewPolicyVersion, act: Act, *, packs: Packs | Hooks, known: bool = False) -> PolicyVersionView:
    """Add a version; `known`: it says nothing that was not told before.

    Raises Invalid with each contradiction in it or when it is too large, TooManyVersions.
    """
    at = new.effective_from or act.now
    was = await queries.own_parts(at)
    view = await _written(new, act, packs=packs, known=known)
    for later in await _bringing_packs_alone(at, was):
        await _written(structs.replace(new, effective_from=later), act, packs=packs, known=True)
    return view


async def _written(new: NewPolicyVersion, act: Act, *, packs: Packs | Hooks, known: bool) -> PolicyVersionView:
    effective_from = new.effective_from or act.now
    if effective_from < act.now:
        raise Invalid.at("effective_from", "now or later", value=effective_from.isoformat())
    version = await _next_version(act.now)
    then = await queries.hooks_then(packs, act.company, at=effective_from)
    before = queries.merged(then, act.company, await queries.own_parts(effective_from), version=0)
    after = checked(new.overrides, act.company, then)
    view = await _add(version, structs.replace(new, effective_from=effective_from), act)
    if not known:
        await REWRITTEN()(Rewritten(view, before, after), act)
    return view


async def _bringing_packs_alone(at: datetime, was: Overrides) -> list[datetime]:
    """When, after `at`, nothing of the company's own becomes otherwise than it `was`, but an upgrade of a pack takes effect."""
    moments = []
    for later in await moments_of_packs(at):
        if await queries.own_parts(later) != was:
            break
        moments.append(later)
    return moments


async def moments_of_packs(after: datetime) -> list[datetime]:
    """When an upgrade of a pack is to take effect, the earliest first."""
    return await fetch_column(
        "select distinct effective_from from policy_version where packs is not null and effective_from > $1 order by 1",
        after,
    )


def checked(own: Overrides, company: Company, packs: Packs | Hooks) -> Policy:
    """The policy with the company's own as given. Raises Invalid with each contradiction in it or when it is too large."""
    if large := too_large(own):
        raise Invalid("The policy is too large", fields=tuple(large))
    policy = queries.merged(packs, company, own, version=0)
    problems = (*validate(policy), *queries.unknown_parts(packs, company, own))
    if problems:
        raise Invalid(
            "The policy contradicts itself",
            fields=tuple(FieldError(p.path, p.rule, p.fix, p.value) for p in problems),
        )
    return policy


async def write_over(new: NewPolicyVersion, act: Act, *, onto: Onto | None = None) -> PolicyVersionView:
    """Add a version with these parts over what the company has of its own already, now and in versions still to come.

    `onto` says how they are laid over them, element by element unless it says otherwise. Raises as `write`.
    """
    effective_from = max(new.effective_from or act.now, act.now)
    later = await fetch_column(
        "select distinct effective_from from policy_version where effective_from > $1 order by 1", effective_from
    )
    lay = onto or partial(_each_over, new=new.overrides)
    view = await _written(await _over(new, effective_from, lay), act, packs=act.hooks, known=False)
    for at in later:
        await _written(await _over(new, at, lay), act, packs=act.hooks, known=True)
    return view


async def _over(new: NewPolicyVersion, at: datetime, lay: Onto) -> NewPolicyVersion:
    return structs.replace(new, overrides=lay(await queries.own_parts(at)), effective_from=at)


def _each_over(own: Overrides, new: Overrides) -> Overrides:
    return laid_over(own, new)


def laid_over(own: Overrides, new: Overrides) -> Overrides:
    """The company's own with these parts: elements replace those of their name, sections without names the whole of them."""
    rules = rules_of(Sections)
    parts: dict[str, Any] = {}
    for name in new.__struct_fields__:
        said, had, rule = getattr(new, name), getattr(own, name), rules.get(name)
        if rule is NAMED:
            parts[name] = tuple({one.name: one for one in (*had, *said)}.values())
        elif rule is KEYED:
            parts[name] = {**had, **said}
        elif rule is EACH_ONCE or name == "switched_off":
            parts[name] = tuple(dict.fromkeys((*had, *said)))
        else:
            parts[name] = had if said is None else said
    return Overrides(**parts)


def otherwise_than(own: Overrides, given_up: Collection[str], said: Overrides) -> Overrides:
    """The company's own less what it gives up, with these parts over it."""
    return laid_over(brought_back(own, given_up), said)


def brought_back(own: Overrides, names: Collection[str]) -> Overrides:
    """The company's own without these sections (`care`) and elements (`settings.silver_from`): there the packs hold again."""
    return Overrides(
        **{name: _less(name, getattr(own, name), names) for name in own.__struct_fields__ if name not in names}
    )


def _less(section: str, value: Any, names: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {key: one for key, one in value.items() if f"{section}.{key}" not in names}
    if isinstance(value, tuple):
        return tuple(one for one in value if f"{section}.{called(section, one)}" not in names)
    return value


async def write_again(note: str, act: Act) -> PolicyVersionView:
    """Add a version with what the company has of its own already, for a change that comes from beside it.

    Raises TooManyVersions.
    """
    version = await _next_version(act.now)
    own = await queries.own_parts(act.now)
    return await _add(version, NewPolicyVersion(overrides=own, effective_from=act.now, note=note), act)


async def keep_packs(act: Act) -> PolicyVersionView | None:
    """Keep what the company's packs say for it, as a version of its own, where that is not kept yet; None where it is. Nothing takes
    effect by it. Raises TooManyVersions."""
    packs = await pack_history.to_keep(act.hooks, act.now)
    if not packs:
        return None
    return await write_again("; ".join(_called(act.hooks.value(name)) for name in packs), act)


async def hold_packs(values: Mapping[str, Pack], act: Act, *, moments: Sequence[datetime], note: str) -> None:
    """From each of these moments on the packs of these names say this to the company, its other packs what they said.

    Raises Invalid where the policy would contradict itself then, TooManyVersions.
    """
    company = act.company
    for at in moments:
        own, then = await queries.own_parts(at), await queries.hooks_then(act.hooks, company, at=at)
        becomes = then.with_values(values)
        before, after = queries.merged(then, company, own, version=0), checked(own, company, becomes)
        version = await _next_version(act.now)
        packs = pack_history.kept({name: becomes.value(name) for name in becomes.names})
        view = await _add(version, NewPolicyVersion(overrides=own, effective_from=at, note=note), act, packs=packs)
        await REWRITTEN()(Rewritten(view, before, after), act)


def _called(pack: Pack) -> str:
    return f"{pack.regulation} {pack.version}".strip()


async def _next_version(now: datetime) -> int:
    # One writer at a time, so that versions count without a gap.
    await execute("select pg_advisory_xact_lock(hashtextextended('policy' || $1, 0))", str(current_tenant()))
    await refuse_too_many(now)
    return 1 + (await fetch_value("select max(version) from policy_version") or 0)


async def _add(
    version: int, new: NewPolicyVersion, act: Act, *, packs: dict[str, KeptPack] | None = None
) -> PolicyVersionView:
    if packs is None and (new.effective_from or act.now) <= act.now:
        # What is yet to come goes by the packs as they are then.
        packs = await pack_history.to_keep(act.hooks, act.now)
    row_id = await add(PolicyVersion, act, version=version, packs=packs, **given(new))
    await noted("policy.write", act, subject="policy", subject_id=row_id, purpose=new.note)
    queries.forget(current_tenant())
    return PolicyVersionView(version, new.effective_from or act.now, new.note, act.by.name, act.now)
