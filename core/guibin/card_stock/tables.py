"""Cards before anybody has one: asked for, made, shipped, stocked, written off. Every card made is somewhere (S12-6)."""

from typing import Literal

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Integer, Text, Timestamptz, Varchar

from guibin.cases.outcomes import KNOWN, known
from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable

State = Literal["ordered", "sent", "confirmed", "delivered", "closed"]


class CardRequest(TenantTable, signed="asked"):
    """A unit asks for so many cards; it is shipped what was approved and no more."""

    kind = Varchar(length=60)
    unit_id = RowOf("org_unit")
    quantity = Integer()
    reason = Text(default="")
    approval_id = UuidColumn(default=None, null=True)
    clause = Varchar(length=40, default="")
    outcome = Varchar(length=10, default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="unit_id",
        indexes=(Index(("asked_at desc", "id desc"), name="card_request_asked_idx"),),
        checks={"counted": "quantity > 0", "outcome_known": KNOWN},
    )


class CardOrder(TenantTable, signed="ordered"):
    """Cards that whoever makes them above the company is to send to `unit_id`, the head office (S12-8).

    `state` is ordered, sent, confirmed, delivered or closed, and follows from the rows beside it; `maker` is the policy's name.
    """

    number = Varchar(length=20)
    kind = Varchar(length=60)
    maker = Varchar(length=60)
    unit_id = RowOf("org_unit")
    quantity = Integer()
    note = Text(default="")
    clause = Varchar(length=40, default="")
    policy_version = Integer(default=0)
    state = Varchar(length=10, default="ordered")
    sent_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="unit_id",
        written_by="company",
        unique=(("number",),),
        indexes=(Index(("ordered_at desc", "id desc"), name="card_order_ordered_idx"),),
        checks={
            "counted": "quantity > 0",
            "state_known": known("state", State),
        },
    )


class CardOrderEvent(Part, of="card_order", by="order_id", signed="written"):
    """An order was sent, confirmed, delivered in part or whole, claimed for what is missing, or closed."""

    kind = Varchar(length=10)
    quantity = Integer(default=0)
    text = Text(default="")

    keys = Keys(
        indexes=(Index(("order_id", "written_at")),),
        checks={"kind_known": "kind in ('sent', 'confirmed', 'delivered', 'claimed', 'closed')"},
    )


class CardBatch(TenantTable, signed="made"):
    """Cards made centrally, or delivered for an order, and taken into the stock of `unit_id`."""

    kind = Varchar(length=60)
    unit_id = RowOf("org_unit")
    order_id = RowOf("card_order", null=True)
    quantity = Integer()
    note = Text(default="")

    keys = Keys(
        wall="unit_id",
        written_by="company",
        indexes=(Index(("made_at desc", "id desc"), name="card_batch_made_idx"),),
        append_only=True,
        checks={"counted": "quantity > 0"},
    )


class CardShipment(TenantTable, signed="dispatched"):
    """Cards on their way one level down, for a request, or back up. They arrive with the CardReceipt."""

    kind = Varchar(length=60)
    from_unit_id = RowOf("org_unit")
    to_unit_id = RowOf("org_unit")
    quantity = Integer()
    request_id = RowOf("card_request", null=True)
    note = Text(default="")

    keys = Keys(
        wall="from_unit_id",
        also=("to_unit_id",),
        indexes=(Index(("dispatched_at desc", "id desc"), name="card_shipment_dispatched_idx"),),
        append_only=True,
        checks={"counted": "quantity > 0"},
    )


class CardReceipt(Part, of="card_shipment", by="shipment_id", signed="received"):
    """What was counted on arrival; `missing` is the difference, written off with its `reason`."""

    received = Integer()
    missing = Integer(default=0)
    reason = Text(default="")

    keys = Keys(
        unique=(("shipment_id",),),
        checks={"counted": "received >= 0 and missing >= 0"},
    )


class CardWriteOff(TenantTable, signed="written"):
    """Cards of a unit's stock that nobody will ever get: spoilt, destroyed or missing."""

    kind = Varchar(length=60)
    unit_id = RowOf("org_unit")
    quantity = Integer()
    cause = Varchar(length=10)
    reason = Text()

    keys = Keys(
        wall="unit_id",
        append_only=True,
        checks={"counted": "quantity > 0", "cause_known": "cause in ('spoilt', 'destroyed', 'missing')"},
    )


class CardStock(TenantTable):
    """How many cards of a kind a unit has: the sum of its movements, kept so that taking the last one is decided here."""

    kind = Varchar(length=60)
    unit_id = RowOf("org_unit")
    quantity = Integer(default=0)

    keys = Keys(wall="unit_id", unique=(("kind", "unit_id"),), checks={"never_negative": "quantity >= 0"})


class CardMovement(TenantTable, signed="moved"):
    """So many cards went from one account to another: nothing appears or vanishes, so the accounts always add up.

    Accounts are made (the source), stock of a unit, transit, issued and written_off. `subject_id` is what moved them:
    a batch, a shipment, a receipt, a write-off or a card.
    """

    kind = Varchar(length=60)
    from_account = Varchar(length=12)
    from_unit_id = RowOf("org_unit", null=True)
    to_account = Varchar(length=12)
    to_unit_id = RowOf("org_unit", null=True)
    quantity = Integer()
    subject = Varchar(length=20)
    subject_id = UuidColumn(default=None)

    keys = Keys(
        wall="from_unit_id",
        also=("to_unit_id",),
        unowned=("subject_id card_receipt",),
        indexes=(Index(("moved_at desc", "id desc"), name="card_movement_moved_idx"), Index(("subject_id",))),
        append_only=True,
        checks={
            "counted": "quantity > 0",
            "from_known": "from_account in ('made', 'stock', 'transit')",
            "to_known": "to_account in ('stock', 'transit', 'issued', 'written_off')",
        },
    )
