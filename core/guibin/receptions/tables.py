"""A reception and everything that belongs to it; what departments are told stands beside the walled file."""

from typing import Literal

from piccolo.columns import JSONB, Boolean, Bytea, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin.cases.outcomes import KNOWN, known
from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable

State = Literal["collected", "confirmed", "approved", "planned", "noticed", "arrived", "seen_off", "filed", "cancelled"]
TaskState = Literal["open", "reported", "withdrawn"]


class Reception(TenantTable, customer=True, signed="received"):
    """One visit of a guest, who is a customer of the archive.

    `protocol` is proposed until `terms`, the approved protocol with the limits as they were then, are set. `source` is the
    top manager or department the news came from. `state` follows from the rows beside it and is kept here so that lists
    filter by an index; `edition` is the newest notice's, 0 before the first.
    """

    number = Varchar(length=20)
    venue_id = RowOf("org_unit", null=True)
    protocol = Varchar(length=60, default="")
    terms = JSONB(default=None, null=True)
    source = Varchar(length=200)
    text = Text(default="")
    arrives_at = Timestamptz(default=None, null=True)
    leaves_at = Timestamptz(default=None, null=True)
    party_size = SmallInt(default=1)
    host_id = RowOf("staff", null=True)
    host_name = Varchar(length=200, default="")
    state = Varchar(length=10, default="collected")
    edition = SmallInt(default=0)
    clause = Varchar(length=20, default="")
    policy_version = Integer(default=0)
    version = Integer(default=1)

    keys = Keys(
        begins="open",
        erasable=("text", "source"),
        unique=(("number",),),
        indexes=(
            Index(("arrives_at", "id"), name="reception_arrives_idx"),
            Index(("state", "arrives_at", "id"), name="reception_state_idx"),
            Index(("customer_id", "arrives_at desc")),
        ),
        checks={
            "state_known": known("state", State),
        },
    )


class ReceptionEvent(Part, of="reception", customer=True, signed="written", erasable=("text",)):
    """Something that was done, by whom and when; `name` is the stage, the item or the person it is about.

    Stages, etiquette, confirmation, filing and cancellation happen once each.
    """

    kind = Varchar(length=12)
    name = Varchar(length=200, default="")
    kept = Boolean(default=None, null=True)
    text = Text(default="")
    happened_at = Timestamptz(default=None, null=True)

    keys = Keys(
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


class ReceptionParticulars(Part, of="reception", customer=True, signed="written"):
    """The guest's data, itinerary, activities and requirements as written up, sealed; the last edition counts (S11-7)."""

    edition = SmallInt()
    sealed = Bytea()

    keys = Keys(
        begins="kept",
        unique=(("reception_id", "edition"),),
    )


class ReceptionApplication(Part, of="reception", customer=True, signed="applied", changes=True, erasable=("reason",)):
    """Somebody asks that the guest be received under `protocol`, and why; `outcome` once it is decided."""

    protocol = Varchar(length=60)
    qualification = Varchar(length=60, default="")
    reason = Text()
    terms = JSONB()
    approval_id = RowOf("approval_request", null=True)
    outcome = Varchar(length=10, default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)

    keys = Keys(
        indexes=(
            Index(("reception_id",), unique=True, where="outcome is null", name="reception_application_open_idx"),
            Index(("reception_id", "applied_at")),
        ),
        checks={"outcome_known": KNOWN},
    )


class ReceptionPlan(Part, of="reception", customer=True, signed="written", changes=True):
    """Plan, standard and itinerary, sealed. The last approved edition is carried out."""

    edition = SmallInt()
    sealed = Bytea()
    approval_id = RowOf("approval_request", null=True)
    outcome = Varchar(length=10, default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="kept",
        unique=(("reception_id", "edition"),),
        indexes=(Index(("reception_id",), unique=True, where="outcome is null", name="reception_plan_open_idx"),),
        checks={"outcome_known": KNOWN},
    )


class ReceptionChange(Part, of="reception", customer=True, signed="changed", erasable=("reason",)):
    """Time or party changed, before and after, and why."""

    arrives_from = Timestamptz(default=None, null=True)
    arrives_to = Timestamptz(default=None, null=True)
    leaves_from = Timestamptz(default=None, null=True)
    leaves_to = Timestamptz(default=None, null=True)
    party_from = SmallInt()
    party_to = SmallInt()
    reason = Text()


class ReceptionNotice(Part, of="reception", customer=True, signed="issued", erasable=("reason",)):
    """One edition of the notice, whole and sealed: the old ones stay on record as they went out."""

    edition = SmallInt()
    kind = Varchar(length=12)
    protocol = Varchar(length=60)
    reason = Text(default="")
    arrives_at = Timestamptz(default=None, null=True)
    sealed = Bytea()

    keys = Keys(
        begins="kept",
        unique=(("reception_id", "edition"),),
        checks={"kind_known": "kind in ('notice', 'change', 'cancellation')"},
    )


class ReceptionOrder(TenantTable):
    """What one department got of one edition, sealed under the guest's key; `acknowledged_at` when it took it up.

    Departments do not see the guest's archive. So this row has no wall of its own: it is shown to its department and to
    those who see the reception, and every look is on record.
    """

    reception_id = RowOf("reception")
    guest_id = UuidColumn(default=None)
    number = Varchar(length=20)
    edition = SmallInt()
    kind = Varchar(length=12)
    department = Varchar(length=60)
    org_unit_id = RowOf("org_unit", null=True)
    protocol = Varchar(length=60)
    channel = Varchar(length=60)
    arrives_at = Timestamptz(default=None, null=True)
    sealed = Bytea()
    issued_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="issued",
        wall="reception_id",
        also=("org_unit_id",),
        unique=(("reception_id", "department", "edition"),),
        append_only=True,
        indexes=(Index(("arrives_at", "id")), Index(("org_unit_id", "arrives_at"))),
        checks={"kind_known": "kind in ('notice', 'change', 'cancellation')"},
    )


