"""An upgrade of a pack waits for each company: what it would change is told first, then the company's admin says from when it
holds, or whoever operates the service by when at the latest."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct, structs

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.notices.actions import Notice, notify
from guibin.packs import Hooks
from guibin.periods.days import local_day
from guibin.policies.actions import checked, hold_packs, moments_of_packs
from guibin.policies.pack_history import digest_of
from guibin.policies.queries import hooks_then, merged, own_parts
from guibin.policy.differences import Difference, differences
from guibin.policy.packs import Overrides, Pack, Policy
from guibin.policy.switches import called
from guibin.policy.texts import Text
from guibin.policy.words import Line, Note
from guibin.policy_changes.wording import Change, element_title, section_title, told
from guibin_tenants import settings
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import fetch_column

from .refusals import NoUpgrade, UpgradedAgain, UpgradedByThen

LAST_DATES = "pack_last_dates"


class LastDate(Struct, frozen=True):
    """By when the values of this content hold for the company at the latest, whatever its admin says."""

    digest: str
    at: datetime


class Conflict(Struct, frozen=True, kw_only=True):
    """An element that the pack changes and that the company says otherwise itself: what each makes of the pack's before. The
    company's stays."""

    path: str
    section: Text
    element: Text
    pack: tuple[Change, ...]
    own: tuple[Change, ...]


class PackUpgrade(Struct, frozen=True, kw_only=True):
    """What the installed `offered` version of a pack would change for a company that goes by `version`.

    `changes` reach the company; `keeps` do not, as its own says what the pack said before; `conflicts` neither, as its own says
    something else; `gone` are elements of its own that the pack does without from then on. While there is something in `contradicts`,
    its own has to be mended first. `effective_from` is what was decided, `last_at` when it holds anyway. `digest` tells what was
    looked at.
    """

    name: str
    regulation: str
    version: str
    offered: str
    digest: str
    changes: tuple[Change, ...]
    keeps: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    gone: tuple[str, ...]
    contradicts: tuple[FieldError, ...]
    effective_from: datetime | None = None
    last_at: datetime | None = None


