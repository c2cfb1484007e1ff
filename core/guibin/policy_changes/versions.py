"""The company's own policy: read back, changed part by part, compared, taken back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, structs

from guibin.context import Act
from guibin.policies import actions as policies
from guibin.policies.actions import NewPolicyVersion, brought_back, checked, laid_over, otherwise_than, write_over
from guibin.policies.queries import PolicyVersionView, merged, own_parts, parts_of, version, version_at
from guibin.policies.queries import versions as all_versions
from guibin.policy.differences import Difference, differences
from guibin.policy.packs import Overrides, Policy
from guibin.policy.parts import PolicyPart, covering
from guibin.policy.switches import called
from guibin_tenants.principals import may
from guibin_tenants.refusals import FieldError, Invalid, LostRace, NotFound
from guibin_tenants.scope import fetch_value

from . import actions, places
from .queries import ProposalView
from .refusals import BringsUpgrade, NeverInForce, NotToCome, NotYourPart, SeveralParts, ToBeApproved
from .requests import Cancellation, Compared, NewPolicyProposal, OwnFilter, PolicyAmendment, Restoration
from .wording import Change, told

# A moment before it, there is none in between.
_JUST_BEFORE = timedelta(microseconds=1)


class OwnView(Struct, frozen=True, kw_only=True):
    """What the company says itself in the `policy_version` in force, of the sections asked for; `to_packs` what of it the packs by
    themselves would say otherwise. `latest` is the number of the last version written, whenever it takes effect."""

    policy_version: int
    latest: int
    overrides: Overrides
    to_packs: tuple[Change, ...]


class Checked(Struct, frozen=True, kw_only=True):
    """What an amendment would change, and where the policy would differ from the packs' then.

    `part` is the part of the policy whose approval it waits for, by the flow `approval`; both empty where it waits for nobody.
    """

    changes: tuple[Change, ...]
    to_packs: tuple[Change, ...]
    part: str = ""
    approval: str = ""


class Amended(Struct, frozen=True, kw_only=True):
    """What came of an amendment: the version it `became`, or the `proposal` that waits for its approval."""

    changes: tuple[Change, ...]
    became: PolicyVersionView | None = None
    proposal: ProposalView | None = None


class Back(Struct, frozen=True, kw_only=True):
    """Of which `part` something is taken back, all without; from when on and why."""

    part: str | None
    at: datetime
    note: str


class Versions(Struct, frozen=True, kw_only=True):
    """The policy as it is in force, as it would be, and what differs."""

    before: Policy
    after: Policy
    found: tuple[Difference, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """In words."""
        return tuple(told(list(self.found), self.before, self.after))


async def own(filters: OwnFilter, act: Act) -> OwnView:
    """What the company says itself, read back. Raises Invalid for a section that is none."""
    at = filters.at or act.now
    held = await own_parts(at)
    if filters.section is not None:
        if filters.section not in held.__struct_fields__:
            raise Invalid.at("section", "a section that a company may write itself", value=filters.section)
        held = structs.replace(Overrides(), **{filters.section: getattr(held, filters.section)})
    found = _between(Overrides(), held, act)
    return OwnView(policy_version=await version_at(at), latest=await latest(), overrides=held, to_packs=found.changes)


async def latest() -> int:
    """The number of the last version that was written, 0 before the first."""
    return await fetch_value("select max(version) from policy_version") or 0


async def between(filters: Compared, act: Act) -> list[Change]:
    """What one version says otherwise than another, both over the packs as they are today. Raises NotFound."""
    before, after = [
        await (own_parts(act.now) if number is None else parts_of(number)) for number in (filters.before, filters.after)
    ]
    return list(_between(before, after, act).changes)


async def check(new: PolicyAmendment, act: Act) -> Checked:
    """What it would bring; writes nothing. Raises as `amend`."""
    planned = await plan(new, act)
    part = _proposed_part(planned, act)
    packs = merged(act.hooks, act.company, Overrides(), version=0)
    found = tuple(differences(packs, planned.after))
    to_packs = Versions(before=packs, after=planned.after, found=found).changes
    waits = part if part is not None and part.approval else None
    return Checked(
        changes=planned.changes,
        to_packs=to_packs,
        part=waits.name if waits else "",
        approval=waits.approval if waits else "",
    )


async def amend(new: PolicyAmendment, act: Act) -> Amended:
    """Change what is named and nothing else: a new version, or a proposal where the part of the policy waits for an approval.

    What versions to come say already of a figure stays as they say it. Raises Invalid with everything that is wrong and
    where nothing is changed, LostRace, NotYourPart with everything that is another's, SeveralParts, AlreadyProposed.
    """
    planned = await plan(new, act)
    part = _proposed_part(planned, act)
    if part is not None:
        proposed = NewPolicyProposal(
            part=part.name,
            overrides=_whole(new, planned),
            brought_back=new.brought_back,
            effective_from=new.effective_from,
            note=new.note,
        )
        return await _proposed(proposed, planned, act)
    written = NewPolicyVersion(effective_from=new.effective_from, overrides=Overrides(), note=new.note)

    def onto(own: Overrides) -> Overrides:
        return _onto(own, new, planned.before, act)[0]

    return Amended(changes=planned.changes, became=await write_over(written, act, onto=onto))


async def write(new: NewPolicyVersion, act: Act) -> PolicyVersionView:
    """A version with the company's own parts, whole. Raises ToBeApproved where a part that it changes waits for an approval,
    and as the action that writes it."""
    at = new.effective_from or act.now
    own = await own_parts(at)
    # Which schemes a company uses at all is its own to say, whatever comes with them.
    held = structs.replace(own, enabled_schemes=new.overrides.enabled_schemes)
    before = merged(act.hooks, act.company, held, version=0)
    after = checked(new.overrides, act.company, act.hooks)
    waiting = _waiting(_touched(Versions(before=before, after=after, found=tuple(differences(before, after)))))
    if waiting:
        raise ToBeApproved(f"Approvals are asked for: {', '.join(dict.fromkeys(part.name for part in waiting))}")
    return await policies.write(new, act, packs=act.hooks)


async def plan(new: PolicyAmendment, act: Act) -> Versions:
    """The policy before and after, and what differs. Raises as `amend`."""
    if new.made_from is not None and new.made_from != (now := await latest()):
        raise LostRace(f"You changed version {new.made_from}, the latest one is {now}")
    effective_from = new.effective_from or act.now
    if effective_from < act.now:
        raise Invalid.at("effective_from", "now or later", value=effective_from.isoformat())
    held = await own_parts(effective_from)
    before = merged(act.hooks, act.company, held, version=0)
    _refuse_unknown(new.brought_back, held)
    becomes, wrong = _onto(held, new, before, act)
    if wrong:
        fields = tuple(structs.replace(one, field=f"figures.{one.field}") for one in wrong)
        raise Invalid("Some figures are not valid", fields=fields)
    after = checked(becomes, act.company, act.hooks)
    found = tuple(differences(before, after))
    if not found:
        raise Invalid.at("figures", "something that is not so yet", "say what is to be otherwise")
    return Versions(before=before, after=after, found=found)


async def cancel(new: Cancellation, act: Act) -> Amended:
    """A version to come does not take effect: from its moment on, what was in force until then stays.

    Where a part that it changes waits for an approval, so does this: a proposal. Raises NotFound, NotToCome, SeveralParts,
    NotYourPart, BringsUpgrade.
    """
    version, known = new.version, await all_versions()
    asked = next((one for one in known if one.version == version), None)
    if asked is None:
        raise NotFound(f"There is no version {version} of the policy")
    at = asked.effective_from
    if at <= act.now or any(one.version > version and one.effective_from == at for one in known):
        raise NotToCome(f"Version {version} is of {at.isoformat()}")
    if at in await policies.moments_of_packs(act.now):
        raise BringsUpgrade(f"Version {version}")
    stays = await own_parts(at - _JUST_BEFORE)
    return await _back_to(stays, Back(part=new.part, at=at, note=new.note), act)


async def restore(new: Restoration, act: Act) -> Amended:
    """The policy says again what it said in a version that was in force; versions to come stay. Version 0 is the packs' own.

    Where a part that it changes waits for an approval, so does this: a proposal. Raises NotFound, NeverInForce, SeveralParts,
    NotYourPart, Invalid where it says so already or contradicts what the packs say today.
    """
    version = new.version
    held = await parts_of(version)
    if version and all(one.version != version for one in _were_in_force(await all_versions(), act.now)):
        raise NeverInForce(f"Version {version} was not in force by {act.now.isoformat()}")
    at = new.effective_from or act.now
    if at < act.now:
        raise Invalid.at("effective_from", "now or later", value=at.isoformat())
    if held == await own_parts(at):
        raise Invalid.at("version", "another one than holds then", value=str(version))
    return await _back_to(held, Back(part=new.part, at=at, note=new.note), act)


async def _back_to(held: Overrides, back: Back, act: Act) -> Amended:
    """The company's own are `held` again, of a part alone where one is named; proposed where that waits for an approval."""
    own = await own_parts(back.at)
    if back.part is not None:
        held = _of_part(held, own, back.part, act)
    planned = _between(own, held, act)
    part = _proposed_part(planned, act)
    if part is None:
        written = NewPolicyVersion(overrides=held, effective_from=back.at, note=back.note)
        return Amended(changes=planned.changes, became=await policies.write(written, act, packs=act.hooks))
    overrides, given_up = otherwise(own, held)
    proposed = NewPolicyProposal(
        part=part.name, overrides=overrides, brought_back=given_up, effective_from=back.at, note=back.note
    )
    return await _proposed(proposed, planned, act)