class ReceptionAcknowledgement(Part, of="reception_order", by="order_id", signed="acknowledged"):
    """The department has taken the edition up, once."""

    text = Text(default="")

    keys = Keys(unique=(("order_id",),))


class ReceptionTask(TenantTable):
    """What a department has done ahead of the arrival; names no guest. Its deadline is a timer's."""

    reception_id = RowOf("reception")
    number = Varchar(length=20)
    department = Varchar(length=60)
    org_unit_id = RowOf("org_unit", null=True)
    name = Varchar(length=60)
    form = Varchar(length=60, default="")
    before_minutes = Integer()
    clause = Varchar(length=20, default="")
    state = Varchar(length=9, default="open")
    asked_at = Timestamptz(default=None, null=True)
    version = Integer(default=1)

    keys = Keys(
        signed="asked",
        wall="reception_id",
        also=("org_unit_id",),
        indexes=(
            Index(
                ("reception_id", "department", "name"),
                unique=True,
                where="state <> 'withdrawn'",
                name="reception_task_once_idx",
            ),
            Index(("asked_at", "id")),
        ),
        checks={"state_known": known("state", TaskState)},
    )


class ReceptionTaskReport(Part, of="reception_task", by="task_id", signed="reported"):
    """The task is done: the form and what was said of it, sealed under the guest's key."""

    guest_id = UuidColumn(default=None)
    sealed = Bytea()

    keys = Keys(unique=(("task_id",),))


class ReceptionArrival(Part, of="reception", customer=True, signed="written", dated=False, erasable=("text",)):
    """The guest is here: through which passage, and how long it took to be let through (S10-7)."""

    channel = Varchar(length=60)
    waited_minutes = SmallInt(default=0)
    text = Text(default="")
    arrived_at = Timestamptz(default=None, null=True)

    keys = Keys(
        unique=(("reception_id",),),
        checks={"waited": "waited_minutes >= 0"},
    )


class ReceptionFeedback(Part, of="reception", customer=True, signed="collected", erasable=("text",)):
    """What the guest said afterwards; `given` is false when there was nothing to say (S14-6)."""

    given = Boolean(default=True)
    text = Text(default="")
    score = SmallInt(default=None, null=True)

    keys = Keys(
        checks={"score_range": "score is null or score between 0 and 100"},
    )


class ReceptionFeedbackAnswer(
    Part, of="reception_feedback", by="feedback_id", customer=True, signed="answered", erasable=("reply", "handling")
):
    """What was done about it, what the guest was told (S14-6), and whether it satisfied them (S14-10)."""

    handling = Text()
    reply = Text()
    satisfied = Boolean(default=True)

    keys = Keys(
        unique=(("feedback_id",),),
    )


class ReceptionMaterial(Part, of="reception", customer=True, signed="added", erasable=("name",)):
    """A photograph or document of the reception, sealed (S11-6)."""

    name = Varchar(length=100)
    media_type = Varchar(length=40)
    sealed = Bytea()

    keys = Keys(begins="kept")