class UpgradeDecision(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when the installed version holds, at once without a moment; `digest` is what was looked at."""

    effective_from: Annotated[datetime, Meta(tz=True)] | None = None
    digest: Line = ""
    note: Note = ""


async def upgrade(name: str, act: Act) -> PackUpgrade:
    """What the upgrade that waits would change for the company. Raises NotFound, NoUpgrade."""
    held, offered = _waiting(name, act)
    own = await own_parts(act.now)
    before = merged(act.hooks, act.company, own, version=0)
    there = act.hooks.with_values({name: offered})
    after = merged(there, act.company, own, version=0)
    of_pack = [merged(hooks, act.company, Overrides(), version=0) for hooks in (act.hooks, there)]
    packs, ours = _by_place(*of_pack), _by_place(of_pack[0], before)
    reaching = _by_place(before, after)
    gone = [one.path for place, one in packs.items() if one.kind == "removed" and one.path in _named(own)]
    same = {place for place, one in packs.items() if place in ours and ours[place].new == one.new}
    held_off = {place: one for place, one in packs.items() if place not in reaching and one.path not in gone}
    both = [place for place in packs if place in ours and place not in same and packs[place].path not in gone]
    keeps = [one for place, one in held_off.items() if place not in ours]
    return PackUpgrade(
        name=name,
        regulation=offered.regulation,
        version=held.version,
        offered=offered.version,
        digest=digest_of(offered),
        changes=tuple(told(list(reaching.values()), before, after)),
        keeps=tuple(told(keeps, of_pack[0], of_pack[1])),
        conflicts=tuple(_conflict(packs[place], ours[place], (*of_pack, before)) for place in both),
        gone=tuple(gone),
        contradicts=_contradictions(own, there, act),
        effective_from=await _decided(name, offered, act),
        last_at=await _last_at(name, offered),
    )


async def decide(name: str, new: UpgradeDecision, act: Act) -> PackUpgrade:
    """From then on what is installed holds for the company, and for no other. What was decided before is so no more.

    Raises NotFound, NoUpgrade, UpgradedAgain where something else is installed than what was looked at, UpgradedByThen after the last
    date, and Invalid where the policy would contradict itself.
    """
    _, offered = _waiting(name, act)
    if new.digest and new.digest != digest_of(offered):
        raise UpgradedAgain(f"{name} was upgraded again: look at what {offered.version or 'it'} changes")
    at = new.effective_from or act.now
    if at < act.now:
        raise Invalid.at("effective_from", "now or later", value=at.isoformat())
    last = await _last_at(name, offered)
    if last is not None and at > last:
        raise UpgradedByThen(f"The last date is {last.isoformat()}")
    seen = await upgrade(name, act)
    await _take_back(name, new.note or name, act, until=at)
    await _hold(name, offered, act, at=at, note=new.note or f"{offered.regulation} {offered.version}".strip())
    await noted("pack.upgrade", act, subject="pack", fields=(name,), purpose=new.note, shown=0)
    return structs.replace(seen, effective_from=at)


async def withdraw(name: str, act: Act) -> PackUpgrade:
    """What was decided for a day to come does not happen; whatever the operator's last date brings does. Raises NotFound,
    NoUpgrade."""
    _, offered = _waiting(name, act)
    if await _take_back(name, name, act, until=await _last_at(name, offered)):
        await noted("pack.upgrade_withdraw", act, subject="pack", fields=(name,), shown=0)
    return await upgrade(name, act)


async def hold_by(name: str, at: datetime, act: Act) -> None:
    """Whoever operates the service: the upgrade holds from then on at the latest. The company's admins hear of it.

    Raises NotFound, NoUpgrade, and Invalid where the policy would contradict itself or the date is past.
    """
    _, offered = _waiting(name, act)
    if at < act.now:
        raise Invalid.at("effective_from", "now or later", value=at.isoformat())
    digest, decided = digest_of(offered), await _decided(name, offered, act)
    dates = await settings.read(LAST_DATES, dict[str, LastDate], {})
    if decided is None or decided > at:
        await _take_back(name, name, act, until=at)
        await _hold(name, offered, act, at=at, note=f"{offered.regulation} {offered.version}".strip())
    await settings.write(LAST_DATES, dates | {name: LastDate(digest, at)})
    await noted("pack.upgrade_by", act, subject="pack", fields=(name,), purpose=at.isoformat(), shown=0)
    notice = _notice("pack_upgrade_by", offered, {"on": local_day(at, act.company.time_zone).isoformat()}, act)
    await notify(notice, key=f"pack-upgrade-by/{name}/{digest}/{at.isoformat()}", now=act.now)


async def tell(act: Act) -> tuple[str, ...]:
    """Whose upgrades wait; the company's admins hear of each once."""
    for name in act.hooks.waiting():
        held, offered = _waiting(name, act)
        notice = _notice("pack_upgrade_waits", offered, {"from": held.version, "to": offered.version}, act)
        await notify(notice, key=f"pack-upgrade/{name}/{digest_of(offered)}", now=act.now)
    return act.hooks.waiting()


def _notice(kind: str, offered: Pack, details: dict[str, str], act: Act) -> Notice:
    said = {"pack": offered.regulation} | {name: value or "—" for name, value in details.items()}
    subject = Case("company", act.company.id)
    return Notice(kind, subject, at_head_office=True, roles=("tenant_admin",), details=said)


def _waiting(name: str, act: Act) -> tuple[Pack, Pack]:
    """What holds for the company, and what is installed."""
    if name not in act.hooks.names:
        raise NotFound(f"The company has no pack {name!r}")
    if name not in act.hooks.waiting():
        raise NoUpgrade(f"{name} {act.hooks.value(name).version}".strip())
    return act.hooks.value(name), act.hooks.installed.value(name)


async def _hold(name: str, value: Pack, act: Act, *, at: datetime, note: str) -> None:
    """Raises Invalid where what the company says from a later day on contradicts the pack."""
    for later in await fetch_column(
        "select distinct effective_from from policy_version where effective_from > $1 order by 1", at
    ):
        then = await hooks_then(act.hooks, act.company, at=later)
        checked(await own_parts(later), act.company, then.with_values({name: value}))
    await hold_packs({name: value}, act, moments=[at, *await moments_of_packs(at)], note=note)


async def _take_back(name: str, note: str, act: Act, *, until: datetime | None) -> bool:
    """The pack says what it says now wherever it was to say otherwise, before `until` if there is one; whether there was any."""
    held, moments = act.hooks.value(name), []
    for at in await moments_of_packs(act.now):
        if (until is None or at < until) and await _then(name, at, act) != held:
            moments.append(at)
    await hold_packs({name: held}, act, moments=moments, note=note)
    return bool(moments)


async def _decided(name: str, offered: Pack, act: Act) -> datetime | None:
    """From when what is installed holds, if that is decided."""
    for at in await moments_of_packs(act.now):
        if await _then(name, at, act) == offered:
            return at
    return None


async def _then(name: str, at: datetime, act: Act) -> Pack:
    return (await hooks_then(act.hooks, act.company, at=at)).value(name)


async def _last_at(name: str, offered: Pack) -> datetime | None:
    said = (await settings.read(LAST_DATES, dict[str, LastDate], {})).get(name)
    return said.at if said is not None and said.digest == digest_of(offered) else None


def _by_place(before: Policy, after: Policy) -> dict[tuple[str, ...], Difference]:
    return {one.place: one for one in differences(before, after)}


def _conflict(pack: Difference, own: Difference, policies: Sequence[Policy]) -> Conflict:
    before, after, ours = policies
    return Conflict(
        path=pack.path,
        section=section_title(pack.section),
        element=element_title(pack.element, pack.called, pack.section, ours),
        pack=tuple(told([pack], before, after)),
        own=tuple(told([own], before, ours)),
    )


def _named(own: Overrides) -> set[str]:
    """The elements that the company names itself."""
    found = set(own.switched_off)
    for section in own.__struct_fields__:
        value = getattr(own, section)
        if isinstance(value, dict):
            found |= {f"{section}.{name}" for name in value}
        elif isinstance(value, tuple) and section != "switched_off":
            found |= {f"{section}.{called(section, one)}" for one in value}
    return found


def _contradictions(own: Overrides, hooks: Hooks, act: Act) -> tuple[FieldError, ...]:
    try:
        checked(own, act.company, hooks)
    except Invalid as refusal:
        return tuple(refusal.fields)
    return ()
