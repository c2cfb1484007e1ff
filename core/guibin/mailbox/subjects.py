"""Whose address a mail came from, and which case it belongs to: by the mails it answers, else by the case's number in its subject; only where its sender is the
case's customer, or wrote the mail that began it."""

import re
from uuid import UUID

from msgspec import Struct

from guibin.complaints.levels import SUBJECT as COMPLAINT
from guibin.policy.fields import ArchiveField
from guibin.profiles.queries import OPEN
from guibin.sealing.values import exacts
from guibin_tenants.keyring import tenant_key
from guibin_tenants.rows import shown
from guibin_tenants.scope import fetch

from . import sealing
from .parsing import ParsedMail

_WHOSE = f"""with recursive below (id) as (
    select u.id from org_unit u where u.id = $2
    union all select u.id from org_unit u join below b on u.parent_id = b.id
)
select c.id from {OPEN} and c.id in (select customer_id from sealed_value where exact = any ($1::bytea[]))
  and ($2::uuid is null or c.org_unit_id in (select id from below))
order by c.id limit 10
"""


_OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")
_NUMBER = re.compile(r"(?<![0-9A-Z])C\d{6}-[0-9A-Z]{5}(?![0-9A-Z])")
_EARLIER = """select m.id, m.subject, m.subject_id, m.customer_id, m.wrote = $4 as same_sender from mail m
where m.mailbox_id = $1 and m.known_by = any ($2::bytea[])
union
select m.id, m.subject, m.subject_id, m.customer_id, m.wrote = $4 from mail_reply r
join mail m on m.tenant_id = r.tenant_id and m.id = r.mail_id where r.message_id = any ($3::uuid[])
order by id desc limit 20"""
# What was merged goes on elsewhere.
_CASE = """select g.id, g.customer_id, g.state from complaint c
join complaint g on g.tenant_id = c.tenant_id and g.id = coalesce(c.merged_into_id, c.id)
where c.id = $1 or c.number = $2 order by c.id limit 1"""
RUNS = ("open", "waiting")


class Earlier(Struct, frozen=True):
    """A mail before this one in its thread."""

    id: UUID
    subject: str
    subject_id: UUID | None
    customer_id: UUID | None
    same_sender: bool | None


class Thread(Struct, frozen=True):
    """What a mail goes on with: a case that runs, whose it is, and the mail before."""

    complaint_id: UUID | None = None
    customer_id: UUID | None = None
    follows_id: UUID | None = None


async def customers(address: str, fields: tuple[ArchiveField, ...], *, unit_id: UUID | None) -> list[UUID]:
    """The customers of the unit, or of the whole company, whose open archive has this address."""
    emails = tuple(field for field in fields if field.type == "email")
    found = await fetch(_WHOSE, exacts(emails, address, await tenant_key()), unit_id)
    return [row["id"] for row in found]


async def thread_of(mail: ParsedMail, mailbox_id: UUID, customers: list[UUID], *, wrote: bytes) -> Thread:
    """Nothing of a thread is believed that its sender has no part in."""
    known = [await sealing.hashed("known", each) for each in mail.references]
    sent = ours(mail.references)
    earlier = shown(Earlier, await fetch(_EARLIER, mailbox_id, known, sent, wrote)) if mail.references else []
    own = [each for each in earlier if each.same_sender or (each.customer_id in customers and each.customer_id)]
    for each in own:
        if each.subject == COMPLAINT:
            found = await _running(each.subject_id, "", customers, same_sender=bool(each.same_sender))
            if found is not None:
                return Thread(*found, each.id)
    for number in _NUMBER.findall(mail.subject.upper()):
        found = await _running(None, number, customers, same_sender=False)
        if found is not None:
            return Thread(*found, own[0].id if own else None)
    return Thread(follows_id=own[0].id if own else None)


def ours(message_ids: tuple[str, ...]) -> list[UUID]:
    """The messages of this product that may be meant by these Message-IDs."""
    return [UUID(each) for each in _OURS.findall(" ".join(message_ids))]


async def _running(
    complaint_id: UUID | None, number: str, customers: list[UUID], *, same_sender: bool
) -> tuple[UUID, UUID | None] | None:
    for row in await fetch(_CASE, complaint_id, number):
        whose = row["customer_id"]
        if row["state"] in RUNS and (whose in customers if whose is not None else same_sender):
            return row["id"], whose
    return None
