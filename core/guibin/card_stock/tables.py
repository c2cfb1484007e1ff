"""Cards before anybody has one: asked for, made, shipped, stocked, written off. Every card made is somewhere (S12-6)."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Integer, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, Part, TenantTable


class CardRequest(TenantTable, tablename="card_request"):
    """A unit asks for so many cards; it is shipped what was approved and no more."""

    kind = Varchar(length=60)
    unit_id = UuidColumn(default=None)
    quantity = Integer()
    reason = Text(default="")
    approval_id = UuidColumn(default=None, null=True)
    clause = Varchar(length=40, default="")
    asked_by = UuidColumn(default=None)
    asked_by_name = Varchar(length=200)
    asked_at = Timestamptz(default=None, null=True)
    outcome = Varchar(length=10, default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="asked",
        wall="unit_id",
        references={"unit_id": "org_unit"},
        indexes=(Index(("asked_at desc", "id desc"), name="card_request_asked_idx"),),
        checks={"counted": "quantity > 0", "outcome_known": "outcome in ('approved', 'rejected', 'withdrawn')"},
    )


class CardBatch(TenantTable, tablename="card_batch"):
    """Cards made centrally and taken into the stock of `unit_id`."""

    kind = Varchar(length=60)
    unit_id = UuidColumn(default=None)
    quantity = Integer()
    note = Text(default="")
    made_by = UuidColumn(default=None)
    made_by_name = Varchar(length=200)
    made_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="made",
        wall="unit_id",
        written_by="company",
        references={"unit_id": "org_unit"},
        indexes=(Index(("made_at desc", "id desc"), name="card_batch_made_idx"),),
        append_only=True,
        checks={"counted": "quantity > 0"},
    )


class CardShipment(TenantTable, tablename="card_shipment"):
    """Cards on their way one level down, for a request, or back up. They arrive with the CardReceipt."""

    kind = Varchar(length=60)
    from_unit_id = UuidColumn(default=None)
    to_unit_id = UuidColumn(default=None)
    quantity = Integer()
    request_id = UuidColumn(default=None, null=True)
    note = Text(default="")
    dispatched_by = UuidColumn(default=None)
    dispatched_by_name = Varchar(length=200)
    dispatched_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="dispatched",
        wall="from_unit_id",
        also=("to_unit_id",),
        references={"from_unit_id": "org_unit", "to_unit_id": "org_unit", "request_id": "card_request"},
        indexes=(Index(("dispatched_at desc", "id desc"), name="card_shipment_dispatched_idx"),),
        append_only=True,
        checks={"counted": "quantity > 0"},
    )


class CardReceipt(Part, of="card_shipment", by="shipment_id", signed="received", tablename="card_receipt"):
    """What was counted on arrival; `missing` is the difference, written off with its `reason`."""

    received = Integer()
    missing = Integer(default=0)
    reason = Text(default="")

    keys = Keys(
        unique=(("shipment_id",),),
        checks={"counted": "received >= 0 and missing >= 0"},
    )


class CardWriteOff(TenantTable, tablename="card_write_off"):
    """Cards of a unit's stock that nobody will ever get: spoilt, destroyed or missing."""

    kind = Varchar(length=60)
    unit_id = UuidColumn(default=None)
    quantity = Integer()
    cause = Varchar(length=10)
    reason = Text()
    written_by = UuidColumn(default=None)
    written_by_name = Varchar(length=200)
    written_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="written",
        wall="unit_id",
        references={"unit_id": "org_unit"},
        append_only=True,
        checks={"counted": "quantity > 0", "cause_known": "cause in ('spoilt', 'destroyed', 'missing')"},
    )


class CardStock(TenantTable, tablename="card_stock"):
    """How many cards of a kind a unit has: the sum of its movements, kept so that taking the last one is decided here."""

    kind = Varchar(length=60)
    unit_id = UuidColumn(default=None)
    quantity = Integer(default=0)

    keys = Keys(
        wall="unit_id",
        unique=(("kind", "unit_id"),),
        references={"unit_id": "org_unit"},
        checks={"never_negative": "quantity >= 0"},
    )


class CardMovement(TenantTable, tablename="card_movement"):
    """So many cards went from one account to another: nothing appears or vanishes, so the accounts always add up.

    Accounts are made (the source), stock of a unit, transit, issued and written_off. `subject_id` is what moved them:
    a batch, a shipment, a receipt, a write-off or a card.
    """

    kind = Varchar(length=60)
    from_account = Varchar(length=12)
    from_unit_id = UuidColumn(default=None, null=True)
    to_account = Varchar(length=12)
    to_unit_id = UuidColumn(default=None, null=True)
    quantity = Integer()
    subject = Varchar(length=20)
    subject_id = UuidColumn(default=None)
    moved_by = UuidColumn(default=None)
    moved_by_name = Varchar(length=200)
    moved_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="moved",
        wall="from_unit_id",
        also=("to_unit_id",),
        unowned=("subject_id card_receipt",),
        references={"from_unit_id": "org_unit", "to_unit_id": "org_unit"},
        indexes=(Index(("moved_at desc", "id desc"), name="card_movement_moved_idx"), Index(("subject_id",))),
        append_only=True,
        checks={
            "counted": "quantity > 0",
            "from_known": "from_account in ('made', 'stock', 'transit')",
            "to_known": "to_account in ('stock', 'transit', 'issued', 'written_off')",
        },
    )
