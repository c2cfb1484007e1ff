"""Sending the links of a round by message (S01-11)."""

from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin.messages.posting import post_invitations
from guibin.messages.queries import means_in_use
from guibin.messages.refusals import NoChannel
from guibin.messages.subjects import SUBJECTS, Settled, Subject, Values
from guibin.policy.messages import TO_CUSTOMERS
from guibin.web.public_address import public_address
from guibin_tenants.rows import add
from guibin_tenants.scope import fetch, fetch_one, fetch_value

from . import links
from .queries import ROUNDS
from .refusals import NoPublicAddress
from .tables import SurveySending

INVITATION = "survey_invitation"
BATCH = 300
_UNSENT = (
    "from survey_invitation i where i.round_id = $1 and i.expires_at > $2 and not exists (select from survey_answer a"
    " where a.tenant_id = i.tenant_id and a.invitation_id = i.id) and not exists (select from survey_sending s"
    " where s.tenant_id = i.tenant_id and s.invitation_id = i.id)"
)


class SendingsPlanned(Struct, frozen=True):
    """How many have neither been sent their link nor answered; those whom no message reaches stay with their managers."""

    invitations: int


class SendInvitations(Job, frozen=True):
    """Post the links of a round, those after the id."""

    round_id: UUID
    after: UUID | None = None


async def send_round(round_id: UUID, act: Act) -> SendingsPlanned:
    """Have everybody invited by message who was not yet. Raises NotFound, NoChannel, NoPublicAddress."""
    await ROUNDS.one(round_id)
    if not public_address():
        raise NoPublicAddress()
    if not (await means_in_use()) & set(TO_CUSTOMERS):
        raise NoChannel("Set up a channel for sms or email under /channels")
    waiting = await fetch_value(f"select count(*) {_UNSENT}", round_id, act.now)
    await enqueue(SendInvitations(round_id), now=act.now, unique_key=f"survey-round/{round_id}", while_pending=True)
    await done("send", Case("survey_round", round_id), act, shown=waiting)
    return SendingsPlanned(waiting)


@handles(SendInvitations)
async def send_invitations(job: SendInvitations, run: Run) -> None:
    """A batch, and the next one after it."""
    rows = await fetch(
        f"select i.id, i.customer_id, i.expires_at as not_after {_UNSENT} and ($3::uuid is null or i.id > $3) order by i.id limit $4",
        job.round_id,
        run.now,
        job.after,
        BATCH,
    )
    await post_invitations(rows, INVITATION, "survey", now=run.now)
    if len(rows) == BATCH:
        await enqueue(SendInvitations(job.round_id, rows[-1]["id"]), now=run.now)


async def invitation_values(invitation_id: UUID, run: Run) -> Values | None:
    """None when the customer has answered. The link answers for whoever has it, so it is not kept in the history."""
    row = await fetch_one(
        "select i.expires_at from survey_invitation i where i.id = $1 and i.expires_at > $2 and not exists (select"
        " from survey_answer a where a.tenant_id = i.tenant_id and a.invitation_id = i.id)",
        invitation_id,
        run.now,
    )
    if row is None or not public_address():
        return None
    link = public_address() + links.PATH + await links.issue(invitation_id, row["expires_at"])
    return Values({"link": link, "on": row["expires_at"].date().isoformat()}, hidden=("link",))


async def invitation_settled(settled: Settled, run: Run) -> None:
    """On record as if a person had passed the link on."""
    if settled.sent:
        await add(SurveySending, run, invitation_id=settled.subject_id, channel=settled.means)


SUBJECTS.give(INVITATION, Subject(invitation_values, invitation_settled))
