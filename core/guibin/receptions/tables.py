"""A reception and everything that belongs to it; what departments are told stands beside the walled file."""

from piccolo.columns import JSONB, Boolean, Bytea, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin_tenants.tables import Index, Keys, TenantTable

_OF_RECEPTION = {"reception_id": "reception", "customer_id": "customer"}


class Reception(TenantTable, tablename="reception"):
    """One visit of a guest, who is a customer of the archive.

    `protocol` is proposed until `terms`, the approved protocol with the limits as they were then, are set. `source` is the
    top manager or department the news came from. `state` follows from the rows beside it and is kept here so that lists
    filter by an index; `edition` is the newest notice's, 0 before the first.
    """

    number = Varchar(length=20)
    customer_id = UuidColumn(default=None)
    venue_id = UuidColumn(default=None, null=True)
    protocol = Varchar(length=60, default="")
    terms = JSONB(default=None, null=True)
    source = Varchar(length=200)
    text = Text(default="")
    arrives_at = Timestamptz(default=None, null=True)
    leaves_at = Timestamptz(default=None, null=True)
    party_size = SmallInt(default=1)
    host_id = UuidColumn(default=None, null=True)
    host_name = Varchar(length=200, default="")
    received_by = UuidColumn(default=None)
    received_by_name = Varchar(length=200)
    received_at = Timestamptz(default=None, null=True)
    state = Varchar(length=10, default="collected")
    edition = SmallInt(default=0)
    clause = Varchar(length=20, default="")
    policy_version = Integer(default=0)
    version = Integer(default=1)

    keys = Keys(
        begins="open",
        erasable=("text", "source"),
        unique=(("number",),),
        wall="customer_id",
        references={"customer_id": "customer", "venue_id": "org_unit", "host_id": "staff"},
        indexes=(
            Index(("arrives_at", "id"), name="reception_arrives_idx"),
            Index(("state", "arrives_at", "id"), name="reception_state_idx"),
            Index(("customer_id", "arrives_at desc")),
        ),
        checks={
            "state_known": "state in ('collected', 'confirmed', 'approved', 'planned', 'noticed', 'arrived', 'seen_off',"
            " 'filed', 'cancelled')",
        },
    )


class ReceptionEvent(TenantTable, tablename="reception_event"):
    """Something that was done, by whom and when; `name` is the stage, the item or the person it is about.

    Stages, etiquette, confirmation, filing and cancellation happen once each.
    """

    reception_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    kind = Varchar(length=12)
    name = Varchar(length=200, default="")
    kept = Boolean(default=None, null=True)
    text = Text(default="")
    happened_at = Timestamptz(default=None, null=True)
    written_by = UuidColumn(default=None)
    written_by_name = Varchar(length=200)
    written_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="customer_id",
        references=_OF_RECEPTION,
        append_only=True,
        erasable=("text",),
        indexes=(
            Index(("reception_id", "written_at")),
            Index(
                ("reception_id", "kind", "name"),
                unique=True,
                where="kind in ('confirmation', 'stage', 'etiquette', 'cancellation', 'filing')",
                name="reception_event_once_idx",
            ),
        ),
        checks={
            "kind_known": "kind in ('confirmation', 'enquiry', 'assignment', 'stage', 'etiquette', 'cancellation',"
            " 'filing')",
        },
    )


class ReceptionParticulars(TenantTable, tablename="reception_particulars"):
    """The guest's data, itinerary, activities and requirements as written up, sealed; the last edition counts (S11-7)."""

    reception_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    edition = SmallInt()
    sealed = Bytea()
    written_by = UuidColumn(default=None)
    written_by_name = Varchar(length=200)
    written_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="kept",
        unique=(("reception_id", "edition"),),
        wall="customer_id",
        references=_OF_RECEPTION,
        append_only=True,
    )


