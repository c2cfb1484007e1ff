"""Proposing a change of one's part of the policy, and what its approval brings about (S04-4, S08-4)."""

from collections.abc import Iterable
from uuid import UUID

import asyncpg
import msgspec
from msgspec import structs

from guibin.approvals import actions as approvals
from guibin.approvals.actions import Decided
from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.events import at_once
from guibin.policies.actions import NewPolicyVersion, checked, otherwise_than, write_over
from guibin.policies.queries import merged, own_parts
from guibin.policy.differences import Difference, differences
from guibin.policy.packs import Overrides, Policy
from guibin.policy.parts import PARTS, SUBJECT, PolicyPart, covering
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import savepoint

from .queries import PROPOSALS, ProposalView, holds
from .refusals import AlreadyProposed, NotYourPart
from .requests import NewPolicyProposal
from .tables import PolicyProposal
from .wording import told

# The policy before and after.
Policies = tuple[Policy, Policy]


async def propose(new: NewPolicyProposal, act: Act) -> ProposalView:
    """Propose it: in effect once it is approved, at once where the part waits for nobody.

    Raises Invalid with every contradiction and where nothing is changed, NotYourPart with everything that is another's,
    AlreadyProposed.
    """
    part = _part(new.part, act)
    effective_from = new.effective_from or act.now
    if effective_from < act.now:
        raise Invalid.at("effective_from", "now or later", value=effective_from.isoformat())
    own = await own_parts(effective_from)
    before = merged(act.hooks, act.company, own, version=0)
    after = checked(otherwise_than(own, new.brought_back, new.overrides), act.company, act.hooks)
    found = list(differences(before, after))
    if not found:
        raise Invalid.at("overrides", "something that is not so yet", "say what is to be otherwise")
    refuse_others(found, part, (before, after))
    proposal_id = await _write(new, found, (before, after), act)
    await noted("policy.propose", act, subject="policy", subject_id=proposal_id, purpose=new.note, fields=_paths(found))
    flow = act.policy.approval(part.approval) if part.approval else None
    if flow is None:
        await _enact(proposal_id, act)
    else:
        case = Case(SUBJECT, proposal_id)
        approval_id = await approvals.ask(case, act, flow=flow.under({}), note=new.note)
        await change(PolicyProposal, proposal_id, approval_id=approval_id)
    return await PROPOSALS.one(proposal_id)


def refuse_others(found: Iterable[Difference], part: PolicyPart, policies: Policies) -> None:
    """Raises NotYourPart with every element that does not belong to the part, and whose it is."""
    wrong = [
        FieldError(f"overrides.{one.path}", f"within the part: {part.name}", _whose(owners(one, policies)))
        for one in found
        if part.name not in (own.name for own in owners(one, policies))
    ]
    if wrong:
        raise NotYourPart(f"{part.name} holds: {', '.join(part.covers)}", fields=tuple(wrong))


def owners(one: Difference, policies: Policies) -> tuple[PolicyPart, ...]:
    """The parts that what is otherwise belongs to in the end; of the parts themselves those whose approval it would change: that
    something waits for one from now on waits for none."""
    before, after = policies
    return covering((before if one.section == PARTS else after).parts, one.section, one.called)


@at_once(Decided, about=SUBJECT)
async def proposal_decided(decided: Decided, act: Act) -> None:
    """Approved, it is a new version; what else came of it changes nothing."""
    if decided.approved:
        await _enact(decided.subject_id, act)
    else:
        await change(PolicyProposal, decided.subject_id, outcome=decided.outcome, decided_at=act.now)


async def _enact(proposal_id: UUID, act: Act) -> None:
    row = await locked(PolicyProposal, proposal_id)
    said = msgspec.json.decode(row["overrides"], type=Overrides)
    given_up = msgspec.json.decode(row["brought_back"], type=tuple[str, ...])

    def onto(own: Overrides) -> Overrides:
        return otherwise_than(own, given_up, said)

    new = NewPolicyVersion(
        overrides=said,
        effective_from=row["effective_from"],
        note=f"{row['proposed_by_name']}: {row['note']}",
    )
    version = await write_over(new, act, onto=onto)
    await change(PolicyProposal, proposal_id, outcome="approved", decided_at=act.now, became=version.version)


async def _write(new: NewPolicyProposal, found: list[Difference], policies: Policies, act: Act) -> UUID:
    try:
        async with savepoint():
            return await add(
                PolicyProposal,
                act,
                **structs.asdict(new),
                changes=told(found, *policies),
                policy_version=act.policy.version,
            )
    except asyncpg.UniqueViolationError:
        raise AlreadyProposed(f"{new.part}: decide it or withdraw it first") from None


def _part(name: str, act: Act) -> PolicyPart:
    """Raises Invalid, NotYourPart."""
    part = act.policy.part(name)
    if part is None:
        known = ", ".join(one.name for one in act.policy.parts)
        raise Invalid.at("part", "a part of the policy", f"one of: {known}", name)
    if not holds(act.by, part):
        rule = f"a part of a post of yours; this one is of: {', '.join(part.posts)}"
        raise NotYourPart.at("part", rule, "ask them to propose it", name)
    return part


def _whose(parts: Iterable[PolicyPart]) -> str:
    named = [f"{part.name} ({', '.join(part.posts)})" for part in parts]
    return f"it belongs to {' or '.join(named)}" if named else "it belongs to whoever writes the whole policy"


def _paths(found: Iterable[Difference]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.path for one in found))[:50]