async def _proposed(new: NewPolicyProposal, planned: Versions, act: Act) -> Amended:
    proposal = await actions.propose(new, act)
    became = await version(proposal.became) if proposal.became is not None else None
    return Amended(changes=planned.changes, became=became, proposal=proposal)


def otherwise(own: Overrides, held: Overrides) -> tuple[Overrides, tuple[str, ...]]:
    """What is to be laid over the company's `own`, and what of it is to be given up first, so that it is `held`."""
    laid: dict[str, Any] = {}
    given_up: list[str] = []
    for section in own.__struct_fields__:
        was, becomes = getattr(own, section), getattr(held, section)
        if was == becomes:
            continue
        by_name = _by_name(section, was, becomes)
        if by_name is None:
            laid[section] = becomes
            if becomes is None:
                given_up.append(section)
            continue
        before, after = by_name
        given_up += [f"{section}.{name}" for name in before if name not in after]
        new = {name: one for name, one in after.items() if before.get(name) != one}
        laid[section] = new if isinstance(becomes, dict) else tuple(new.values())
    return Overrides(**laid), tuple(given_up)


def _by_name(section: str, *values: Any) -> tuple[dict[str, Any], ...] | None:
    """The elements of a section that are laid over each other one by one; None where it is written whole."""
    if all(isinstance(value, dict) for value in values):
        return values
    if section != "switched_off" and not places.one_by_one(section):
        return None
    return tuple({called(section, one): one for one in value} for value in values)