class ReceptionApplication(TenantTable, tablename="reception_application"):
    """Somebody asks that the guest be received under `protocol`, and why; `outcome` once it is decided."""

    reception_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    protocol = Varchar(length=60)
    qualification = Varchar(length=60, default="")
    reason = Text()
    terms = JSONB()
    approval_id = UuidColumn(default=None, null=True)
    applied_by = UuidColumn(default=None)
    applied_by_name = Varchar(length=200)
    applied_at = Timestamptz(default=None, null=True)
    outcome = Varchar(length=10, default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)

    keys = Keys(
        erasable=("reason",),
        wall="customer_id",
        references={**_OF_RECEPTION, "approval_id": "approval_request"},
        indexes=(
            Index(("reception_id",), unique=True, where="outcome is null", name="reception_application_open_idx"),
            Index(("reception_id", "applied_at")),
        ),
        checks={"outcome_known": "outcome in ('approved', 'rejected', 'withdrawn')"},
    )


class ReceptionPlan(TenantTable, tablename="reception_plan"):
    """Plan, standard and itinerary, sealed. The last approved edition is carried out."""

    reception_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    edition = SmallInt()
    sealed = Bytea()
    approval_id = UuidColumn(default=None, null=True)
    written_by = UuidColumn(default=None)
    written_by_name = Varchar(length=200)
    written_at = Timestamptz(default=None, null=True)
    outcome = Varchar(length=10, default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="kept",
        unique=(("reception_id", "edition"),),
        wall="customer_id",
        references={**_OF_RECEPTION, "approval_id": "approval_request"},
        indexes=(Index(("reception_id",), unique=True, where="outcome is null", name="reception_plan_open_idx"),),
        checks={"outcome_known": "outcome in ('approved', 'rejected', 'withdrawn')"},
    )


class ReceptionChange(TenantTable, tablename="reception_change"):
    """Time or party changed, before and after, and why."""

    reception_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    arrives_from = Timestamptz(default=None, null=True)
    arrives_to = Timestamptz(default=None, null=True)
    leaves_from = Timestamptz(default=None, null=True)
    leaves_to = Timestamptz(default=None, null=True)
    party_from = SmallInt()
    party_to = SmallInt()
    reason = Text()
    changed_by = UuidColumn(default=None)
    changed_by_name = Varchar(length=200)
    changed_at = Timestamptz(default=None, null=True)

    keys = Keys(wall="customer_id", references=_OF_RECEPTION, append_only=True, erasable=("reason",))


class ReceptionNotice(TenantTable, tablename="reception_notice"):
    """One edition of the notice, whole and sealed: the old ones stay on record as they went out."""

    reception_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    edition = SmallInt()
    kind = Varchar(length=12)
    protocol = Varchar(length=60)
    reason = Text(default="")
    arrives_at = Timestamptz(default=None, null=True)
    sealed = Bytea()
    issued_by = UuidColumn(default=None)
    issued_by_name = Varchar(length=200)
    issued_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="kept",
        unique=(("reception_id", "edition"),),
        wall="customer_id",
        references=_OF_RECEPTION,
        append_only=True,
        erasable=("reason",),
        checks={"kind_known": "kind in ('notice', 'change', 'cancellation')"},
    )


class ReceptionOrder(TenantTable, tablename="reception_order"):
    """What one department got of one edition, sealed under the guest's key; `acknowledged_at` when it took it up.

    Departments do not see the guest's archive. So this row has no wall of its own: it is shown to its department and to
    those who see the reception, and every look is on record.
    """

    reception_id = UuidColumn(default=None)
    guest_id = UuidColumn(default=None)
    number = Varchar(length=20)
    edition = SmallInt()
    kind = Varchar(length=12)
    department = Varchar(length=60)
    org_unit_id = UuidColumn(default=None, null=True)
    protocol = Varchar(length=60)
    channel = Varchar(length=60)
    arrives_at = Timestamptz(default=None, null=True)
    sealed = Bytea()
    issued_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="reception_id",
        also=("org_unit_id",),
        unique=(("reception_id", "department", "edition"),),
        references={"reception_id": "reception", "org_unit_id": "org_unit"},
        append_only=True,
        indexes=(Index(("arrives_at", "id")), Index(("org_unit_id", "arrives_at"))),
        checks={"kind_known": "kind in ('notice', 'change', 'cancellation')"},
    )


