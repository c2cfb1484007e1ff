"""Facts, assessments, memberships, applications. Days are whole days in the company's zone."""

from piccolo.columns import JSONB, BigInt, Boolean, Date, Integer, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin.cases.outcomes import KNOWN
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class Fact(TenantTable, customer=True, in_step=True):
    """What was so on `occurred_on`, as known since `recorded_at`. Never changed: a correction is a row more.

    `value` is in `unit`: minor units of a currency, or a number of things. None takes the fact back. `corrects` names
    the row this one replaces, `revision` counts from 1. `source` and `source_ref` tell facts of one day apart and
    make sending one again harmless. `label` says what kind of thing it was, for metrics that look at some kinds only; `merchant`
    is the code of the merchant it was bought at, empty for the company itself (S06-6).
    """

    metric = Varchar(length=60)
    occurred_on = Date(default=None, null=True)
    value = BigInt(default=None, null=True)
    unit = Varchar(length=12, default="")
    source = Varchar(length=40, default="")
    source_ref = Varchar(length=120, default="")
    label = Varchar(length=60, default="")
    merchant = Varchar(length=60, default="")
    revision = Integer(default=1)
    corrects = UuidColumn(default=None, null=True)
    recorded_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="kept",
        unique=(("customer_id", "metric", "occurred_on", "source", "source_ref", "revision"),),
        indexes=(
            Index(("metric", "occurred_on")),
            # Almost no row corrects another: what is superseded is found without touching the rest.
            Index(("corrects",), unique=True, where="corrects is not null", name="fact_corrects_idx"),
        ),
        append_only=True,
        checks={"dated": "occurred_on is not null and recorded_at is not null"},
    )


class Assessment(TenantTable, signed="assessed", dated=False):
    """One look at the whole base under one scheme: which facts, as known when, by which version of the policy.

    `policy` is the scheme itself as it was, so that the decision explains itself for ever (S01-2). `applied_at` is set
    once the moves took effect; while the list waits for its approval it is empty (S04-2).
    """

    scheme = Varchar(length=60)
    as_of = Date(default=None, null=True)
    known_at = Timestamptz(default=None, null=True)
    policy_version = Integer(default=0)
    policy = JSONB()
    customers = Integer(default=0)
    recorded_at = Timestamptz(default=None, null=True)
    applied_at = Timestamptz(default=None, null=True)

    keys = Keys(written_by="company", indexes=(Index(("scheme", "as_of")),))


class AssessmentResult(TenantTable, customer=True):
    """What one assessment says of one customer: `tier` is what the figures earn, None for none.

    `held` is the tier before and `becomes` the one after the `move`: they differ from `tier` in grace, for an exception,
    and when a scheme drops one step at a time. `objection` is what a pack said against the move. `measures` holds every figure by name, None where there was no fact.
    """

    assessment_id = RowOf("assessment")
    tier = Varchar(length=60, default=None, null=True)
    held = Varchar(length=60, default=None, null=True)
    becomes = Varchar(length=60, default=None, null=True)
    move = Varchar(length=20)
    clause = Varchar(length=40, default="")
    measures = JSONB()
    objection = Text(default=None, null=True)

    keys = Keys(
        unique=(("assessment_id", "customer_id"),),
        indexes=(
            Index(("customer_id", "assessment_id")),
            # Who moves from where to where is counted without reading the figures of everybody.
            Index(("assessment_id", "move", "held", "becomes", "customer_id"), name="assessment_result_moves_idx"),
        ),
        append_only=True,
    )


class Appraisal(TenantTable, customer=True, signed="appraised"):
    """One customer assessed on the spot under one scheme (S12-1): as a result of an assessment, with the scheme as it was.

    Only who rises moves by it; everything else is left to the next assessment of the whole base.
    """

    scheme = Varchar(length=60)
    as_of = Date(default=None, null=True)
    policy_version = Integer(default=0)
    policy = JSONB()
    tier = Varchar(length=60, default=None, null=True)
    held = Varchar(length=60, default=None, null=True)
    becomes = Varchar(length=60, default=None, null=True)
    move = Varchar(length=20)
    clause = Varchar(length=40, default="")
    measures = JSONB()
    objection = Text(default=None, null=True)

    keys = Keys(begins="open", indexes=(Index(("customer_id", "scheme", "appraised_at")),), append_only=True)


