"""Contacts and visits as rows. What a customer signed and the number it was called on stand sealed."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Boolean, Bytea, Integer, SmallInt, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable


class Interaction(TenantTable, tablename="interaction"):
    """One contact with a customer, or an attempt at one (S07-25: method, number, time, place, content, need, handling).

    `channel` is the method. `outcome` not_reached is an attempt of ours, missed a customer's call nobody took (S05-5).
    `number` is shown masked in `number_masked`. `handling_state` follows from the handlings beside it and is kept here
    so that lists filter by an index. `staff_id` had the contact. `source` and `source_number` are where an imported
    one came from.
    """

    customer_id = UuidColumn(default=None)
    channel = Varchar(length=40)
    direction = Varchar(length=3)
    outcome = Varchar(length=11, default="reached")
    happened_at = Timestamptz(default=None, null=True)
    duration_minutes = SmallInt(default=None, null=True)
    place = Varchar(length=200, default="")
    number_sealed = Bytea(default=None, null=True)
    number_masked = Varchar(length=200, default="")
    content = Text()
    need = Text(default="")
    handling_state = Varchar(length=4, default="none")
    staff_id = UuidColumn(default=None)
    staff_name = Varchar(length=200)
    recorded_by = UuidColumn(default=None)
    recorded_by_name = Varchar(length=200)
    recorded_at = Timestamptz(default=None, null=True)
    source = Varchar(length=40, default=None, null=True)
    source_number = Varchar(length=64, default=None, null=True)

    keys = Keys(
        begins="kept",
        erasable=("content", "need", "place", "number_masked"),
        wall="customer_id",
        references={"customer_id": "customer"},
        indexes=(
            Index(("customer_id", "happened_at desc", "id desc"), name="interaction_history_idx"),
            Index(("happened_at desc", "id desc"), name="interaction_happened_idx"),
            Index(("staff_id", "happened_at desc", "id desc"), name="interaction_staff_idx"),
            Index(("happened_at",), where="handling_state = 'open'", name="interaction_open_idx"),
            Index(("source", "source_number"), unique=True, where="source is not null", name="interaction_source_idx"),
        ),
        checks={
            "dated": "happened_at is not null and recorded_at is not null",
            "direction_known": "direction in ('in', 'out')",
            "outcome_known": "outcome in ('reached', 'not_reached', 'missed')",
            "state_known": "handling_state in ('none', 'open', 'done')",
        },
    )


class InteractionHandling(TenantTable, tablename="interaction_handling"):
    """What was done about a need; `done` says that it is met."""

    interaction_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    text = Text()
    done = Boolean(default=False)
    handled_by = UuidColumn(default=None)
    handled_by_name = Varchar(length=200)
    handled_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="customer_id",
        references={"interaction_id": "interaction", "customer_id": "customer"},
        append_only=True,
        erasable=("text",),
        checks={"text_given": "length(trim(text)) > 0"},
    )


class Visit(TenantTable, tablename="visit"):
    """A visit to a customer: planned, then carried out and filed, or cancelled (S07-12).

    `planned_at` is the appointment as it stands; the visit is on time until the end of that day in the company's zone.
    `state` follows from the rows beside it and is kept here so that lists filter by an index.
    """

    customer_id = UuidColumn(default=None)
    staff_id = UuidColumn(default=None)
    staff_name = Varchar(length=200)
    planned_at = Timestamptz(default=None, null=True)
    due_at = Timestamptz(default=None, null=True)
    purpose = Text()
    place = Varchar(length=200, default="")
    state = Varchar(length=11, default="planned")
    planned_by = UuidColumn(default=None)
    planned_by_name = Varchar(length=200)
    recorded_at = Timestamptz(default=None, null=True)
    version = Integer(default=1)

    keys = Keys(
        begins="open",
        erasable=("purpose", "place"),
        wall="customer_id",
        references={"customer_id": "customer"},
        indexes=(
            Index(("planned_at desc", "id desc"), name="visit_planned_idx"),
            Index(("customer_id", "planned_at desc", "id desc"), name="visit_customer_idx"),
            Index(("staff_id", "planned_at desc", "id desc"), name="visit_staff_idx"),
            Index(("due_at",), where="state = 'planned'", name="visit_due_idx"),
        ),
        checks={
            "dated": "planned_at is not null and due_at is not null",
            "state_known": "state in ('planned', 'carried_out', 'filed', 'cancelled')",
        },
    )


class VisitChange(TenantTable, tablename="visit_change"):
    """The visit was moved, with a reason; `to_at` None means that it was cancelled."""

    visit_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    from_at = Timestamptz(default=None, null=True)
    to_at = Timestamptz(default=None, null=True)
    reason = Text()
    changed_by = UuidColumn(default=None)
    changed_by_name = Varchar(length=200)
    changed_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="customer_id",
        references={"visit_id": "visit", "customer_id": "customer"},
        append_only=True,
        erasable=("reason",),
        checks={"reason_given": "length(trim(reason)) > 0"},
    )


class VisitRecord(TenantTable, tablename="visit_record"):
    """The visit took place: its detailed record is the interaction. `in_time` compares with the plan as it stood.

    `settles_problem` says that it settled a concrete problem, which the customer signs for (S07-12).
    """

    visit_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    interaction_id = UuidColumn(default=None)
    settles_problem = Boolean(default=False)
    in_time = Boolean(default=False)
    carried_out_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="kept",
        unique=(("visit_id",),),
        wall="customer_id",
        references={"visit_id": "visit", "customer_id": "customer", "interaction_id": "interaction"},
        append_only=True,
    )


class VisitSignature(TenantTable, tablename="visit_signature"):
    """The customer's signature: an image or a scan, sealed under the customer's key, `bytes_count` long in clear."""

    visit_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    signed_by = Varchar(length=100)
    media_type = Varchar(length=20)
    bytes_count = Integer(default=0)
    sealed = Bytea()
    taken_by = UuidColumn(default=None)
    taken_by_name = Varchar(length=200)
    taken_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="kept",
        unique=(("visit_id",),),
        wall="customer_id",
        references={"visit_id": "visit", "customer_id": "customer"},
        append_only=True,
        erasable=("signed_by",),
        checks={"type_known": "media_type in ('image/png', 'image/jpeg', 'application/pdf')"},
    )


class VisitFiling(TenantTable, tablename="visit_filing"):
    """The visit's material is complete and filed; nothing about it changes any more."""

    visit_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    note = Text(default="")
    filed_by = UuidColumn(default=None)
    filed_by_name = Varchar(length=200)
    filed_at = Timestamptz(default=None, null=True)

    keys = Keys(
        unique=(("visit_id",),),
        wall="customer_id",
        references={"visit_id": "visit", "customer_id": "customer"},
        append_only=True,
        erasable=("note",),
    )