class ReceptionAcknowledgement(TenantTable, tablename="reception_acknowledgement"):
    """The department has taken the edition up, once."""

    order_id = UuidColumn(default=None)
    text = Text(default="")
    acknowledged_by = UuidColumn(default=None)
    acknowledged_by_name = Varchar(length=200)
    acknowledged_at = Timestamptz(default=None, null=True)

    keys = Keys(wall="order_id", unique=(("order_id",),), references={"order_id": "reception_order"}, append_only=True)


class ReceptionTask(TenantTable, tablename="reception_task"):
    """What a department has done ahead of the arrival; names no guest. Its deadline is a timer's."""

    reception_id = UuidColumn(default=None)
    number = Varchar(length=20)
    department = Varchar(length=60)
    org_unit_id = UuidColumn(default=None, null=True)
    name = Varchar(length=60)
    form = Varchar(length=60, default="")
    before_minutes = Integer()
    clause = Varchar(length=20, default="")
    state = Varchar(length=9, default="open")
    asked_at = Timestamptz(default=None, null=True)
    version = Integer(default=1)

    keys = Keys(
        wall="reception_id",
        also=("org_unit_id",),
        references={"reception_id": "reception", "org_unit_id": "org_unit"},
        indexes=(
            Index(
                ("reception_id", "department", "name"),
                unique=True,
                where="state <> 'withdrawn'",
                name="reception_task_once_idx",
            ),
            Index(("asked_at", "id")),
        ),
        checks={"state_known": "state in ('open', 'reported', 'withdrawn')"},
    )


class ReceptionTaskReport(TenantTable, tablename="reception_task_report"):
    """The task is done: the form and what was said of it, sealed under the guest's key."""

    task_id = UuidColumn(default=None)
    guest_id = UuidColumn(default=None)
    sealed = Bytea()
    reported_by = UuidColumn(default=None)
    reported_by_name = Varchar(length=200)
    reported_at = Timestamptz(default=None, null=True)

    keys = Keys(wall="task_id", unique=(("task_id",),), references={"task_id": "reception_task"}, append_only=True)


class ReceptionArrival(TenantTable, tablename="reception_arrival"):
    """The guest is here: through which passage, and how long it took to be let through (S10-7)."""

    reception_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    channel = Varchar(length=60)
    waited_minutes = SmallInt(default=0)
    text = Text(default="")
    arrived_at = Timestamptz(default=None, null=True)
    written_by = UuidColumn(default=None)
    written_by_name = Varchar(length=200)

    keys = Keys(
        unique=(("reception_id",),),
        wall="customer_id",
        references=_OF_RECEPTION,
        append_only=True,
        erasable=("text",),
        checks={"waited": "waited_minutes >= 0"},
    )


class ReceptionFeedback(TenantTable, tablename="reception_feedback"):
    """What the guest said afterwards; `given` is false when there was nothing to say (S14-6)."""

    reception_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    given = Boolean(default=True)
    text = Text(default="")
    score = SmallInt(default=None, null=True)
    collected_by = UuidColumn(default=None)
    collected_by_name = Varchar(length=200)
    collected_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="customer_id",
        references=_OF_RECEPTION,
        append_only=True,
        erasable=("text",),
        checks={"score_range": "score is null or score between 0 and 100"},
    )


class ReceptionFeedbackAnswer(TenantTable, tablename="reception_feedback_answer"):
    """What was done about it, and what the guest was told (S14-6)."""

    feedback_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    handling = Text()
    reply = Text()
    answered_by = UuidColumn(default=None)
    answered_by_name = Varchar(length=200)
    answered_at = Timestamptz(default=None, null=True)

    keys = Keys(
        unique=(("feedback_id",),),
        wall="customer_id",
        references={"feedback_id": "reception_feedback", "customer_id": "customer"},
        append_only=True,
        erasable=("reply", "handling"),
    )


class ReceptionMaterial(TenantTable, tablename="reception_material"):
    """A photograph or document of the reception, sealed (S11-6)."""

    reception_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    name = Varchar(length=100)
    media_type = Varchar(length=40)
    sealed = Bytea()
    added_by = UuidColumn(default=None)
    added_by_name = Varchar(length=200)
    added_at = Timestamptz(default=None, null=True)

    keys = Keys(begins="kept", wall="customer_id", references=_OF_RECEPTION, append_only=True, erasable=("name",))
