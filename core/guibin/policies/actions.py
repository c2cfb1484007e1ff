"""Writing a new version of a tenant's policy, whole or a part of it."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from msgspec import Meta, Struct, structs

from guibin.audit.actions import noted
from guibin.context import Act, Company
from guibin.notation.plausible import Plausible
from guibin.packs import Hooks, Packs
from guibin.policy.merging import EACH_ONCE, KEYED, NAMED, rules_of
from guibin.policy.packs import Overrides, Policy, Sections
from guibin.policy.switches import called
from guibin.policy.validation import validate
from guibin.policy.words import Paragraph
from guibin_tenants.above import FromAbove
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, given
from guibin_tenants.scope import current_tenant, execute, fetch_column, fetch_value

from . import pack_history, queries
from .bounds import refuse_too_many, too_large
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
    effective_from = new.effective_from or act.now
    if effective_from < act.now:
        raise Invalid.at("effective_from", "now or later", value=effective_from.isoformat())
    version = await _next_version(act.now)
    before = queries.merged(packs, act.company, await queries.own_parts(effective_from), version=0)
    after = checked(new.overrides, act.company, packs)
    view = await _add(version, structs.replace(new, effective_from=effective_from), act)
    if not known:
        await REWRITTEN()(Rewritten(view, before, after), act)
    return view


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
    view = await write(await _over(new, effective_from, lay), act, packs=act.hooks)
    for at in later:
        await write(await _over(new, at, lay), act, packs=act.hooks, known=True)
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
    """Keep what the company's packs say from now on, as a version of its own, where it is something else than was kept before, such
    as after an upgrade; None where it is the same. Whoever must know hears of what is otherwise. Raises TooManyVersions."""
    packs = await pack_history.to_keep(act.hooks)
    if packs is None or not packs:
        return None
    own, kept = await queries.own_parts(act.now), await pack_history.last_kept()
    after = queries.merged(act.hooks, act.company, own, version=0)
    regulations = [f"{act.hooks.installed.value(name).regulation} {one.version}".strip() for name, one in packs.items()]
    view = await write_again("; ".join(regulations), act)
    if kept is not None:
        before = queries.of_values(kept, own, version=0)
        await REWRITTEN()(Rewritten(view, before, after), act)
    return view


async def _next_version(now: datetime) -> int:
    # One writer at a time, so that versions count without a gap.
    await execute("select pg_advisory_xact_lock(hashtextextended('policy' || $1, 0))", str(current_tenant()))
    await refuse_too_many(now)
    return 1 + (await fetch_value("select max(version) from policy_version") or 0)


async def _add(version: int, new: NewPolicyVersion, act: Act) -> PolicyVersionView:
    # What is yet to come goes by the packs as they are then.
    packs = await pack_history.to_keep(act.hooks) if (new.effective_from or act.now) <= act.now else None
    row_id = await add(PolicyVersion, act, version=version, packs=packs, **given(new))
    await noted("policy.write", act, subject="policy", subject_id=row_id, purpose=new.note)
    queries.forget(current_tenant())
    return PolicyVersionView(version, new.effective_from or act.now, new.note, act.by.name, act.now)
