"""Visits as rows. What a customer signed stands sealed."""

from typing import Literal

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Boolean, Bytea, Integer, SmallInt, Text, Timestamptz, Varchar

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable

State = Literal["planned", "carried_out", "filed", "cancelled"]


class Visit(TenantTable, customer=True, signed="planned", dated=False):
    """A visit to a customer: planned, then carried out and filed, or cancelled (S07-12).

    `planned_at` is the appointment as it stands; the visit is on time until the end of that day in the company's zone.
    `state` follows from the rows beside it and is kept here so that lists filter by an index.
    """

    staff_id = UuidColumn(default=None)
    staff_name = Varchar(length=200)
    planned_at = Timestamptz(default=None, null=True)
    due_at = Timestamptz(default=None, null=True)
    purpose = Text()
    place = Varchar(length=200, default="")
    state = Varchar(length=11, default="planned")
    recorded_at = Timestamptz(default=None, null=True)
    version = Integer(default=1)

    keys = Keys(
        begins="open",
        erasable=("purpose", "place"),
        indexes=(
            Index(("planned_at desc", "id desc"), name="visit_planned_idx"),
            Index(("customer_id", "planned_at desc", "id desc"), name="visit_customer_idx"),
            Index(("staff_id", "planned_at desc", "id desc"), name="visit_staff_idx"),
            Index(("due_at",), where="state = 'planned'", name="visit_due_idx"),
        ),
        checks={
            "dated": "planned_at is not null and due_at is not null",
            "state_known": known("state", State),
        },
    )


class VisitChange(TenantTable, customer=True, signed="changed"):
    """The visit was moved, with a reason; `to_at` None means that it was cancelled."""

    visit_id = RowOf("visit")
    from_at = Timestamptz(default=None, null=True)
    to_at = Timestamptz(default=None, null=True)
    reason = Text()

    keys = Keys(append_only=True, erasable=("reason",), checks={"reason_given": "length(trim(reason)) > 0"})


class VisitRecord(TenantTable, customer=True):
    """The visit took place: its detailed record is the interaction. `in_time` compares with the plan as it stood.

    `settles_problem` says that it settled a concrete problem, which the customer signs for (S07-12). `concerns` is what is on
    the customer's mind; a leader who went rates the account manager, `rated_id`, 1 to 5 (S09-6).
    """

    visit_id = RowOf("visit")
    interaction_id = RowOf("interaction")
    settles_problem = Boolean(default=False)
    in_time = Boolean(default=False)
    carried_out_at = Timestamptz(default=None, null=True)
    concerns = Text(default="")
    manager_rating = SmallInt(default=None, null=True)
    rated_id = RowOf("staff", null=True)

    keys = Keys(begins="kept", unique=(("visit_id",),), append_only=True, erasable=("concerns",))


class VisitSignature(TenantTable, customer=True, signed="taken"):
    """The customer's signature: an image or a scan, sealed under the customer's key, `bytes_count` long in clear."""

    visit_id = RowOf("visit")
    signed_by = Varchar(length=100)
    media_type = Varchar(length=20)
    bytes_count = Integer(default=0)
    sealed = Bytea()

    keys = Keys(
        begins="kept",
        unique=(("visit_id",),),
        append_only=True,
        erasable=("signed_by",),
        checks={"type_known": "media_type in ('image/png', 'image/jpeg', 'application/pdf')"},
    )


class VisitFiling(TenantTable, customer=True, signed="filed"):
    """The visit's material is complete and filed, `unsigned_because` of what where a signature was asked for; nothing about it
    changes any more."""

    visit_id = RowOf("visit")
    note = Text(default="")
    unsigned_because = Text(default="")

    keys = Keys(unique=(("visit_id",),), append_only=True, erasable=("note", "unsigned_because"))
