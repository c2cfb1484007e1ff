"""Complaints and everything that happens to them, each as a row of its own."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Boolean, Date, Integer, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable


class Complaint(TenantTable, tablename="complaint"):
    """One matter a customer complains about (S07-27: or gives an opinion on).

    `owner_id` was contacted first and stays responsible; `handler_id` works on it now (S07-11). `state` follows from
    the rows beside it (open, waiting, resolved, closed) and is kept here so that lists filter by an index. `round`
    counts reopenings from 0. `follows_id` is the complaint this one takes up again, too late to reopen it;
    `merged_into_id` the one that goes on with the same matter in its place. One of no customer's belongs to the org unit that
    took it in, `org_unit_id`, the head office without; whoever it was handed to sees it too. `complainant_id` is the member of staff who complains, if it is one. `source` and `source_number` are where an
    imported complaint came from.
    """

    number = Varchar(length=20)
    kind = Varchar(length=12, default="complaint")
    customer_id = UuidColumn(default=None, null=True)
    complainant_id = UuidColumn(default=None, null=True)
    follows_id = UuidColumn(default=None, null=True)
    merged_into_id = UuidColumn(default=None, null=True)
    channel = Varchar(length=40)
    level = Varchar(length=20)
    clause = Varchar(length=20, default="")
    because = Text(default="")
    text = Text()
    on_behalf = Boolean(default=False)
    special = Boolean(default=False)
    received_at = Timestamptz(default=None, null=True)
    recorded_at = Timestamptz(default=None, null=True)
    org_unit_id = UuidColumn(default=None, null=True)
    owner_id = UuidColumn(default=None)
    owner_name = Varchar(length=200)
    handler_id = UuidColumn(default=None, null=True)
    handler_unit_id = UuidColumn(default=None, null=True)
    state = Varchar(length=10, default="open")
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
        references={
            "customer_id": "customer",
            "complainant_id": "staff",
            "follows_id": "complaint",
            "merged_into_id": "complaint",
            "org_unit_id": "org_unit",
            "handler_unit_id": "org_unit",
        },
        indexes=(
            Index(("received_at desc", "id desc"), name="complaint_received_idx"),
            Index(("state", "received_at desc", "id desc"), name="complaint_state_idx"),
            Index(("owner_id", "received_at desc")),
            Index(("source", "source_number"), unique=True, where="source is not null", name="complaint_source_idx"),
        ),
        checks={
            "state_known": "state in ('open', 'waiting', 'resolved', 'closed')",
            "kind_known": "kind in ('complaint', 'opinion')",
        },
    )


class ComplaintIntake(TenantTable, tablename="complaint_intake"):
    """The same matter arriving once more, by this or another channel: one complaint, several intakes.

    `from_complaint_id` is the complaint it had been taken in as before the two were merged.
    """

    complaint_id = UuidColumn(default=None)
    from_complaint_id = UuidColumn(default=None, null=True)
    channel = Varchar(length=40)
    text = Text(default="")
    received_at = Timestamptz(default=None, null=True)
    recorded_by = UuidColumn(default=None)
    recorded_by_name = Varchar(length=200)

    keys = Keys(
        wall="complaint_id",
        references={"complaint_id": "complaint", "from_complaint_id": "complaint"},
        indexes=(Index(("complaint_id",)),),
        append_only=True,
        erasable=("text",),
    )


class ComplaintMerge(TenantTable, tablename="complaint_merge"):
    """Two complaints turned out to be one matter: `complaint_id` goes on as `into_id`, once and for good."""

    complaint_id = UuidColumn(default=None)
    into_id = UuidColumn(default=None)
    reason = Text()
    merged_by = UuidColumn(default=None)
    merged_by_name = Varchar(length=200)
    merged_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="complaint_id",
        unique=(("complaint_id",),),
        references={"complaint_id": "complaint", "into_id": "complaint"},
        append_only=True,
        erasable=("reason",),
    )


class ComplaintLevelChange(TenantTable, tablename="complaint_level_change"):
    """Somebody judged the level anew, with a reason; the deadline before and after."""

    complaint_id = UuidColumn(default=None)
    from_level = Varchar(length=20)
    to_level = Varchar(length=20)
    reason = Text()
    due_before = Timestamptz(default=None, null=True)
    due_after = Timestamptz(default=None, null=True)
    changed_by = UuidColumn(default=None)
    changed_by_name = Varchar(length=200)
    changed_at = Timestamptz(default=None, null=True)

    keys = Keys(wall="complaint_id", references={"complaint_id": "complaint"}, append_only=True, erasable=("reason",))


class ComplaintHandOver(TenantTable, tablename="complaint_hand_over"):
    """Work goes to another member of staff or department; responsibility does not (S07-11, S07-21)."""

    complaint_id = UuidColumn(default=None)
    to_staff_id = UuidColumn(default=None, null=True)
    to_unit_id = UuidColumn(default=None, null=True)
    reason = Text()
    handed_by = UuidColumn(default=None)
    handed_by_name = Varchar(length=200)
    handed_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="complaint_id",
        references={"complaint_id": "complaint", "to_staff_id": "staff", "to_unit_id": "org_unit"},
        append_only=True,
        erasable=("reason",),
        checks={"to_somebody": "to_staff_id is not null or to_unit_id is not null"},
    )


class ComplaintPause(TenantTable, tablename="complaint_pause"):
    """The clock stands while we wait for the customer. At most one pause is open."""

    complaint_id = UuidColumn(default=None)
    reason = Text()
    started_at = Timestamptz(default=None, null=True)
    started_by = UuidColumn(default=None)
    started_by_name = Varchar(length=200)
    ended_at = Timestamptz(default=None, null=True)
    ended_by = UuidColumn(default=None, null=True)
    ended_by_name = Varchar(length=200, default="")

    keys = Keys(
        wall="complaint_id",
        erasable=("reason",),
        references={"complaint_id": "complaint"},
        indexes=(Index(("complaint_id",), unique=True, where="ended_at is null", name="complaint_pause_open_idx"),),
        checks={"ends_after_it_starts": "ended_at is null or ended_at >= started_at"},
    )


class ComplaintResolution(TenantTable, tablename="complaint_resolution"):
    """The remedy given, one per round. There is no resolution without a remedy (S10-5)."""

    complaint_id = UuidColumn(default=None)
    round = Integer()
    remedy = Text()
    cause = Varchar(length=60)
    resolved_by = UuidColumn(default=None)
    resolved_by_name = Varchar(length=200)
    resolved_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="complaint_id",
        unique=(("complaint_id", "round"),),
        references={"complaint_id": "complaint"},
        append_only=True,
        erasable=("remedy",),
        indexes=(Index(("resolved_at",)),),
        checks={"remedy_given": "length(trim(remedy)) > 0", "cause_given": "length(trim(cause)) > 0"},
    )


class ComplaintCallback(TenantTable, tablename="complaint_callback"):
    """The result was told to the customer. Not satisfied reopens; not reached counts for nothing (S07-22)."""

    complaint_id = UuidColumn(default=None)
    round = Integer()
    outcome = Varchar(length=14)
    comment = Text(default="")
    called_by = UuidColumn(default=None)
    called_by_name = Varchar(length=200)
    called_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="complaint_id",
        references={"complaint_id": "complaint"},
        append_only=True,
        erasable=("comment",),
        checks={"outcome_known": "outcome in ('satisfied', 'not_satisfied', 'not_reached')"},
    )


class ComplaintNote(TenantTable, tablename="complaint_note"):
    """A line on the complaint form: a note, a contact, a repair record or a field team's receipt (S07-27)."""

    complaint_id = UuidColumn(default=None)
    kind = Varchar(length=10, default="note")
    text = Text()
    written_by = UuidColumn(default=None)
    written_by_name = Varchar(length=200)
    written_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="complaint_id",
        references={"complaint_id": "complaint"},
        append_only=True,
        erasable=("text",),
        checks={"kind_known": "kind in ('note', 'contact', 'repair', 'receipt')"},
    )