def _of_part(held: Overrides, own: Overrides, name: str, act: Act) -> Overrides:
    """The company's own, of the part alone as it was `held`. Raises Invalid."""
    part = act.policy.part(name)
    if part is None:
        raise Invalid.at("part", "a part of the policy", f"one of: {', '.join(p.name for p in act.policy.parts)}", name)
    found = _between(own, held, act).found
    mine = {one.path for one in found if part in covering(act.policy.parts, one.section, one.called)}
    if not mine:
        raise Invalid.at("part", "a part of which something is otherwise", value=name)
    overrides, given_up = otherwise(own, held)
    less = brought_back(own, [one for one in given_up if one in mine])
    kept = {section: _those(section, getattr(overrides, section), mine) for section in overrides.__struct_fields__}
    return laid_over(less, Overrides(**kept))


def _those(section: str, value: Any, paths: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: one for key, one in value.items() if f"{section}.{key}" in paths}
    if isinstance(value, tuple) and places.one_by_one(section):
        return tuple(one for one in value if f"{section}.{called(section, one)}" in paths)
    if section == "switched_off":
        return tuple(one for one in value if one in paths)
    touched = any(one == section or one.startswith(f"{section}.") for one in paths)
    return value if touched else getattr(Overrides(), section)


def _were_in_force(known: Sequence[PolicyVersionView], now: datetime) -> list[PolicyVersionView]:
    """Those whose day has come and that no other took the place of before it did."""
    return [
        one
        for one in known
        if one.effective_from <= now
        and not any(
            other.version > one.version
            and other.effective_from == one.effective_from
            and other.written_at < one.effective_from
            for other in known
        )
    ]


