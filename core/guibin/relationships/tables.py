"""Relationship plans as rows: their measures, and how each ended."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Boolean, Date, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable


class RelationshipPlan(TenantTable, tablename="relationship_plan"):
    """What is planned with a customer over a year, from the template of the tier held then (S01-5)."""

    customer_id = UuidColumn(default=None)
    period = Varchar(length=10)
    goal = Text(default="")
    template = Varchar(length=60, default="")
    tier = Varchar(length=60, default="")
    clause = Varchar(length=20, default="")
    drawn_up_by = UuidColumn(default=None)
    drawn_up_by_name = Varchar(length=200)
    drawn_up_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="drawn_up",
        begins="open",
        unique=(("customer_id", "period"),),
        wall="customer_id",
        references={"customer_id": "customer"},
        append_only=True,
        erasable=("goal",),
        indexes=(Index(("drawn_up_at desc", "id desc"), name="relationship_plan_newest_idx"),),
    )


class RelationshipMeasure(TenantTable, tablename="relationship_measure"):
    """One thing to do with the customer until a day: a visit, a call, an event, a gift."""

    plan_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    kind = Varchar(length=60)
    text = Text(default="")
    due_on = Date(default=None, null=True)
    added_by_name = Varchar(length=200)
    added_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="added",
        begins="open",
        wall="customer_id",
        references={"plan_id": "relationship_plan", "customer_id": "customer"},
        append_only=True,
        erasable=("text",),
        indexes=(Index(("due_on", "id"), name="relationship_measure_due_idx"),),
        checks={"dated": "due_on is not null"},
    )


class MeasureEnd(TenantTable, tablename="measure_end"):
    """A measure was carried out, by a contact or as the note says, or dropped. One contact ends one measure."""

    measure_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    dropped = Boolean(default=False)
    interaction_id = UuidColumn(default=None, null=True)
    note = Text(default="")
    ended_by = UuidColumn(default=None)
    ended_by_name = Varchar(length=200)
    ended_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="ended",
        unique=(("measure_id",), ("interaction_id",)),
        wall="customer_id",
        references={
            "measure_id": "relationship_measure",
            "customer_id": "customer",
            "interaction_id": "interaction",
        },
        append_only=True,
        erasable=("note",),
    )
