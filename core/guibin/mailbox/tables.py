"""Mailboxes, the mails that came, and the answers that go out in their thread. Who wrote stands sealed."""

from typing import Literal

from piccolo.columns import JSONB, BigInt, Bytea, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable

State = Literal["new", "taken", "answered", "dismissed", "automatic", "flood", "unreadable"]


class Mailbox(TenantTable, signed="written"):
    """A service mailbox of the company's (S01-7). Its settings and the secret of its door stand sealed.

    What arrives belongs to `org_unit_id`, the head office without. `uid_last` is the last mail that was taken over, under the
    server's `uid_validity`; `turn` counts fetches, so that one is made once. `failures` are those in a row, since
    `failing_since`; `last_error` is a word. While `paused_at` is set its server is left alone. What `receiving_server` wrote of a
    mail under that name is believed.
    """

    name = Varchar(length=60)
    address = Varchar(length=254)
    org_unit_id = RowOf("org_unit", null=True)
    sealed = Bytea(default=None, null=True, secret=True)
    shown = Varchar(length=200, default="")
    secret = Bytea(default=None, null=True, secret=True)
    receiving_server = Varchar(length=200, default="")
    paused_at = Timestamptz(default=None, null=True)
    turn = Integer(default=0)
    uid_validity = BigInt(default=None, null=True)
    uid_last = BigInt(default=0)
    fetched_at = Timestamptz(default=None, null=True)
    next_at = Timestamptz(default=None, null=True)
    failures = SmallInt(default=0)
    failing_since = Timestamptz(default=None, null=True)
    last_error = Varchar(length=40, default="")
    removed_at = Timestamptz(default=None, null=True)

    keys = Keys(written_by="company", indexes=(Index(("written_at", "id"), where="removed_at is null"),))


class Mail(TenantTable, signed_off="handled"):
    """A mail as it came, once: `known_by` is made of its Message-ID, else of what it holds.

    `state` is new while it waits for the desk, else taken (a message on, or the beginning of, the case `subject`,
    `subject_id`), answered, dismissed, automatic (a machine's), flood (too many of one sender's in an hour) or unreadable. `because` says why.
    `envelope` holds the address, the Message-ID and what it refers to, sealed under the customer's key, else the company's.
    `wrote` tells equal senders. `spf`, `dkim` and `dmarc` are what the company's own receiving server found, empty where it
    said nothing. `follows_id` is the mail that this one answers. A mail of nobody's known belongs to its mailbox's
    org unit.
    """

    mailbox_id = RowOf("mailbox")
    org_unit_id = RowOf("org_unit", null=True)
    customer_id = RowOf("customer", null=True)
    known_by = Bytea(secret=True)
    uid_validity = BigInt(default=None, null=True)
    uid = BigInt(default=None, null=True)
    wrote = Bytea(default=None, null=True, secret=True)
    envelope = Bytea(default=None, null=True)
    sender_masked = Varchar(length=200, default="")
    sender_name = Varchar(length=200, default="")
    title = Text(default="")
    text = Text(default="")
    quoted = Text(default="")
    left_out = Text(default="")
    not_taken = JSONB(default="[]")
    packed = JSONB(default="[]")
    automatic = Varchar(length=20, default="")
    spf = Varchar(length=10, default="")
    dkim = Varchar(length=10, default="")
    dmarc = Varchar(length=10, default="")
    state = Varchar(length=10)
    because = Text(default="")
    subject = Varchar(length=20, default="")
    subject_id = UuidColumn(default=None, null=True)
    follows_id = RowOf("mail", null=True)
    sent_at = Timestamptz(default=None, null=True)
    arrived_at = Timestamptz(default=None, null=True)
    matched_by = UuidColumn(default=None, null=True)
    matched_by_name = Varchar(length=200, default="")
    matched_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="kept",
        wall="customer_id",
        unowned=("org_unit_id",),
        erasable=(
            "sender_masked",
            "sender_name",
            "title",
            "text",
            "quoted",
            "left_out",
            "not_taken",
            "packed",
            "because",
        ),
        unique=(("mailbox_id", "known_by"),),
        indexes=(
            Index(("arrived_at desc", "id desc"), name="mail_arrived_idx"),
            Index(("state", "arrived_at desc", "id desc"), name="mail_state_idx"),
            Index(("wrote", "arrived_at"), name="mail_wrote_idx"),
            Index(("subject_id",), where="subject_id is not null", name="mail_subject_idx"),
            Index(("customer_id", "arrived_at desc"), where="customer_id is not null", name="mail_customer_idx"),
        ),
        checks={
            "dated": "arrived_at is not null",
            "state_known": known("state", State),
        },
    )


class MailReply(Part, of="mail", signed="written", erasable=("text",)):
    """What goes out in the thread of a mail: written on its case, or to the sender directly."""

    text = Text()
    message_id = UuidColumn(default=None, null=True)
