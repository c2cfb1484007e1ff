"""Who came, and how they found it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.cases import Case
from guibin.context import Act
from guibin.entitlements import actions as entitlements
from guibin.policy.activities import ActivityKind
from guibin.profiles.queries import customer_of
from guibin.records.answering import owe_answer
from guibin.web.signed_links import Link, SpentLink
from guibin_tenants import keyring
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add_all, given, row_of
from guibin_tenants.tables import new_id

from . import links, queries
from .actions import note
from .answering import RECORDED_WITHIN
from .queries import FeedbackView, InvitationView, kind_as_planned
from .refusals import ActivityCancelled, AlreadyAttended, AlreadyGivenFeedback, NotAttended, NotThatFar
from .requests import NewAttendance, NewFeedback
from .tables import ActivityAttendance, ActivityFeedback, ActivityInvitation

# The doors open so long before it begins.
DOORS_OPEN = timedelta(hours=2)


class Judge(Struct, frozen=True):
    """A guest whose link asks how it was."""

    invitation_id: UUID
    customer_id: UUID
    title: str
    kind: ActivityKind


async def attend(invitation_id: UUID, new: NewAttendance, act: Act) -> InvitationView:
    """The customer came; the reservation of the service item is used. Who came without an answer is recorded too.

    Raises NotFound, ActivityCancelled, NotThatFar before the doors open, AlreadyAttended.
    """
    guest = await _invited(invitation_id)
    if act.now < guest["starts_at"] - DOORS_OPEN:
        raise NotThatFar(f"It begins at {guest['starts_at']}")
    attendance = {"invitation_id": invitation_id, "customer_id": guest["customer_id"], **given(new)}
    if not await add_all(ActivityAttendance, act, [attendance], unless=("invitation_id",)):
        raise AlreadyAttended()
    if guest["redemption_id"] is not None and act.now < guest["ends_at"] + RECORDED_WITHIN:
        await entitlements.record_use(guest["redemption_id"], act)
    await note("activity.attend", invitation_id, act, customers=(guest["customer_id"],))
    return await queries.invitation(invitation_id, now=act.now)


async def give_feedback(invitation_id: UUID, new: NewFeedback, act: Act) -> FeedbackView:
    """How it was for a guest, once. Raises NotFound, Invalid, NotAttended, AlreadyGivenFeedback, ActivityCancelled."""
    guest = await _invited(invitation_id)
    kind = kind_as_planned(guest)
    if guest["attended"] is None:
        raise NotAttended()
    if set(new.scores) != set(kind.feedback):
        rule = f"every question once: {', '.join(kind.feedback)}"
        raise Invalid.at("scores", rule, "", ", ".join(sorted(new.scores))[:60])
    if not await _write(Judge(invitation_id, guest["customer_id"], guest["title"], kind), new, act):
        raise AlreadyGivenFeedback()
    await note("activity.feedback", invitation_id, act, customers=(guest["customer_id"],))
    return await queries.feedback(invitation_id)


async def judge_of(link: Link, *, now: datetime) -> Judge:
    """Whom a link asks about what. Raises UnknownLink, and SpentLink to whoever truly holds it."""
    row = await links.behind(
        link,
        "feedback",
        "select t.customer_id, a.title, a.policy, false as cancelled, null::timestamptz as until_at, exists (select from activity_feedback f where f.tenant_id = i.tenant_id"
        " and f.invitation_id = i.id) as used from activity_attendance t"
        " join activity_invitation i on i.tenant_id = t.tenant_id and i.id = t.invitation_id"
        " join activity a on a.tenant_id = i.tenant_id and a.id = i.activity_id"
        f" {customer_of('c', 'i')} and c.erased_at is null"
        " where i.id = $1",
        now=now,
    )
    return Judge(link.invitation_id, row["customer_id"], row["title"], kind_as_planned(row))


async def feedback_by_link(judge: Judge, scores: Mapping[str, int], comment: str, act: Act) -> None:
    """The guest's own words, once. Raises SpentLink when the link was used meanwhile."""
    new = NewFeedback(scores=dict(scores), comment=comment)
    if not await _write(judge, new, act):
        raise SpentLink("used")
    await note("activity.feedback", judge.invitation_id, act, customers=(judge.customer_id,))


async def _write(judge: Judge, new: NewFeedback, act: Act) -> bool:
    """Whether it was kept; what the guest wrote is owed an answer (S10-5)."""
    feedback_id, comment = new_id(), new.comment.strip()
    customer_id = judge.customer_id
    sealed = None
    if comment:
        sealed = keyring.seal(await keyring.subject_key(customer_id), queries.comment_place(feedback_id), comment)
    feedback = {
        "id": feedback_id,
        "invitation_id": judge.invitation_id,
        "customer_id": customer_id,
        "scores": new.scores,
        "score": round(sum(new.scores.values()) / len(new.scores)) if new.scores else 0,
        "comment_sealed": sealed,
        "given_at": act.now,
    }
    if not await add_all(ActivityFeedback, None, [feedback], unless=("invitation_id",)):
        return False
    if comment:
        await owe_answer(Case("activity_feedback", feedback_id, customer_id), judge.title, act)
    return True


async def _invited(invitation_id: UUID) -> asyncpg.Record:
    guest = await row_of(
        ActivityInvitation,
        invitation_id,
        "select i.customer_id, a.title, a.starts_at, a.ends_at, a.policy, p.redemption_id, t.id as attended, x.id as cancelled"
        " from activity_invitation i join activity a on a.tenant_id = i.tenant_id and a.id = i.activity_id"
        " left join activity_place p on p.tenant_id = i.tenant_id and p.invitation_id = i.id and p.left_at is null"
        " left join activity_attendance t on t.tenant_id = i.tenant_id and t.invitation_id = i.id"
        " left join activity_cancellation x on x.tenant_id = a.tenant_id and x.activity_id = a.id where i.id = $1",
    )
    if guest["cancelled"] is not None:
        raise ActivityCancelled()
    return guest
