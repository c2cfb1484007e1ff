"""A mail taken in, once: on the case it answers, or for the desk; a machine's is kept and answered by nobody (S01-7)."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct, structs

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.complaints import actions as complaints
from guibin.complaints.levels import SUBJECT as COMPLAINT
from guibin.complaints.requests import NewMessage
from guibin.context import Act
from guibin.duties import calls as duties
from guibin.files import actions as files
from guibin.files.refusals import AlreadyHere, NoRoom
from guibin.messages.queries import mailed
from guibin.notices.actions import Notice, notify, serving
from guibin.profiles.queries import archive_fields
from guibin_tenants.rows import add
from guibin_tenants.scope import fetch, fetch_value, savepoint
from guibin_tenants.tables import new_id

from . import deadlines, sealing, subjects
from .checking import Reading
from .deadlines import SUBJECT
from .parsing import ParsedMail
from .sealing import Envelope
from .subjects import Thread
from .tables import Mail

# So many mails of one sender's in an hour, and so many in one mailbox, are work; what comes on top is kept aside.
SENDER_HOUR_MAX, MAILBOX_HOUR_MAX = 20, 600
NO_WORDS = "—"
CHANNEL = "email"
_SAID_MAX = 8_000


async def take_in(
    mailbox: asyncpg.Record, reading: Reading, act: Act, *, uid: tuple[int, int] | None = None
) -> UUID | None:
    """The mail's id; None for one that came before. `uid` is the server's, under its validity.

    Raises nothing for what the mail holds.
    """
    await fetch_value("select pg_advisory_xact_lock(hashtextextended('mailbox ' || $1::text, 0))", str(mailbox["id"]))
    known_by = await sealing.hashed("known", reading.key)
    if await fetch_value("select id from mail where mailbox_id = $1 and known_by = $2", mailbox["id"], known_by):
        return None
    arrived = _Arrived(
        id=new_id(),
        mailbox_id=mailbox["id"],
        org_unit_id=mailbox["org_unit_id"],
        known_by=known_by,
        uid_validity=uid[0] if uid else None,
        uid=uid[1] if uid else None,
        arrived_at=act.now,
    )
    if reading.parsed is not None:
        return await _take_in(mailbox, reading, arrived, act)
    await add(Mail, **structs.asdict(arrived), state="unreadable", because=reading.problem)
    await _tell_admins("mail_unreadable", mailbox, act)
    await done("arrive", Case(SUBJECT, arrived.id), act)
    return arrived.id


class _Arrived(Struct, frozen=True, kw_only=True):
    """What is known of a mail before it is read."""

    id: UUID
    mailbox_id: UUID
    org_unit_id: UUID | None
    known_by: bytes
    uid_validity: int | None
    uid: int | None
    arrived_at: datetime


class _Judged(Struct, frozen=True):
    """What becomes of a mail, and why."""

    state: str
    because: str
    thread: Thread
    customer_id: UUID | None


async def _take_in(mailbox: asyncpg.Record, reading: Reading, arrived: _Arrived, act: Act) -> UUID:
    mail = reading.parsed
    assert mail is not None
    wrote = await sealing.hashed("sender", mail.sender)
    judged = await _judge(mailbox, mail, wrote, act)
    thread, customer_id = judged.thread, judged.customer_id
    whole = Case(SUBJECT, arrived.id, customer_id)
    envelope = Envelope(mail.sender, mail.message_id, mail.references)
    await add(
        Mail,
        **structs.asdict(arrived),
        customer_id=customer_id,
        wrote=wrote,
        envelope=await sealing.sealed(envelope, mail_id=whole.id, customer_id=customer_id),
        sender_masked=sealing.shown(mail.sender),
        sender_name=mail.sender_name,
        title=mail.subject,
        text=mail.text,
        quoted=mail.quoted,
        not_taken=list(reading.left_out),
        packed=list(reading.packed),
        **_believed(mailbox["receiving_server"], mail),
        automatic=judged.because if judged.state == "automatic" else "",
        state=judged.state,
        because=judged.because,
        subject=COMPLAINT if thread.complaint_id else "",
        subject_id=thread.complaint_id,
        follows_id=thread.follows_id,
        sent_at=mail.sent_at,
        **({"matched_by": act.by.id, "matched_by_name": act.by.name, "matched_at": act.now} if customer_id else {}),
    )
    await done("arrive", whole, act)
    if thread.complaint_id is not None:
        said = NewMessage(text=words(mail.text, mail.subject), direction="in")
        await complaints.write(thread.complaint_id, said, act)
        await _keep_files(Case(COMPLAINT, thread.complaint_id, customer_id), reading, act)
    elif judged.state == "new":
        await _wait_for_the_desk(whole, act)
        await duties.call(whole, act, duties.Matter(unit_id=mailbox["org_unit_id"]))
        await _keep_files(whole, reading, act)
    elif judged.state == "flood":
        await _tell_admins("mail_flood", mailbox, act)
    else:
        await _tell_bounced(mail, act)
    return whole.id


def _believed(server: str, mail: ParsedMail) -> dict[str, str]:
    """What the company's own receiving server found: the first head under its name, which it wrote over what senders forge."""
    said = next((each for each in mail.verdicts if server and each.server == server), None)
    return {"spf": said.spf, "dkim": said.dkim, "dmarc": said.dmarc} if said else {}


