"""Complaints and everything that happens to them, each as a row of its own."""

from typing import Literal

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Boolean, Date, Integer, SmallInt, Text, Timestamptz, Varchar

from guibin.cases.outcomes import known
from guibin.sla.owed import HANDLED
from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable

State = Literal["open", "waiting", "resolved", "closed"]
CallbackOutcome = Literal["satisfied", "not_satisfied", "not_reached"]
Direction = Literal["out", "in"]
FollowUpOutcome = Literal["satisfied", "not_satisfied"]
LevelBy = Literal["", "person", "automation", "script", "pack", "policy"]


class Complaint(TenantTable, in_step=True):
    """One matter a customer complains about (S07-27: or gives an opinion on).

    `owner_id` was contacted first and stays responsible; `handler_id` works on it now (S07-11). `state` follows from
    the rows beside it (open, waiting, resolved, closed) and is kept here so that lists filter by an index. `round`
    counts reopenings from 0. `follows_id` is the complaint this one takes up again, too late to reopen it;
    `merged_into_id` the one that goes on with the same matter in its place. One of no customer's belongs to the org unit that
    took it in, `org_unit_id`, the head office without; whoever it was handed to sees it too. `complainant_id` is the member of staff who complains, if it is one. `priority` is 0 and 1 for what is handled
    first, by what the customer held when it was received (S07-33). `level_by` is who or what gave the first level, empty where it was not kept. `source` and `source_number` are where an
    imported complaint came from.
    """

    number = Varchar(length=20)
    kind = Varchar(length=12, default="complaint")
    customer_id = RowOf("customer", null=True)
    complainant_id = RowOf("staff", null=True)
    follows_id = RowOf("complaint", null=True)
    merged_into_id = RowOf("complaint", null=True)
    channel = Varchar(length=40)
    level = Varchar(length=20)
    level_by = Varchar(length=10, default="")
    clause = Varchar(length=20, default="")
    because = Text(default="")
    text = Text()
    on_behalf = Boolean(default=False)
    special = Boolean(default=False)
    received_at = Timestamptz(default=None, null=True)
    recorded_at = Timestamptz(default=None, null=True)
    org_unit_id = RowOf("org_unit", null=True)
    owner_id = UuidColumn(default=None)
    owner_name = Varchar(length=200)
    handler_id = UuidColumn(default=None, null=True)
    handler_unit_id = RowOf("org_unit", null=True)
    state = Varchar(length=10, default="open")
    priority = SmallInt(default=2)
    round = Integer(default=0)
    source = Varchar(length=40, default=None, null=True)
    source_number = Varchar(length=60, default=None, null=True)
    source_status = Varchar(length=40, default="")
    version = Integer(default=1)

    keys = Keys(
        begins="kept",
        unowned=("org_unit_id", "handler_unit_id", "handler_id staff"),
        erasable=("text", "because"),
        unique=(("number",),),
        wall="customer_id",
        indexes=(
            Index(("received_at desc", "id desc"), name="complaint_received_idx"),
            Index(("state", "received_at desc", "id desc"), name="complaint_state_idx"),
            Index(("owner_id", "received_at desc")),
            Index((HANDLED,), where="state <> 'closed'", name="complaint_handled_idx"),
            Index(("source", "source_number"), unique=True, where="source is not null", name="complaint_source_idx"),
        ),
        checks={
            "state_known": known("state", State),
            "kind_known": "kind in ('complaint', 'opinion')",
            "level_by_known": known("level_by", LevelBy),
        },
    )


class ComplaintIntake(Part, of="complaint", signed="recorded", dated=False, erasable=("text",)):
    """The same matter arriving once more, by this or another channel: one complaint, several intakes.

    `from_complaint_id` is the complaint it had been taken in as before the two were merged.
    """

    from_complaint_id = RowOf("complaint", null=True)
    channel = Varchar(length=40)
    text = Text(default="")
    received_at = Timestamptz(default=None, null=True)

    keys = Keys(indexes=(Index(("complaint_id",)),))


class ComplaintMerge(Part, of="complaint", signed="merged", erasable=("reason",)):
    """Two complaints turned out to be one matter: `complaint_id` goes on as `into_id`, once and for good."""

    into_id = RowOf("complaint")
    reason = Text()

    keys = Keys(unique=(("complaint_id",),))


class ComplaintLevelChange(Part, of="complaint", signed="changed", erasable=("reason",)):
    """Somebody judged the level anew, with a reason; the deadline before and after."""

    from_level = Varchar(length=20)
    to_level = Varchar(length=20)
    reason = Text()
    due_before = Timestamptz(default=None, null=True)
    due_after = Timestamptz(default=None, null=True)


class ComplaintAnalysis(Part, of="complaint", signed="analysed", erasable=("text",)):
    """Its cause, as it was analysed before the matter was handed on, and how it came about (S07-33)."""

    cause = Varchar(length=60)
    text = Text()

    keys = Keys(indexes=(Index(("complaint_id", "analysed_at")),))


