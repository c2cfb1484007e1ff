"""Channels, messages, attempts, and how many went out in a day."""

from typing import Literal

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Bytea, Date, Integer, SmallInt, Timestamptz, Varchar

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable

State = Literal["pending", "sent", "failed", "dropped"]


class MessageChannel(TenantTable):
    """A way out: one SMTP server, SMS gateway or chat robot of the company's. Its settings stand sealed.

    `shown` is what may be seen of them. `per_day_max` bounds this channel below the policy's own bound.
    """

    name = Varchar(length=60)
    means = Varchar(length=5)
    provider = Varchar(length=10)
    sealed = Bytea(secret=True)
    shown = Varchar(length=200)
    per_day_max = Integer(default=None, null=True)
    written_by_name = Varchar(length=200)
    written_at = Timestamptz(default=None, null=True)
    removed_at = Timestamptz(default=None, null=True)
    tested_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="written",
        written_by="company",
        indexes=(Index(("means",), unique=True, where="removed_at is null", name="message_channel_means_idx"),),
        checks={"means_known": "means in ('sms', 'email', 'chat')"},
    )


class StaffAddress(TenantTable):
    """Where a member of staff gets mail. Sealed under the company's key, shown masked. `written_by` said so."""

    staff_id = RowOf("staff")
    sealed = Bytea()
    masked = Varchar(length=200)
    written_at = Timestamptz(default=None, null=True)
    written_by = UuidColumn(default=None, null=True)

    keys = Keys(unique=(("staff_id",),))


class Message(TenantTable):
    """Something to be told once about an `occasion`, to a customer, a member of staff or, with neither, the company's chat.

    What it says is made when it is sent, from the policy's text and the `subject`; nothing of it stands here. `state` is
    pending, sent, failed or dropped, `because` why it was not sent. It is worth nothing after `not_after`.
    """

    occasion = Varchar(length=200)
    kind = Varchar(length=60)
    means = Varchar(length=5)
    customer_id = RowOf("customer", null=True)
    staff_id = RowOf("staff", null=True)
    subject = Varchar(length=40)
    subject_id = UuidColumn(default=None)
    state = Varchar(length=10, default="pending")
    because = Varchar(length=40, default="")
    attempts = SmallInt(default=0)
    next_at = Timestamptz(default=None, null=True)
    not_after = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)

    keys = Keys(
        unowned=("staff_id",),
        anyone_adds=True,
        unique=(("occasion",),),
        wall="customer_id",
        indexes=(
            Index(("created_at desc", "id desc"), name="message_log_idx"),
            Index(("customer_id", "created_at desc", "id desc"), name="message_customer_idx"),
            Index(("subject_id",), name="message_subject_idx"),
        ),
        checks={
            "state_known": known("state", State),
            "means_known": "means in ('sms', 'email', 'chat')",
        },
    )


class MessageAttempt(TenantTable):
    """One try to send it: `error` empty when the provider took it."""

    message_id = RowOf("message")
    customer_id = RowOf("customer", null=True)
    attempt = Integer()
    error = Varchar(length=40, default="")
    duration_ms = Integer(default=0)
    attempted_at = Timestamptz(default=None, null=True)

    keys = Keys(unowned=("message_id",), unique=(("message_id", "attempt"),), wall="customer_id", append_only=True)


class MessageDay(TenantTable):
    """How many messages were handed to a channel on a day of the company's."""

    means = Varchar(length=5)
    day = Date(default=None, null=True)
    sent = Integer(default=0)

    keys = Keys(unique=(("means", "day"),))
