"""Who hears that customers are invited: the customers, by a message with the link that answers, and whoever looks after them (S10-6)."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from guibin.cases import Case
from guibin.context import Act
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin.messages.posting import post_invitations
from guibin.messages.queries import means_in_use
from guibin.messages.subjects import SUBJECTS, Settled, Subject, Values
from guibin.notices.actions import Notice, notify
from guibin.policy.messages import TO_CUSTOMERS
from guibin.profiles.queries import serves
from guibin.web.public_address import public_address
from guibin_tenants.rows import add
from guibin_tenants.scope import fetch, fetch_one

from . import links
from .tables import ActivitySending

INVITATION = "activity_invitation"
BATCH = 300
_UNANSWERED = (
    "from activity_invitation i join activity a on a.tenant_id = i.tenant_id and a.id = i.activity_id"
    " where a.answer_until > $2 and not exists (select from activity_cancellation x where x.tenant_id = a.tenant_id"
    " and x.activity_id = a.id) and not exists (select from activity_answer w where w.tenant_id = i.tenant_id"
    " and w.invitation_id = i.id)"
)
_UNSENT = (
    f"{_UNANSWERED} and i.activity_id = $1 and not exists (select from activity_sending s where s.tenant_id = i.tenant_id"
    " and s.invitation_id = i.id and s.purpose = 'answer')"
)
_SERVING = (
    "select s.id, count(*)::int as invited from customer c join staff s on s.tenant_id = c.tenant_id and s.left_at is null"
    f" and {serves('s', 'c.id', 'c.account_manager_id')} where c.id = any ($1::uuid[]) and s.id is distinct from $2"
    " group by s.id order by s.id"
)


class SendActivityInvitations(Job, frozen=True):
    """Post the links of an activity's invitations, those after the id."""

    activity_id: UUID
    after: UUID | None = None


async def announce(activity: asyncpg.Record, customer_ids: Sequence[UUID], act: Act) -> None:
    """Those newly invited hear by message, where the company has a means to reach them; and, how many of theirs are, whoever looks
    after them and did not invite them."""
    if not customer_ids:
        return
    for row in await fetch(_SERVING, list(customer_ids), act.by.person):
        notice = Notice(
            "customers_invited",
            Case("activity", activity["id"]),
            staff_ids=(row["id"],),
            details={"title": activity["title"], "count": str(row["invited"])},
        )
        await notify(notice, key=f"customers-invited/{activity['id']}/{act.now.isoformat()}", now=act.now)
    if public_address() and (await means_in_use()) & set(TO_CUSTOMERS):
        await enqueue(
            SendActivityInvitations(activity["id"]),
            now=act.now,
            unique_key=f"activity-invitations/{activity['id']}",
            while_pending=True,
        )


@handles(SendActivityInvitations)
async def send_activity_invitations(job: SendActivityInvitations, run: Run) -> None:
    """A batch, and the next one after it. Whom no message reaches is left to those who look after them."""
    rows = await fetch(
        f"select i.id, i.customer_id, a.answer_until as not_after {_UNSENT} and ($3::uuid is null or i.id > $3) order by i.id limit $4",
        job.activity_id,
        run.now,
        job.after,
        BATCH,
    )
    await post_invitations(rows, INVITATION, "invitation", now=run.now)
    if len(rows) == BATCH:
        await enqueue(SendActivityInvitations(job.activity_id, rows[-1]["id"]), now=run.now)


async def invitation_values(invitation_id: UUID, run: Run) -> Values | None:
    """None when the customer has answered, or the event is cancelled. The link answers for whoever has it, so it is not kept
    in the history."""
    row = await fetch_one(
        f"select a.title, a.starts_at, a.answer_until {_UNANSWERED} and i.id = $1", invitation_id, run.now
    )
    if row is None or not public_address():
        return None
    zone = ZoneInfo(run.company.time_zone)
    values = {
        "event": row["title"],
        "begins": f"{row['starts_at'].astimezone(zone):%Y-%m-%d %H:%M}",
        "until": f"{row['answer_until'].astimezone(zone):%Y-%m-%d %H:%M}",
        "link": public_address() + await links.path(invitation_id, row["answer_until"], "answer"),
    }
    return Values(values, hidden=("link",))


async def invitation_settled(settled: Settled, run: Run) -> None:
    """On record as if a person had passed the link on."""
    if settled.sent:
        await add(ActivitySending, run, invitation_id=settled.subject_id, purpose="answer", channel=settled.means)


SUBJECTS.give(INVITATION, Subject(invitation_values, invitation_settled))