class ComplaintHandOver(Part, of="complaint", signed="handed", erasable=("reason",)):
    """Work goes to another member of staff or department; responsibility does not (S07-11, S07-21)."""

    to_staff_id = RowOf("staff", null=True)
    to_unit_id = RowOf("org_unit", null=True)
    reason = Text()

    keys = Keys(checks={"to_somebody": "to_staff_id is not null or to_unit_id is not null"})


class ComplaintPause(Part, of="complaint", signed="started", signed_off="ended", changes=True, erasable=("reason",)):
    """The clock stands while we wait for the customer. At most one pause is open."""

    reason = Text()

    keys = Keys(
        indexes=(Index(("complaint_id",), unique=True, where="ended_at is null", name="complaint_pause_open_idx"),),
        checks={"ends_after_it_starts": "ended_at is null or ended_at >= started_at"},
    )


class ComplaintResolution(Part, of="complaint", signed="resolved", erasable=("remedy",)):
    """The remedy given, one per round. There is no resolution without a remedy (S10-5)."""

    round = Integer()
    remedy = Text()
    cause = Varchar(length=60)

    keys = Keys(
        unique=(("complaint_id", "round"),),
        indexes=(Index(("resolved_at",)),),
        checks={"remedy_given": "length(trim(remedy)) > 0", "cause_given": "length(trim(cause)) > 0"},
    )


class ComplaintCallback(Part, of="complaint", signed="called", erasable=("comment", "unsigned_because")):
    """The result was told to the customer. Not satisfied reopens; not reached counts for nothing (S07-22). One `on_site` with a
    satisfied customer is signed for, or `unsigned_because` of what (S07-12)."""

    round = Integer()
    outcome = Varchar(length=14)
    comment = Text(default="")
    on_site = Boolean(default=False)
    unsigned_because = Text(default="")

    keys = Keys(checks={"outcome_known": known("outcome", CallbackOutcome)})


class ComplaintRecusal(Part, of="complaint", signed="recused", erasable=("reason",)):
    """The complaint is against this member of staff, or they have an interest of their own: others handle it (S07-11)."""

    staff_id = RowOf("staff")
    reason = Text()

    keys = Keys(unique=(("complaint_id", "staff_id"),))


class ComplaintWithdrawal(Part, of="complaint", signed="withdrawn", erasable=("said_by", "reason")):
    """The customer takes the complaint back: it ends. `said_by` is who said so, where it was not the customer."""

    said_by = Varchar(length=100, default="")
    reason = Text()

    keys = Keys(unique=(("complaint_id",),), checks={"reason_given": "length(trim(reason)) > 0"})


class ComplaintNote(Part, of="complaint", signed="written", erasable=("text",)):
    """A line on the complaint form: a note, a contact, a repair record or a field team's receipt (S07-27)."""

    kind = Varchar(length=10, default="note")
    text = Text()

    keys = Keys(checks={"kind_known": "kind in ('note', 'contact', 'repair', 'receipt')"})


class ComplaintMessage(Part, of="complaint", signed="written", dated=False, erasable=("text",)):
    """What the customer wrote or said, or was told; `answers` says that it is a reply of ours and not a machine's."""

    direction = Varchar(length=3)
    automatic = Boolean(default=False)
    answers = Boolean(default=False)
    text = Text()
    sent_at = Timestamptz(default=None, null=True)
    recorded_at = Timestamptz(default=None, null=True)

    keys = Keys(
        checks={
            "direction_known": known("direction", Direction),
            "only_ours_answer": "direction = 'out' or not answers",
        }
    )


class ComplaintRectification(Part, of="complaint", signed="reported", erasable=("plan",)):
    """Reported to company leadership with a plan that keeps it from happening again (S14-7). One per complaint."""

    plan = Text()
    reported_to = Varchar(length=60)

    keys = Keys(unique=(("complaint_id",),), checks={"plan_given": "length(trim(plan)) > 0"})


class ComplaintSample(Part, of="complaint"):
    """A complaint of a week that is called back once more: drawn at random, or because it always is (S07-29)."""

    period = Varchar(length=10)
    why = Varchar(length=8)
    seed = Varchar(length=64)
    drawn_at = Timestamptz(default=None, null=True)

    keys = Keys(unique=(("period", "complaint_id"),), checks={"why_known": "why in ('random', 'always')"})


class ComplaintFollowUp(Part, of="complaint_sample", by="sample_id", signed="called"):
    """The call about a drawn complaint, once (S07-29)."""

    outcome = Varchar(length=14)
    comment = Text(default="")

    keys = Keys(unique=(("sample_id",),), checks={"outcome_known": known("outcome", FollowUpOutcome)})


class ImprovementMeasure(TenantTable, signed="proposed", signed_off="done"):
    """What a department is to change because of a week's complaints (S07-28). `done_at` ends it."""

    period = Varchar(length=10)
    org_unit_id = RowOf("org_unit")
    cause = Varchar(length=60, default="")
    text = Text()
    due_on = Date(default=None, null=True)
    done_note = Text(default="")
    version = Integer(default=1)

    keys = Keys(wall="org_unit_id", indexes=(Index(("period", "id")),))
