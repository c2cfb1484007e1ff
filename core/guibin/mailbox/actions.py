"""What the desk does with a mail: whose it is, a case of it, an answer, or nothing with a reason; and the door for mails."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from guibin.audit.actions import recorded
from guibin.cases import Case
from guibin.cases.requests import Because
from guibin.complaints.intake import receive
from guibin.complaints.levels import SUBJECT as COMPLAINT
from guibin.complaints.requests import NewComplaint
from guibin.context import Act
from guibin.duties import calls as duties
from guibin.events import ErasureBegins, at_once
from guibin.files import actions as files
from guibin.messages.queries import means_in_use
from guibin.outbound import signing
from guibin.profiles.subjects import refuse_unless_kept
from guibin.records.actions import handle, record_interaction
from guibin.records.requests import NewHandling, NewInteraction
from guibin.tiers.queries import tiers_of
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import change, locked
from guibin_tenants.scope import execute, fetch, fetch_value, step_outside
from guibin_tenants.tables import BLANK

from . import channels, deadlines, intake, posting, sealing
from .checking import read
from .deadlines import SUBJECT
from .queries import FORM, LISTED, MailForm, MailView
from .refusals import MailHandled, MailMatched, NotAnswered, NotSigned, SenderUnknown
from .requests import NewAnswer, NewDismissal, NewMatch, NewQuestion, NewTaking
from .tables import Mail

INTERACTION = "interaction"
_WAITING = ("new", "automatic", "flood")


async def arrive(mailbox_id: UUID, raw: bytes, headers: Mapping[str, str], act: Act) -> MailView:
    """A mail handed over at the door, signed with the mailbox's secret; one that came before is answered as it stands.

    Raises NotFound, NotSigned, Invalid for nothing at all.
    """
    box = await channels.locked(mailbox_id)
    secret = await channels.secret_of(box)
    if not signing.is_signed(headers, raw, secret=secret, now=act.now):
        raise NotSigned("Sign webhook-id, webhook-timestamp and the body as Standard Webhooks says")
    if not raw:
        raise Invalid.at("body", "a mail", "send it as message/rfc822")
    async with step_outside():
        reading = await asyncio.to_thread(read, raw)
    box = await channels.locked(mailbox_id)
    mail_id = await intake.take_in(box, reading, act)
    if mail_id is None:
        known_by = await sealing.hashed("known", reading.key)
        mail_id = await fetch_value("select id from mail where mailbox_id = $1 and known_by = $2", mailbox_id, known_by)
    return await recorded("read", Case(SUBJECT, mail_id), LISTED, act)


async def match(mail_id: UUID, new: NewMatch, act: Act) -> MailForm:
    """Say whose mail it is; its files go to the customer with it. Raises NotFound, MailMatched, ArchiveErased."""
    mail = await locked(Mail, mail_id)
    if mail["customer_id"] is not None:
        raise MailMatched("A mail is one customer's: it stays with that one")
    if mail["subject_id"] is not None:
        raise MailHandled("It belongs to a case")
    await refuse_unless_kept(new.customer_id)
    kept = (
        await sealing.opened(bytes(mail["envelope"]), mail_id=mail_id, customer_id=None) if mail["envelope"] else None
    )
    signed = {"matched_by": act.by.id, "matched_by_name": act.by.name, "matched_at": act.now}
    envelope = await sealing.sealed(kept, mail_id=mail_id, customer_id=new.customer_id) if kept else None
    await change(Mail, mail_id, customer_id=new.customer_id, envelope=envelope, **signed)
    await deadlines.retier(mail_id, await tiers_of(new.customer_id, on=act.today), act)
    whole = Case(SUBJECT, mail_id, new.customer_id)
    await files.move(Case(SUBJECT, mail_id), whole, act, because=act.policy.title("mail.matched", act.company.language))
    return await recorded("match", whole, FORM, act)


async def take(mail_id: UUID, new: NewTaking, act: Act) -> MailForm:
    """Make a complaint or an opinion of it, received when the mail came, with its files. Raises Invalid, NotFound,
    MailHandled, ArchiveErased."""
    mail = await _waiting(mail_id)
    channels = act.policy.complaints.channels
    complaint = await receive(
        NewComplaint(
            text=new.text.strip() or intake.words(mail["text"], mail["title"]),
            channel=intake.CHANNEL if intake.CHANNEL in channels else channels[0],
            kind=new.kind,
            customer_id=mail["customer_id"],
            level=new.level,
            received_at=mail["arrived_at"],
        ),
        act,
    )
    return await _taken(mail, Case(COMPLAINT, complaint.id, mail["customer_id"]), act)


async def ask(mail_id: UUID, new: NewQuestion, act: Act) -> MailForm:
    """Make it a question of the customer's, whose clock counts from when the mail came. Raises NotFound, MailHandled,
    SenderUnknown, ArchiveErased."""
    mail = await _waiting(mail_id)
    if mail["customer_id"] is None:
        raise SenderUnknown("A question is a customer's")
    said = intake.words(mail["text"], mail["title"])
    asked = await record_interaction(
        NewInteraction(
            customer_id=mail["customer_id"],
            channel=intake.CHANNEL,
            direction="in",
            content=mail["title"].strip() or said[:200],
            need=new.need.strip() or said,
            happened_at=mail["arrived_at"],
        ),
        act,
    )
    return await _taken(mail, Case(INTERACTION, asked.id, mail["customer_id"]), act)


async def answer(mail_id: UUID, new: NewAnswer, act: Act) -> MailForm:
    """Answer the sender in the thread: that ends what waits, also the question it was made.

    Raises NotFound, MailHandled for one on a complaint, which is answered there; NotAnswered for a machine's, one that was
    dismissed, and where the company has no mail channel.
    """
    mail = await locked(Mail, mail_id)
    if mail["subject"] == COMPLAINT:
        raise MailHandled("It is on a complaint: write the reply there, it goes out in the thread")
    if mail["automatic"] or mail["envelope"] is None or mail["state"] in ("dismissed", "unreadable"):
        raise NotAnswered("A machine's mail and one that was dismissed are not answered")
    if "email" not in await means_in_use():
        raise NotAnswered("The company has no channel for mail: set one up under /api/v1/channels")
    whole = Case(SUBJECT, mail_id, mail["customer_id"])
    await posting.reply(whole, new.text, act)
    if mail["subject"] == INTERACTION:
        if await fetch_value("select handling_state = 'open' from interaction where id = $1", mail["subject_id"]):
            await handle(mail["subject_id"], NewHandling(text=new.text), act)
    else:
        await deadlines.met(mail_id, now=act.now)
        await duties.settle(mail_id, act)
        await change(Mail, mail_id, act, state="answered")
    return await recorded("reply", whole, FORM, act)


async def dismiss(mail_id: UUID, new: NewDismissal, act: Act) -> MailForm:
    """Nothing comes of it, with the reason on record. Raises NotFound, MailHandled."""
    mail = await _waiting(mail_id)
    await deadlines.met(mail_id, now=act.now)
    await duties.settle(mail_id, act)
    await change(Mail, mail_id, act, state="dismissed", because=new.reason)
    return await recorded("dismiss", Case(SUBJECT, mail_id, mail["customer_id"]), FORM, act)


@at_once(ErasureBegins)
async def dismiss_with_archive(erased: ErasureBegins, act: Act) -> None:
    """Nobody answers a customer who is erased, and no mail tells any more that it was they who wrote."""
    await execute("update mail set wrote = null where customer_id = $1 and wrote is not null", erased.customer_id)
    for row in await fetch(
        "select id from mail where customer_id = $1 and state = 'new' order by id", erased.customer_id
    ):
        await deadlines.met(row["id"], now=act.now)
        await change(Mail, row["id"], act, state="dismissed", because="archive_erased")


async def blank(mail_id: UUID, new: Because, act: Act) -> MailForm:
    """Take away what is known of a sender who is nobody's customer, words and files. A customer's goes with the archive.

    Raises NotFound, MailMatched, MailHandled while it waits.
    """
    mail = await locked(Mail, mail_id)
    if mail["customer_id"] is not None:
        raise MailMatched("It is a customer's: it goes when their archive is erased")
    if mail["state"] == "new":
        raise MailHandled("It waits for an answer: dismiss it first")
    words = {name: BLANK for name in Mail.keys.erasable if mail[name] and name != "not_taken"}
    await change(Mail, mail_id, envelope=None, wrote=None, not_taken=[], **words)
    await files.destroy(Case(SUBJECT, mail_id), act, because=new.reason)
    return await recorded("blank", Case(SUBJECT, mail_id), FORM, act, purpose=new.reason)


async def _waiting(mail_id: UUID) -> Mapping[str, Any]:
    mail: Mapping[str, Any] = await locked(Mail, mail_id)
    if mail["state"] not in _WAITING:
        raise MailHandled(f"Its state is {mail['state']}")
    return mail


async def _taken(mail: Mapping[str, Any], case: Case, act: Act) -> MailForm:
    whole = Case(SUBJECT, mail["id"], mail["customer_id"])
    await deadlines.met(whole.id, now=act.now)
    await duties.settle(whole.id, act)
    await change(Mail, whole.id, act, state="taken", subject=case.subject, subject_id=case.id)
    await files.move(whole, case, act, because=act.policy.title("mail.taken", act.company.language))
    return await recorded("take", whole, FORM, act)