class Membership(TenantTable, customer=True, in_step=True):
    """A customer holds a tier from `starts_on` until before `ends_on`; None while it lasts.

    `basis` is what it rests on: an assessment, an approved application or an exception. `expires_on` ends an exception
    by itself and protects it from assessments until then (S12-3). `since_on` is the anniversary's anchor: the first day
    of unbroken membership of the scheme, kept through a change of tier. `policy_version` is the policy's by which it was
    given (S01-2).
    """

    scheme = Varchar(length=60)
    tier = Varchar(length=60)
    starts_on = Date(default=None, null=True)
    ends_on = Date(default=None, null=True)
    expires_on = Date(default=None, null=True)
    since_on = Date(default=None, null=True)
    basis = Varchar(length=20)
    basis_id = UuidColumn(default=None, null=True)
    reason = Text(default="")
    ended_because = Text(default="")
    policy_version = Integer(default=None, null=True)
    recorded_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="open",
        erasable=("reason",),
        indexes=(
            Index(("customer_id", "scheme", "starts_on")),
            Index(("customer_id", "scheme"), unique=True, where="ends_on is null", name="membership_open_idx"),
            Index(("scheme", "tier"), where="ends_on is null", name="membership_tier_idx"),
            Index(("expires_on",), where="ends_on is null and expires_on is not null", name="membership_expiry_idx"),
        ),
        checks={
            "dated": "starts_on is not null and since_on is not null and recorded_at is not null",
            "in_order": "ends_on is null or ends_on >= starts_on",
            "basis_known": "basis in ('assessment', 'application', 'exception')",
        },
    )


class GracePeriod(TenantTable, customer=True):
    """A membership that no longer qualifies and keeps its tier until `until_on` (S13-3).

    The end is fixed at the first failure: failing again does not move it, qualifying again lifts it.
    """

    membership_id = RowOf("membership")
    began_on = Date(default=None, null=True)
    until_on = Date(default=None, null=True)
    assessment_id = RowOf("assessment")
    lifted_on = Date(default=None, null=True)
    lifted_because = Varchar(length=20, default="")

    keys = Keys(
        begins="open",
        indexes=(Index(("membership_id",), unique=True, where="lifted_on is null", name="grace_period_open_idx"),),
        checks={"in_order": "began_on is not null and until_on >= began_on"},
    )


class Consequence(TenantTable, customer=True):
    """A reward or penalty that an assessment brought a customer, from `starts_on` until before `until_on` (S13-3)."""

    assessment_id = RowOf("assessment")
    scheme = Varchar(length=60)
    name = Varchar(length=60)
    kind = Varchar(length=7)
    item = Varchar(length=60)
    units = Integer(default=0)
    starts_on = Date(default=None, null=True)
    until_on = Date(default=None, null=True)
    clause = Varchar(length=40, default="")
    recorded_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="open",
        unique=(("assessment_id", "customer_id", "name"),),
        indexes=(Index(("customer_id", "until_on")),),
        append_only=True,
        checks={
            "kind_known": "kind in ('reward', 'penalty')",
            "in_order": "starts_on is not null and until_on > starts_on",
        },
    )


class Merchant(TenantTable, signed="registered"):
    """A merchant whose purchases are told apart: a partner from `since_on` until before `until_on`, None while it is one (S06-6)."""

    code = Varchar(length=60)
    name = Varchar(length=200)
    since_on = Date(default=None, null=True)
    until_on = Date(default=None, null=True)

    keys = Keys(
        written_by="company",
        unique=(("code",),),
        checks={"in_order": "since_on is not null and (until_on is null or until_on >= since_on)"},
    )


class Endorsement(TenantTable, customer=True, signed="endorsed"):
    """What the company says of a customer who may ask for membership of a scheme: the latest row holds (S13-6)."""

    scheme = Varchar(length=60)
    recognised = Boolean(default=False)
    reason = Text(default="")

    keys = Keys(
        begins="open",
        erasable=("reason",),
        append_only=True,
        indexes=(Index(("customer_id", "scheme", "endorsed_at desc")),),
    )


class Application(TenantTable, customer=True, signed="applied"):
    """Somebody puts a customer up for a tier, with a reason (S07-17, S12-3, S13-2).

    `form` holds the answers to the policy's form. `expires_on` is for exceptions. The membership starts on the day the
    approval ends well, in `time_zone`; `voluntary` asks for the customer's consent once more then.
    """

    kind = Varchar(length=20)
    scheme = Varchar(length=60)
    tier = Varchar(length=60)
    reason = Text()
    form = JSONB()
    expires_on = Date(default=None, null=True)
    time_zone = Varchar(length=60)
    voluntary = Boolean(default=False)
    policy_version = Integer(default=0)
    clause = Varchar(length=40, default="")
    approval_id = UuidColumn(default=None, null=True)
    outcome = Varchar(length=10, default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="open",
        erasable=("reason", "form"),
        indexes=(
            Index(("applied_at", "id")),
            Index(("customer_id", "scheme"), unique=True, where="decided_at is null", name="application_open_idx"),
        ),
        checks={"outcome_known": KNOWN},
    )