class ComplaintMessage(TenantTable, tablename="complaint_message"):
    """What the customer wrote or said, or was told; `answers` says that it is a reply of ours and not a machine's."""

    complaint_id = UuidColumn(default=None)
    direction = Varchar(length=3)
    automatic = Boolean(default=False)
    answers = Boolean(default=False)
    text = Text()
    sent_at = Timestamptz(default=None, null=True)
    recorded_at = Timestamptz(default=None, null=True)
    written_by = UuidColumn(default=None)
    written_by_name = Varchar(length=200)

    keys = Keys(
        wall="complaint_id",
        references={"complaint_id": "complaint"},
        append_only=True,
        erasable=("text",),
        checks={
            "direction_known": "direction in ('out', 'in')",
            "only_ours_answer": "direction = 'out' or not answers",
        },
    )


class ComplaintRectification(TenantTable, tablename="complaint_rectification"):
    """Reported to company leadership with a plan that keeps it from happening again (S14-7). One per complaint."""

    complaint_id = UuidColumn(default=None)
    plan = Text()
    reported_to = Varchar(length=60)
    reported_by = UuidColumn(default=None)
    reported_by_name = Varchar(length=200)
    reported_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="complaint_id",
        unique=(("complaint_id",),),
        references={"complaint_id": "complaint"},
        append_only=True,
        erasable=("plan",),
        checks={"plan_given": "length(trim(plan)) > 0"},
    )


class ComplaintSample(TenantTable, tablename="complaint_sample"):
    """A complaint of a week that is called back once more: drawn at random, or because it always is (S07-29)."""

    period = Varchar(length=10)
    complaint_id = UuidColumn(default=None)
    why = Varchar(length=8)
    seed = Varchar(length=64)
    drawn_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="complaint_id",
        unique=(("period", "complaint_id"),),
        references={"complaint_id": "complaint"},
        append_only=True,
        checks={"why_known": "why in ('random', 'always')"},
    )


class ComplaintFollowUp(TenantTable, tablename="complaint_follow_up"):
    """The call about a drawn complaint, once (S07-29)."""

    sample_id = UuidColumn(default=None)
    outcome = Varchar(length=14)
    comment = Text(default="")
    called_by = UuidColumn(default=None)
    called_by_name = Varchar(length=200)
    called_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="sample_id",
        unique=(("sample_id",),),
        references={"sample_id": "complaint_sample"},
        append_only=True,
        checks={"outcome_known": "outcome in ('satisfied', 'not_satisfied')"},
    )


class ImprovementMeasure(TenantTable, tablename="improvement_measure"):
    """What a department is to change because of a week's complaints (S07-28). `done_at` ends it."""

    period = Varchar(length=10)
    org_unit_id = UuidColumn(default=None)
    cause = Varchar(length=60, default="")
    text = Text()
    due_on = Date(default=None, null=True)
    proposed_by = UuidColumn(default=None)
    proposed_by_name = Varchar(length=200)
    proposed_at = Timestamptz(default=None, null=True)
    done_at = Timestamptz(default=None, null=True)
    done_by = UuidColumn(default=None, null=True)
    done_by_name = Varchar(length=200, default="")
    done_note = Text(default="")
    version = Integer(default=1)

    keys = Keys(wall="org_unit_id", references={"org_unit_id": "org_unit"}, indexes=(Index(("period", "id")),))
