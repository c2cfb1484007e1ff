"""What callers send about mailboxes and mails, bounded and strict."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.policy.words import OneLine, Reason, Recipient, Said, saying, up_to


class ImapSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`tls` from the first byte (993), after `starttls` (143), or none where the operator allows the host. A server whose
    certificate no public authority signed is believed by the `ca`, its own or its authority's in PEM, and by nothing else.
    """

    host: OneLine
    username: OneLine
    password: Annotated[str, up_to(200, 1)]
    port: Annotated[int, Meta(ge=1, le=65_535)] = 993
    tls: Literal["tls", "starttls", "none"] = "tls"
    folder: OneLine = "INBOX"
    ca: Annotated[str, up_to(20_000)] = ""


class NewMailbox(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mailbox: fetched from its server, if `imap` says which, and with a door for a mail server that hands over by itself.

    What arrives belongs to `org_unit_id` while nobody knows whose it is, the head office without. Of what heads say of SPF,
    DKIM and DMARC only what the company's own `receiving_server` wrote under its name is believed.
    """

    name: Annotated[str, saying(60)]
    address: Recipient
    org_unit_id: UUID | None = None
    receiving_server: Annotated[str, up_to(200)] = ""
    imap: ImapSettings | None = None


class NewReceivingServer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Under which name the company's own receiving server writes what came of SPF, DKIM and DMARC; empty for nobody's."""

    receiving_server: Annotated[str, up_to(200)] = ""


class NewMatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose mail it is."""

    customer_id: UUID


class NewTaking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Make a complaint or an opinion of it; `level` None leaves that to the policy. `text` is by default what the mail says."""

    kind: Literal["complaint", "opinion"] = "complaint"
    level: Annotated[str, up_to(40, 1)] | None = None
    text: Annotated[str, up_to(8_000)] = ""


class NewQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Make it a question of the customer's, which waits for an answer; `need` is by default what the mail says."""

    need: Annotated[str, up_to(8_000)] = ""


class NewAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the sender is answered, in the thread."""

    text: Said


class NewDismissal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why nothing comes of it: spam, or whatever else."""

    reason: Reason
