"""Relationship plans as rows: their measures, and how each ended."""

from piccolo.columns import Boolean, Date, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class RelationshipPlan(TenantTable, customer=True, signed="drawn_up"):
    """What is planned with a customer over a year, from the template of the tier held then (S01-5)."""

    period = Varchar(length=10)
    goal = Text(default="")
    template = Varchar(length=60, default="")
    tier = Varchar(length=60, default="")
    clause = Varchar(length=20, default="")

    keys = Keys(
        begins="open",
        unique=(("customer_id", "period"),),
        append_only=True,
        erasable=("goal",),
        indexes=(Index(("drawn_up_at desc", "id desc"), name="relationship_plan_newest_idx"),),
    )


class RelationshipMeasure(TenantTable, customer=True):
    """One thing to do with the customer until a day: a visit, a call, an event, a gift."""

    plan_id = RowOf("relationship_plan")
    kind = Varchar(length=60)
    text = Text(default="")
    due_on = Date(default=None, null=True)
    added_by_name = Varchar(length=200)
    added_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="added",
        begins="open",
        append_only=True,
        erasable=("text",),
        indexes=(Index(("due_on", "id"), name="relationship_measure_due_idx"),),
        checks={"dated": "due_on is not null"},
    )


class MeasureEnd(TenantTable, customer=True, signed="ended"):
    """A measure was carried out, by a contact or as the note says, or dropped. One contact ends one measure."""

    measure_id = RowOf("relationship_measure")
    dropped = Boolean(default=False)
    interaction_id = RowOf("interaction", null=True)
    note = Text(default="")

    keys = Keys(unique=(("measure_id",), ("interaction_id",)), append_only=True, erasable=("note",))
