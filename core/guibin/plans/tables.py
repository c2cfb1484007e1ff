"""Work plans with their items and reviews; work logs with theirs."""

from typing import Literal

from piccolo.columns import Boolean, Date, SmallInt, Text, Timestamptz, Varchar

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable

State = Literal["handed_in", "returned", "accepted"]


class WorkPlan(TenantTable):
    """Somebody's plan for a week, month or year, `period` such as 2026-W10; `round` counts its revisions (S05-4).

    `state` follows from the reviews beside it and is kept here so that lists filter by an index. It was to be handed in by
    `due_at` and is to be reviewed by `review_by`.
    """

    staff_id = RowOf("staff")
    staff_name = Varchar(length=200)
    span = Varchar(length=7)
    period = Varchar(length=10)
    first_on = Date(default=None, null=True)
    after_on = Date(default=None, null=True)
    due_at = Timestamptz(default=None, null=True)
    handed_in_at = Timestamptz(default=None, null=True)
    review_by = Timestamptz(default=None, null=True)
    state = Varchar(length=9, default="handed_in")
    round = SmallInt(default=1)

    keys = Keys(
        wall="staff_id",
        unique=(("staff_id", "period"),),
        indexes=(
            Index(("handed_in_at desc", "id desc"), name="work_plan_newest_idx"),
            Index(("review_by",), where="state = 'handed_in'", name="work_plan_waiting_idx"),
        ),
        checks={"state_known": known("state", State)},
    )


class WorkPlanItem(TenantTable):
    """One thing to do, perhaps for a customer; `staff_id` does it, somebody else after a hand-over."""

    plan_id = RowOf("work_plan")
    round = SmallInt(default=1)
    place = SmallInt(default=0)
    text = Text()
    customer_id = RowOf("customer", null=True)
    due_on = Date(default=None, null=True)
    staff_id = RowOf("staff")
    staff_name = Varchar(length=200)

    keys = Keys(
        begins="open",
        unowned=("plan_id",),
        erasable=("text",),
        unique=(("plan_id", "round", "place"),),
        wall="customer_id",
    )


class WorkPlanResult(Part, of="work_plan_item", by="item_id", signed="done", erasable=("text",)):
    """What came of an item."""

    text = Text()

    keys = Keys(unique=(("item_id",),))


class WorkPlanReview(Part, of="work_plan", by="plan_id", signed="reviewed"):
    """A supervisor accepted a round of the plan, or returned it with remarks."""

    round = SmallInt(default=1)
    accepted = Boolean(default=False)
    remarks = Text(default="")

    keys = Keys(unique=(("plan_id", "round"),))


class WorkLog(TenantTable):
    """What somebody did on a day; several lines a day, none taken back. `days_late` 0 was written on the day."""

    staff_id = RowOf("staff")
    staff_name = Varchar(length=200)
    worked_on = Date(default=None, null=True)
    text = Text()
    customer_id = RowOf("customer", null=True)
    days_late = SmallInt(default=0)
    written_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="open",
        unowned=("staff_id",),
        wall="customer_id",
        append_only=True,
        erasable=("text",),
        indexes=(Index(("staff_id", "worked_on desc")), Index(("written_at desc", "id desc"))),
        checks={"dated": "worked_on is not null"},
    )


class WorkLogReview(Part, of="staff", signed="reviewed"):
    """A supervisor went through somebody's log of a span: accepted, or returned with remarks, `round` after round."""

    period = Varchar(length=10)
    round = SmallInt(default=1)
    accepted = Boolean(default=False)
    remarks = Text(default="")

    keys = Keys(unique=(("staff_id", "period", "round"),))


class Lapse(TenantTable, signed="found"):
    """Somebody missed or refused a call or a service, or had their telephone off (S05-5, S05-7).

    `after_hours` says that it was outside the hours of their org unit: night is told from day. `source` is `supervisor` or `check`.
    """

    staff_id = RowOf("staff")
    staff_name = Varchar(length=200)
    kind = Varchar(length=15)
    happened_at = Timestamptz(default=None, null=True)
    after_hours = Boolean(default=False)
    source = Varchar(length=10)
    customer_id = RowOf("customer", null=True)
    text = Text()

    keys = Keys(
        begins="kept",
        unowned=("staff_id",),
        wall="customer_id",
        append_only=True,
        erasable=("text",),
        indexes=(Index(("staff_id", "happened_at desc")), Index(("found_at desc", "id desc"), name="lapse_newest_idx")),
        checks={
            "dated": "happened_at is not null",
            "kind_known": "kind in ('missed_call', 'refused_call', 'phone_off', 'refused_service')",
        },
    )


class LapseAnswer(Part, of="lapse", signed="answered", erasable=("text",)):
    """What whoever it is said of says to it."""

    text = Text()


class LapseExcuse(Part, of="lapse", signed="excused", erasable=("reason",)):
    """It counts no more, and why."""

    reason = Text()

    keys = Keys(unique=(("lapse_id",),))


class ReachabilityCheck(TenantTable):
    """Somebody was drawn to be called in a month at whatever hour, to see whether they can be reached (S05-7)."""

    staff_id = RowOf("staff")
    staff_name = Varchar(length=200)
    period = Varchar(length=10)
    drawn_at = Timestamptz(default=None, null=True)
    outcome = Varchar(length=12, default=None, null=True)
    called_at = Timestamptz(default=None, null=True)
    checked_by_name = Varchar(length=200, default=None, null=True)
    checked_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="staff_id",
        signed_off="checked",
        unique=(("staff_id", "period"),),
        indexes=(Index(("drawn_at desc", "id desc"), name="reachability_check_newest_idx"),),
        checks={"outcome_known": "outcome in ('reached', 'missed_call', 'refused_call', 'phone_off')"},
    )
