"""Work plans with their items and reviews; work logs with theirs."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Boolean, Date, SmallInt, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, Part, TenantTable


class WorkPlan(TenantTable, tablename="work_plan"):
    """Somebody's plan for a week, month or year, `period` such as 2026-W10; `round` counts its revisions (S05-4).

    `state` follows from the reviews beside it and is kept here so that lists filter by an index. It was to be handed in by
    `due_at` and is to be reviewed by `review_by`.
    """

    staff_id = UuidColumn(default=None)
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
        references={"staff_id": "staff"},
        indexes=(
            Index(("handed_in_at desc", "id desc"), name="work_plan_newest_idx"),
            Index(("review_by",), where="state = 'handed_in'", name="work_plan_waiting_idx"),
        ),
        checks={"state_known": "state in ('handed_in', 'returned', 'accepted')"},
    )


class WorkPlanItem(TenantTable, tablename="work_plan_item"):
    """One thing to do, perhaps for a customer; `staff_id` does it, somebody else after a hand-over."""

    plan_id = UuidColumn(default=None)
    round = SmallInt(default=1)
    place = SmallInt(default=0)
    text = Text()
    customer_id = UuidColumn(default=None, null=True)
    due_on = Date(default=None, null=True)
    staff_id = UuidColumn(default=None)
    staff_name = Varchar(length=200)

    keys = Keys(
        begins="open",
        unowned=("plan_id",),
        erasable=("text",),
        unique=(("plan_id", "round", "place"),),
        wall="customer_id",
        references={"plan_id": "work_plan", "customer_id": "customer", "staff_id": "staff"},
    )


class WorkPlanResult(
    Part, of="work_plan_item", by="item_id", signed="done", erasable=("text",), tablename="work_plan_result"
):
    """What came of an item."""

    text = Text()

    keys = Keys(unique=(("item_id",),))


class WorkPlanReview(Part, of="work_plan", by="plan_id", signed="reviewed", tablename="work_plan_review"):
    """A supervisor accepted a round of the plan, or returned it with remarks."""

    round = SmallInt(default=1)
    accepted = Boolean(default=False)
    remarks = Text(default="")

    keys = Keys(unique=(("plan_id", "round"),))


class WorkLog(TenantTable, tablename="work_log"):
    """What somebody did on a day; several lines a day, none taken back. `days_late` 0 was written on the day."""

    staff_id = UuidColumn(default=None)
    staff_name = Varchar(length=200)
    worked_on = Date(default=None, null=True)
    text = Text()
    customer_id = UuidColumn(default=None, null=True)
    days_late = SmallInt(default=0)
    written_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="open",
        unowned=("staff_id",),
        wall="customer_id",
        references={"staff_id": "staff", "customer_id": "customer"},
        append_only=True,
        erasable=("text",),
        indexes=(Index(("staff_id", "worked_on desc")), Index(("written_at desc", "id desc"))),
        checks={"dated": "worked_on is not null"},
    )


class WorkLogReview(Part, of="staff", signed="reviewed", tablename="work_log_review"):
    """A supervisor went through somebody's log of a span: accepted, or returned with remarks, `round` after round."""

    period = Varchar(length=10)
    round = SmallInt(default=1)
    accepted = Boolean(default=False)
    remarks = Text(default="")

    keys = Keys(unique=(("staff_id", "period", "round"),))
