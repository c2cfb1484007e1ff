"""Answers in the thread of a mail: what is written on its case, or to its sender, goes out through the company's mail channel."""

from uuid import UUID

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.complaints.levels import SUBJECT as COMPLAINT
from guibin.complaints.queries import number_of
from guibin.context import Act
from guibin.events import CustomerAnswered, at_once
from guibin.jobs.kinds import Run
from guibin.messages.posting import NewMessage, post
from guibin.messages.subjects import SUBJECTS, Settled, Subject, Values
from guibin.profiles.refusals import ArchiveErased
from guibin_tenants.rows import add
from guibin_tenants.scope import fetch_one
from guibin_tenants.tables import new_id

from . import sealing
from .deadlines import SUBJECT
from .sealing import Envelope
from .tables import MailReply

KIND = "mail_reply"
_LATEST = """select id, customer_id from mail where subject = $1 and subject_id = $2 and envelope is not null
order by arrived_at desc, id desc limit 1"""
_REPLY = """select r.text, m.id, m.customer_id, m.envelope, m.title, m.automatic, m.subject, m.subject_id from mail_reply r
join mail m on m.tenant_id = r.tenant_id and m.id = r.mail_id where r.id = $1"""
_TITLE_MAX, _THREAD_MAX = 90, 10


async def reply(mail: Case, text: str, act: Act) -> UUID:
    """Have it sent in the mail's thread after this transaction; the reply's id."""
    reply_id = new_id()
    message_id = await post(
        NewMessage(
            occasion=f"{KIND}/{reply_id}",
            kind=KIND,
            means="email",
            subject=KIND,
            subject_id=reply_id,
            customer_id=mail.customer_id,
        ),
        now=act.now,
    )
    return await add(MailReply, act, id=reply_id, mail_id=mail.id, text=text, message_id=message_id)


@at_once(CustomerAnswered)
async def mail_the_answer(answered: CustomerAnswered, act: Act) -> None:
    """A reply on a case to which mails came goes to whoever wrote last."""
    latest = await fetch_one(_LATEST, answered.subject, answered.subject_id)
    if latest is not None:
        await reply(Case(SUBJECT, latest["id"], latest["customer_id"]), answered.text, act)


async def values_of(reply_id: UUID, run: Run) -> Values | None:
    """What the mail says, to whom and in which thread; None where there is nobody left to be answered, or a machine."""
    row = await fetch_one(_REPLY, reply_id)
    if row is None or row["envelope"] is None or row["automatic"]:
        return None
    try:
        envelope = await sealing.opened(bytes(row["envelope"]), mail_id=row["id"], customer_id=row["customer_id"])
    except ArchiveErased:
        return None
    await done("answer", Case(SUBJECT, row["id"], row["customer_id"]), run, fields=("email",), purpose=KIND)
    if not envelope.address:
        return None
    number = await number_of(row["subject_id"]) if row["subject"] == COMPLAINT else ""
    return Values(
        {"topic": _title(row["title"], number), "text": row["text"]},
        to=envelope.address,
        thread=_thread(envelope),
    )


async def settled(_: Settled, __: Run) -> None:
    """How it went stands with the message."""


def _title(title: str, number: str) -> str:
    plain = title if title[:3].lower() in ("re:", "回复:", "回复：") else f"Re: {title}"
    return f"{plain[:_TITLE_MAX]} [{number}]" if number and number not in plain else plain[:_TITLE_MAX]


def _thread(envelope: Envelope) -> tuple[str, ...]:
    ids = (*envelope.references, envelope.message_id)
    return tuple(each for each in ids if each)[-_THREAD_MAX:]


SUBJECTS.give(KIND, Subject(values_of, settled))
