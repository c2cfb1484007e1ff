"""Switching a pack on and off: what it would bring is told first, then done as one, on record and to whoever must know."""

from msgspec import Struct, structs

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.jobs import ticks
from guibin.notices.actions import Notice, notify
from guibin.packs import Hooks, PutAside
from guibin.policies.actions import REWRITTEN, Rewritten, checked, hold_packs, moments_of_packs, write_again
from guibin.policies.queries import hooks_then, merged, own_parts
from guibin.policy.differences import differences
from guibin.policy.packs import Policy
from guibin.policy.words import Note
from guibin.policy_changes.wording import Change, told
from guibin_tenants import registry
from guibin_tenants.registry import Switchable
from guibin_tenants.scope import fetch_column

from . import queries
from .queries import Brought, Kept, PackState
from .refusals import OperatorsPack, PackNotReady


class PackSwitch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the pack is switched, for whoever looks it up."""

    note: Note = ""


class PackPreview(Struct, frozen=True, kw_only=True):
    """What switching the pack would bring: whether the company would have it then, what of the pack's own comes or goes with it,
    what the policy would say otherwise, and what stays of the company's rows in the pack's tables."""

    name: str
    enabled: bool
    brings: tuple[Brought, ...]
    changes: tuple[Change, ...]
    keeps: tuple[Kept, ...]


class _Planned(Struct, frozen=True):
    """The company with its packs as they would be, and its policy before and after."""

    act: Act
    before: Policy
    after: Policy

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(told(list(differences(self.before, self.after)), self.before, self.after))


async def preview(name: str, act: Act) -> PackPreview:
    """What it would bring to switch the pack; writes nothing.

    Raises NotFound, PutAside, OperatorsPack, PackNotReady, and Invalid where the policy would contradict itself.
    """
    known, state = await _known(name, act, to_change=False)
    on = not state.enabled
    hooks = await _ready(name, act)
    planned = await _plan(known, name, on, act)
    return PackPreview(
        name=name,
        enabled=on,
        brings=queries.brought(hooks),
        changes=planned.changes,
        keeps=await queries.kept(hooks),
    )


async def enable(name: str, new: PackSwitch, act: Act) -> PackState:
    """From now on the company has the pack; nothing happens where it does already. Raises as `preview`."""
    return await _switch(name, True, new, act)


async def end(name: str, new: PackSwitch, act: Act) -> PackState:
    """The company does without the pack; its rows stay, and are there again when it is switched on. Raises as `preview`."""
    return await _switch(name, False, new, act)


async def _switch(name: str, on: bool, new: PackSwitch, act: Act) -> PackState:
    known, state = await _known(name, act, to_change=True)
    if on != state.enabled:
        await _ready(name, act)
        planned = await _plan(known, name, on, act)
        await registry.set_packs(planned.act.company.packs)
        await ticks.look_again(now=planned.act.now)
        version = await write_again(new.note or name, planned.act)
        later = await moments_of_packs(act.now)
        await hold_packs({}, planned.act, moments=later, note=new.note or name)
        await REWRITTEN()(Rewritten(version, planned.before, planned.after), planned.act)
        verb = "enable" if on else "end"
        await noted(f"pack.{verb}", act, subject="pack", fields=(name,), purpose=new.note, shown=0)
        notice = Notice(
            "pack_enabled" if on else "pack_ended",
            Case("company", act.company.id),
            at_head_office=True,
            roles=("tenant_admin", "manager"),
            details={"pack": state.regulation, "who": act.by.name},
        )
        await notify(notice, key=f"pack/{name}/{version.version}", now=act.now)
    return structs.replace(state, enabled=on)


async def _known(name: str, act: Act, *, to_change: bool) -> tuple[Switchable, PackState]:
    known = await registry.packs_of(to_change=to_change)
    state = queries.state_of(name, known, act.hooks)
    if state.put_aside and not state.enabled:
        raise PutAside(f"{name}: see `guibin pack list --health`")
    if not state.may_switch:
        raise OperatorsPack(f"`guibin tenant allow-packs {act.company.slug} {name}` allows it")
    return known, state


async def _ready(name: str, act: Act) -> Hooks:
    hooks = act.hooks.installed.hooks_of((name,))
    missing = [table for each in hooks.tables() if not await queries.stands(table := each._meta.tablename)]
    if missing:
        raise PackNotReady(f"Missing: {', '.join(missing)}")
    return hooks


async def _plan(known: Switchable, name: str, on: bool, act: Act) -> _Planned:
    """Raises Invalid where the policy of now, or a version to come, would contradict itself."""
    packs = act.hooks.installed
    others = [pack for pack in known.packs if pack != name]
    company = structs.replace(act.company, packs=tuple(sorted([*others, name] if on else others)))
    own = await own_parts(act.now)
    hooks = await hooks_then(packs, company, at=act.now)
    if on:
        hooks = hooks.with_values({name: packs.value(name)})
    before, after = merged(act.hooks, act.company, own, version=0), checked(own, company, hooks)
    for at in await fetch_column(
        "select distinct effective_from from policy_version where effective_from > $1", act.now
    ):
        checked(await own_parts(at), company, await hooks_then(packs, company, at=at))
    return _Planned(structs.replace(act, company=company, policy=after, hooks=hooks), before, after)
