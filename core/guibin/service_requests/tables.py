"""A service request and every step it took, each as a row of its own."""

from typing import Literal

from piccolo.columns import JSONB, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin.cases.outcomes import known
from guibin.sla.owed import HANDLED
from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable

State = Literal["asked", "rejected", "open", "filed", "withdrawn"]
EndOutcome = Literal["rejected", "withdrawn"]


class ServiceRequest(TenantTable, customer=True, in_step=True):
    """What a customer asked for. `steps`, `time_limit`, `evidence` and `step_limits` are the service item's as
    it was then.

    `owner_id` of the desk stays responsible to the end (S07-15); `handler_id` works on it now. `answers` fill in the
    item's form. `state` follows from the rows beside it and is kept here so that lists filter by an index. `span` is
    the span for which a rhythm opened it (S07-13), `redemption_id` the use of a right that it carries out (S01-10).
    """

    number = Varchar(length=20)
    item = Varchar(length=60)
    channel = Varchar(length=40)
    text = Text()
    answers = JSONB(default="{}")
    situation = Varchar(length=60, default="")
    time_limit = JSONB(default=None, null=True)
    steps = JSONB(default="[]")
    evidence = JSONB(default="[]")
    step_limits = JSONB(default="[]")
    clause = Varchar(length=20, default="")
    policy_version = Integer(default=0)
    received_at = Timestamptz(default=None, null=True)
    recorded_at = Timestamptz(default=None, null=True)
    owner_id = UuidColumn(default=None)
    owner_name = Varchar(length=200)
    handler_id = RowOf("staff", null=True)
    handler_unit_id = RowOf("org_unit", null=True)
    approval_id = RowOf("approval_request", null=True)
    appointment_at = Timestamptz(default=None, null=True)
    span = Varchar(length=10, default=None, null=True)
    redemption_id = RowOf("redemption", null=True)
    state = Varchar(length=9, default="open")
    version = Integer(default=1)

    keys = Keys(
        begins="open",
        erasable=("text", "answers"),
        unique=(("number",),),
        indexes=(
            Index(("received_at desc", "id desc"), name="service_request_received_idx"),
            Index(("state", "received_at desc", "id desc"), name="service_request_state_idx"),
            Index(("customer_id", "received_at desc")),
            Index(("owner_id", "received_at desc")),
            Index((HANDLED,), where="state <> 'closed'", name="service_request_handled_idx"),
            Index(
                ("redemption_id",),
                unique=True,
                where="redemption_id is not null",
                name="service_request_redemption_idx",
            ),
            Index(
                ("item", "span", "customer_id"),
                unique=True,
                where="span is not null",
                name="service_request_span_idx",
            ),
        ),
        checks={"state_known": known("state", State)},
    )


class ServiceStep(
    Part,
    of="service_request",
    by="request_id",
    customer=True,
    signed="taken",
    erasable=("result", "reaction", "accompanied_by", "unsigned_because", "skipped_because"),
):
    """A step was taken, in its place in the order (S07-19); `unsigned_because` of what, where the customer's signature was asked
    for (S07-12). With `skipped_because` it was not taken, and why (S01-10)."""

    position = SmallInt()
    step = Varchar(length=60)
    result = Text(default="")
    reaction = Text(default="")
    accompanied_by = Varchar(length=200, default="")
    rated = Varchar(length=200, default="")
    rating = SmallInt(default=None, null=True)
    unsigned_because = Text(default="")
    skipped_because = Text(default="")
    recorded_at = Timestamptz(default=None, null=True)

    keys = Keys(
        unique=(("request_id", "position"),),
        indexes=(Index(("rated",), where="rating is not null", name="service_step_rated_idx"),),
        checks={"rating_in_range": "rating is null or rating between 1 and 5"},
    )


class ServiceAppointment(
    Part, of="service_request", by="request_id", customer=True, signed="made", erasable=("reason",)
):
    """The day agreed with the customer, and every day it was moved to (S07-20)."""

    from_at = Timestamptz(default=None, null=True)
    to_at = Timestamptz(default=None, null=True)
    reason = Text(default="")

    keys = Keys(indexes=(Index(("request_id", "made_at")),))


class ServiceHandOver(
    Part, of="service_request", by="request_id", customer=True, signed="handed", erasable=("reason",)
):
    """Work goes to another member of staff or department; the desk stays responsible (S07-15, S07-21)."""

    to_staff_id = RowOf("staff", null=True)
    to_unit_id = RowOf("org_unit", null=True)
    reason = Text()

    keys = Keys(
        indexes=(Index(("request_id", "handed_at")),),
        checks={"to_somebody": "to_staff_id is not null or to_unit_id is not null"},
    )


class ServiceNote(Part, of="service_request", by="request_id", customer=True, signed="written", erasable=("text",)):
    """What was said and done on the way: a note, a contact with the customer, a word to a department."""

    kind = Varchar(length=12, default="note")
    text = Text()

    keys = Keys(
        indexes=(Index(("request_id", "written_at")),),
        checks={"kind_known": "kind in ('note', 'contact', 'coordination')"},
    )


class ServiceEnd(Part, of="service_request", by="request_id", customer=True, signed="ended", erasable=("reason",)):
    """The request was withdrawn, or its approval refused, and why."""

    outcome = Varchar(length=9)
    reason = Text()

    keys = Keys(unique=(("request_id",),), checks={"outcome_known": known("outcome", EndOutcome)})
