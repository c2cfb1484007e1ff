"""An event, who is invited, what they answered, who has a place, who came, what they thought, and what it cost."""

from piccolo.columns import JSONB, BigInt, Boolean, Bytea, Date, Integer, SmallInt, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable


class Activity(TenantTable, signed="planned"):
    """An event, held by an org unit and known to the whole company. `policy` is its kind as it was when it was planned.

    `capacity` counts persons, companions included; None is without limit. `given` are the persons with a place, `waiting`
    the invitations in the queue: kept here because whoever answers sees only the customers on their side of the wall.
    Whoever gives or takes a place locks this row.
    """

    kind = Varchar(length=60)
    title = Varchar(length=200)
    text = Text(default="")
    place = Varchar(length=200, default="")
    answer_until = Timestamptz(default=None, null=True)
    starts_at = Timestamptz(default=None, null=True)
    ends_at = Timestamptz(default=None, null=True)
    given = Integer(default=0)
    capacity = Integer(default=None, null=True)
    waiting = Integer(default=0)
    budget = Integer(default=None, null=True)
    org_unit_id = RowOf("org_unit")
    policy = JSONB()
    policy_version = Integer(default=0)

    keys = Keys(
        wall="org_unit_id",
        from_above=True,
        written_by="org_unit_id",
        counted=("given", "waiting"),
        indexes=(Index(("starts_at desc", "id desc"), name="activity_starts_idx"),),
        checks={
            "in_order": "starts_at is not null and ends_at > starts_at",
            "answered_before": "answer_until is not null and answer_until <= starts_at",
            "some_capacity": "capacity is null or capacity > 0",
            "not_overbooked": "capacity is null or given <= capacity",
        },
    )


class ActivityCancellation(Part, of="activity", signed="cancelled"):
    """The event does not take place."""

    reason = Text()

    keys = Keys(written_by="activity_id", unique=(("activity_id",),))


class ActivityInvitation(TenantTable, customer=True, signed="invited"):
    """A customer is invited, by the means they prefer. The link is computed from the id and signed: it is stored nowhere."""

    activity_id = RowOf("activity")
    channel = Varchar(length=40)

    keys = Keys(
        begins="open",
        unique=(("activity_id", "customer_id"),),
        indexes=(
            Index(("invited_at desc", "id desc"), name="activity_invitation_invited_idx"),
            Index(("customer_id", "invited_at desc")),
        ),
        append_only=True,
    )


class ActivitySending(Part, of="activity_invitation", by="invitation_id", signed="sent"):
    """Somebody took a customer's link to pass it on: to answer the invitation, or to say how it was."""

    purpose = Varchar(length=10)
    channel = Varchar(length=40)

    keys = Keys(
        indexes=(Index(("invitation_id", "sent_at desc")),),
        checks={"purpose_known": "purpose in ('answer', 'feedback')"},
    )


class ActivityAnswer(Part, of="activity_invitation", by="invitation_id", signed="answered", erasable=("note",)):
    """Yes with so many companions, or no. The latest holds; `by_link` when the customer answered without our staff."""

    accepted = Boolean()
    companions = SmallInt(default=0)
    by_link = Boolean()
    note = Text(default="")

    keys = Keys(
        indexes=(
            Index(("invitation_id", "answered_at desc")),
            Index(("invitation_id",), unique=True, where="by_link", name="activity_answer_link_idx"),
        ),
        checks={"companions_counted": "companions >= 0"},
    )


class ActivityPlace(TenantTable, customer=True):
    """Somebody who accepted: in the queue since `asked_at`, with a place since `given_at`, until `left_at`.

    `redemption_id` is the reservation of the service item that attending uses.
    """

    activity_id = RowOf("activity")
    invitation_id = RowOf("activity_invitation")
    persons = SmallInt()
    asked_at = Timestamptz(default=None, null=True)
    given_at = Timestamptz(default=None, null=True)
    left_at = Timestamptz(default=None, null=True)
    redemption_id = RowOf("redemption", null=True)

    keys = Keys(
        begins="open",
        indexes=(
            Index(("activity_id", "asked_at", "id"), where="left_at is null", name="activity_place_queue_idx"),
            Index(("invitation_id",), unique=True, where="left_at is null", name="activity_place_live_idx"),
        ),
        checks={"somebody": "persons > 0 and asked_at is not null"},
    )


class ActivityAttendance(TenantTable, customer=True, signed="recorded"):
    """The customer came, with companions `persons` in all."""

    invitation_id = RowOf("activity_invitation")
    persons = SmallInt()
    note = Text(default="")

    keys = Keys(unique=(("invitation_id",),), append_only=True, erasable=("note",), checks={"somebody": "persons > 0"})


class ActivityFeedback(TenantTable, customer=True):
    """How it was, once per guest: `scores` by question and their average, 0 to 100. The comment stands sealed."""

    invitation_id = RowOf("activity_invitation")
    scores = JSONB()
    score = SmallInt()
    comment_sealed = Bytea(default=None, null=True)
    given_at = Timestamptz(default=None, null=True)

    keys = Keys(begins="kept", unique=(("invitation_id",),), append_only=True, checks={"dated": "given_at is not null"})


class ActivityCost(Part, of="activity", signed="recorded"):
    """What was spent on it, in minor units; less than 0 takes an earlier entry back."""

    what = Varchar(length=200)
    amount = BigInt()
    currency = Varchar(length=3, default="CNY")
    spent_on = Date(default=None, null=True)

    keys = Keys(
        written_by="activity_id",
        indexes=(Index(("activity_id", "spent_on")),),
        checks={"dated": "spent_on is not null"},
    )
