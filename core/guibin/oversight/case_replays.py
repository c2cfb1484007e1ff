"""A complaint's level, an approval and a use of a right computed again from what is stored."""

from uuid import UUID

from guibin.approvals import again as approvals_again
from guibin.approvals import queries as approvals
from guibin.complaints import again as complaints
from guibin.context import Act
from guibin.entitlements import again as rights
from guibin.policies.queries import act_then

from .replays import Cause, Replay

_BY_RULE = ("automation", "pack", "policy")


async def complaint(complaint_id: UUID, act: Act) -> Replay | None:
    """The level it got when it was taken in; None where somebody or a script gave it, or it was not kept who did. Raises NotFound."""
    taken = await complaints.taken(complaint_id)
    if taken.level_by not in _BY_RULE:
        return None
    before = await act_then(act, taken.recorded_at)
    if not taken.text:
        return Replay(decided=taken.first, then="", now="", same=False, because=[Cause("erased")])
    then, now = await complaints.level(taken, before), await complaints.level(taken, act)
    same = then == taken.first
    because = [] if same else [Cause("changed" if then else "switched")]
    if now != then:
        because.append(_policy(before, act))
    return Replay(decided=taken.first, then=then, now=now, same=same, because=because)


async def approval(approval_id: UUID, act: Act) -> Replay:
    """How it came out by what was said to its steps, and whether those are the steps of the policy of then. Raises NotFound."""
    asked = await approvals.by_id(approval_id)
    kept, before = await approvals_again.flow_of(approval_id), await act_then(act, asked.asked_at)
    decided = asked.outcome or "waiting"
    then: str = approvals_again.outcome(asked.steps)
    # Whoever takes a request back does so before all was said.
    if decided == "withdrawn" and then == "waiting":
        then = "withdrawn"
    was, becomes = before.policy.approval(asked.flow), act.policy.approval(asked.flow)
    odd = approvals_again.unexplained(kept, was, asked.moves) if was is not None else ()
    because = [Cause("changed")] if then != decided else []
    if odd:
        because.append(Cause("steps", odd))
    now: str = then
    if becomes != was:
        now = approvals_again.under(becomes, asked.steps) if becomes is not None and then != "withdrawn" else then
        because.append(_policy(before, act))
    return Replay(decided=decided, then=then, now=now, same=then == decided and not odd, because=because)


async def redemption(redemption_id: UUID, act: Act) -> Replay:
    """Whether the quota gave it: counted with what was known when it was redeemed, and with what is known by now. Raises NotFound."""
    used = await rights.redeemed(redemption_id)
    before = await act_then(act, used.redeemed_at)
    then = await rights.count(used, before.policy, known_at=used.redeemed_at)
    corrected = await rights.count(used, before.policy, known_at=act.now)
    now = await rights.count(used, act.policy, known_at=act.now)
    words = [_given(each, used.quantity) for each in (then, corrected, now)]
    because = [] if words[0] == "given" else [Cause("changed", (used.item,))]
    if corrected != then:
        because.append(Cause("corrected", (used.item,)))
    if now != corrected:
        because.append(_policy(before, act))
    return Replay(decided="given", then=words[0], now=words[2], same=words[0] == "given", because=because)


def _given(count: rights.Count | None, quantity: int) -> str:
    return "given" if count is not None and count.gives(quantity) else "refused"


def _policy(before: Act, act: Act) -> Cause:
    return Cause("policy", (str(before.policy.version), str(act.policy.version)))