def _between(before: Overrides, after: Overrides, act: Act) -> Versions:
    was, now = (merged(act.hooks, act.company, each, version=0) for each in (before, after))
    return Versions(before=was, after=now, found=tuple(differences(was, now)))


def _onto(own: Overrides, new: PolicyAmendment, before: Policy, act: Act) -> tuple[Overrides, tuple[FieldError, ...]]:
    """The company's own with the amendment in it, and what is wrong with its figures.

    `before` is the policy for which it was written: a figure that stands otherwise in `own` was changed on purpose, and stays.
    """
    less = otherwise_than(own, new.brought_back, new.overrides)
    policy = merged(act.hooks, act.company, less, version=0)
    held = merged(act.hooks, act.company, own, version=0)
    kept = {path for path in new.figures if places.said(held, path) != places.said(before, path)}
    figures = {path: value for path, value in new.figures.items() if path not in kept}
    changed, wrong = places.written(policy, figures)
    return laid_over(less, changed), wrong


def _whole(new: PolicyAmendment, planned: Versions) -> Overrides:
    """What a proposal holds of an amendment: elements whole."""
    figured, _ = places.written(planned.before, new.figures)
    return laid_over(new.overrides, figured)


def _refuse_unknown(names: Sequence[str], own: Overrides) -> None:
    """Raises Invalid for what the company does not say itself."""
    said = {name for name in own.__struct_fields__ if getattr(own, name) not in (None, (), {})}
    known = said | {f"{name}.{one}" for name in said for one in _called(name, own)}
    wrong = [
        FieldError("brought_back", "something of the company's own", value=name) for name in names if name not in known
    ]
    if wrong:
        raise Invalid("Some parts are not the company's own", fields=tuple(wrong))


def _called(section: str, own: Overrides) -> set[str]:
    value = getattr(own, section)
    if isinstance(value, dict):
        return set(value)
    return {called(section, one) for one in value} if isinstance(value, tuple) else set()


def _touched(planned: Versions) -> list[tuple[PolicyPart, ...]]:
    """The parts that each change belongs to. Whose it is now decides as well as whose it would be: a change of the parts
    themselves opens no way past an approval."""
    return [
        tuple(
            dict.fromkeys(
                (
                    *covering(planned.before.parts, one.section, one.called),
                    *actions.owners(one, (planned.before, planned.after)),
                )
            )
        )
        for one in planned.found
    ]


def _waiting(touched: list[tuple[PolicyPart, ...]]) -> list[PolicyPart]:
    return [part for parts in touched for part in parts if part.approval]


def _proposed_part(planned: Versions, act: Act) -> PolicyPart | None:
    """The part whose change this is, where it is proposed; None where whoever writes the whole policy writes it at once.

    Raises SeveralParts, NotYourPart.
    """
    touched = _touched(planned)
    waiting = _waiting(touched)
    writes = may("policy:write")(act.by)
    if writes and not waiting:
        return None
    whole = [part for part in act.policy.parts if all(part in parts for parts in touched)]
    mine = [part for part in whole if writes or not act.by.is_person or set(part.posts) & set(act.by.roles)]
    if mine:
        return next((part for part in mine if part.approval), mine[0]) if writes else mine[0]
    if writes:
        names = ", ".join(dict.fromkeys(part.name for part in waiting))
        raise SeveralParts(f"Approvals are asked for: {names}")
    own = next((part for part in act.policy.parts if set(part.posts) & set(act.by.roles)), None)
    if own is not None:
        actions.refuse_others(planned.found, own, (planned.before, planned.after))
    raise NotYourPart("No part of the policy that these changes belong to is yours")
