"""Cards of customers, and what shows who they are. Stock is in `card_stock`."""

from typing import Literal

from piccolo.columns import JSONB, Boolean, Bytea, Date, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin.cases.outcomes import KNOWN, known
from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable

State = Literal["issued", "active", "lost", "ended"]


class IdentityCheck(Part, of="customer", signed="checked"):
    """Somebody compared an identity document with the archive (S08-3). What was read is sealed under the customer's key.

    `differs` names what did not match: nothing when the document is the customer's.
    """

    field = Varchar(length=60)
    sealed = Bytea()
    differs = JSONB(default="[]")
    matches = Boolean(default=False)

    keys = Keys(
        begins="open",
        indexes=(Index(("customer_id", "checked_at desc"), name="identity_check_customer_idx"),),
    )


class CardApplication(Part, of="customer", signed="applied", changes=True, erasable=("reason",)):
    """A customer is put up for a card, through a company if the card is a company's to give (S08-4, S04-5).

    `outcome` is the approval's; `closed_because` says why nothing is to be done any more: issued, rejected, withdrawn,
    or what it rested on: archive_closed, membership_ended, tier_changed, post_ended, company_tier_ended.
    """

    kind = Varchar(length=60)
    of_customer_id = RowOf("customer", null=True)
    reason = Text(default="")
    identity_check_id = RowOf("identity_check", null=True)
    approval_id = UuidColumn(default=None, null=True)
    clause = Varchar(length=40, default="")
    outcome = Varchar(length=10, default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)
    closed_at = Timestamptz(default=None, null=True)
    closed_because = Varchar(length=20, default="")

    keys = Keys(
        begins="open",
        indexes=(
            Index(("applied_at desc", "id desc"), name="card_application_applied_idx"),
            Index(("customer_id", "kind"), unique=True, where="closed_at is null", name="card_application_open_idx"),
        ),
        checks={"outcome_known": KNOWN},
    )


class CardTelling(Part, of="card_application", by="application_id", customer=True, signed="told", erasable=("note",)):
    """The outlet told the customer to come and open the card, or tried to (S12-6)."""

    channel = Varchar(length=40)
    reached = Boolean(default=False)
    note = Text(default="")


class Card(TenantTable, customer=True):
    """A card given to a customer, good until before `expires_on`; its number is sealed, shown masked.

    `state` follows from the events and is kept here for the index that allows no second live card of a kind.
    `exchange_by` is set while the customer holds another tier than the card's, `notice_until` once the post or the
    company's tier is gone: on that day the card ends. `replaces` is the card before it.
    """

    kind = Varchar(length=60)
    scheme = Varchar(length=60)
    tier = Varchar(length=60)
    of_customer_id = RowOf("customer", null=True)
    application_id = RowOf("card_application")
    replaces = RowOf("card", null=True)
    unit_id = RowOf("org_unit", null=True)
    sealed = Bytea()
    masked = Varchar(length=60)
    clause = Varchar(length=40, default="")
    issued_on = Date(default=None, null=True)
    expires_on = Date(default=None, null=True)
    issued_by_name = Varchar(length=200)
    issued_at = Timestamptz(default=None, null=True)
    state = Varchar(length=10, default="issued")
    exchange_by = Date(default=None, null=True)
    notice_until = Date(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    ended_because = Varchar(length=20, default="")

    keys = Keys(
        signed="issued",
        begins="open",
        indexes=(
            Index(("issued_at desc", "id desc"), name="card_issued_idx"),
            Index(("customer_id", "kind"), unique=True, where="ended_at is null", name="card_live_idx"),
            Index(("expires_on",), where="ended_at is null", name="card_expiry_idx"),
        ),
        checks={
            "dated": "issued_on is not null and expires_on > issued_on",
            "state_known": known("state", State),
            "ended": "(ended_at is null) = (state <> 'ended')",
        },
    )


class CardEvent(Part, of="card", customer=True, signed="happened", erasable=("note",)):
    """One thing that happened to a card: issued, activated, lost, found, warned, exchange_owed, notice_given and so on.

    `because` is the code of the reason for which a card ended or an end was announced, `note` what somebody said.
    """

    kind = Varchar(length=20)
    because = Varchar(length=20, default="")
    note = Text(default="")
    identity_check_id = RowOf("identity_check", null=True)

    keys = Keys(indexes=(Index(("card_id", "happened_at")),))


class CardNumber(TenantTable):
    """By which number a card is found, and whether it is good: every outlet may ask, so it names no customer (S02-6).

    A number is given once: that of an ended card stays taken.
    """

    card_id = RowOf("card")
    exact = Bytea(secret=True)
    kind = Varchar(length=60)
    scheme = Varchar(length=60)
    tier = Varchar(length=60)
    of_customer_id = UuidColumn(default=None, null=True)
    expires_on = Date(default=None, null=True)
    state = Varchar(length=10, default="issued")
    ended_because = Varchar(length=20, default="")

    keys = Keys(
        customers=("of_customer_id",),
        unique=(("card_id",), ("exact",)),
        indexes=(Index(("of_customer_id",), where="of_customer_id is not null", name="card_number_sponsor_idx"),),
        checks={"state_known": known("state", State)},
    )


class EntitlementProof(TenantTable):
    """Somebody showed something to be served as a VIP; what was not accepted is kept too, with the reason (S03-4)."""

    kind = Varchar(length=60)
    customer_id = RowOf("customer", null=True)
    card_id = RowOf("card", null=True)
    accepted = Boolean(default=False)
    reason = Varchar(length=40, default="")
    scheme = Varchar(length=60, default="")
    tier = Varchar(length=60, default="")
    unit_id = RowOf("org_unit", null=True)
    shown_to = UuidColumn(default=None)
    shown_to_name = Varchar(length=200)
    shown_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="shown",
        unowned=("unit_id",),
        anyone_adds=True,
        wall="customer_id",
        indexes=(Index(("shown_at desc", "id desc"), name="entitlement_proof_shown_idx"),),
        append_only=True,
    )