async def _judge(mailbox: asyncpg.Record, mail: ParsedMail, wrote: bytes, act: Act) -> _Judged:
    automatic = mail.automatic or ("own" if mail.sender == mailbox["address"].lower() else "")
    flood = "" if automatic else await _flood(mailbox, wrote, act)
    fields, unit_id = archive_fields(act.policy), mailbox["org_unit_id"]
    customers = await subjects.customers(mail.sender, fields, unit_id=unit_id) if mail.sender else []
    alone = customers[0] if len(customers) == 1 else None
    if automatic or flood:
        return _Judged("automatic" if automatic else "flood", automatic or flood, Thread(), alone)
    thread = await subjects.thread_of(mail, mailbox["id"], customers, wrote=wrote)
    whose = thread.customer_id if thread.complaint_id else alone
    return _Judged("taken" if thread.complaint_id else "new", "", thread, whose)


async def _wait_for_the_desk(mail: Case, act: Act) -> None:
    """Its time runs, and whoever answers for a known sender hears."""
    await deadlines.owe(mail, act)
    told = tuple(sorted(await serving(mail.customer_id))) if mail.customer_id else ()
    if told:
        await notify(Notice("mail_arrived", mail, staff_ids=told), key=f"mail_arrived/{mail.id}", now=act.now)


async def _tell_bounced(parsed: ParsedMail, act: Act) -> None:
    for message_id, customer_id in (await mailed(subjects.ours(parsed.bounced))).items():
        notice = Notice("mail_bounced", Case("message", message_id, customer_id), roles=("account_manager",))
        await notify(notice, key=f"mail_bounced/{message_id}", now=act.now)


async def _keep_files(to: Case, reading: Reading, act: Act) -> None:
    for found in reading.files:
        try:
            async with savepoint():
                await files.keep(to, found, act)
        except (NoRoom, AlreadyHere):
            continue


async def _flood(mailbox: asyncpg.Record, wrote: bytes, act: Act) -> str:
    since = act.now - timedelta(hours=1)
    counted = "select count(*) filter (where wrote = $2) as own, count(*) as every from mail where mailbox_id = $1 and arrived_at > $3"
    (row,) = await fetch(counted, mailbox["id"], wrote, since)
    if row["own"] >= SENDER_HOUR_MAX:
        return "sender"
    return "mailbox" if row["every"] >= MAILBOX_HOUR_MAX else ""


async def _tell_admins(kind: str, mailbox: asyncpg.Record, act: Act) -> None:
    """Once a day and mailbox."""
    notice = Notice(kind, Case("mailbox", mailbox["id"]), roles=("tenant_admin",), details={"name": mailbox["name"]})
    await notify(notice, key=f"{kind}/{mailbox['id']}/{act.today}", now=act.now)


def words(text: str, title: str) -> str:
    """What a mail says, where a case asks for words."""
    return (text.strip() or title.strip() or NO_WORDS)[:_SAID_MAX]
