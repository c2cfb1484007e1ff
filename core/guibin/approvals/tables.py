"""What was asked for, and each step's decision."""

from piccolo.columns import JSONB, Array, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin_tenants.tables import Index, Keys, Part, TenantTable


class ApprovalRequest(TenantTable, tablename="approval_request"):
    """Somebody asks for something about `subject_id`, under the flow as it was at that moment.

    `step` counts from 0 and is the one that waits; `awaits` holds the roles that may decide it. `org_unit_id` is where
    the matter belongs: None is the whole company. `outcome` is approved, rejected or withdrawn once `closed_at` is.
    """

    subject = Varchar(length=40)
    subject_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None, null=True)
    org_unit_id = UuidColumn(default=None, null=True)
    flow = JSONB()
    note = Text(default="")
    applicant_kind = Varchar(length=10)
    applicant_id = UuidColumn(default=None)
    applicant_name = Varchar(length=200)
    asked_at = Timestamptz(default=None, null=True)
    step = Integer(default=0)
    awaits = Array(base_column=Text(), default=list)
    closed_at = Timestamptz(default=None, null=True)
    outcome = Varchar(length=10, default=None, null=True)

    keys = Keys(
        unowned=("org_unit_id",),
        erasable=("note",),
        wall="customer_id",
        references={"org_unit_id": "org_unit"},
        indexes=(
            Index(("subject", "subject_id"), unique=True, where="closed_at is null", name="approval_request_open_idx"),
            Index(("asked_at", "id"), where="closed_at is null", name="approval_request_waiting_idx"),
            Index(("applicant_id", "asked_at")),
        ),
        checks={
            "closed_with_outcome": "(closed_at is null) = (outcome is null)",
            "outcome_known": "outcome in ('approved', 'rejected', 'withdrawn')",
        },
    )


class ApprovalDecision(
    Part,
    of="approval_request",
    by="request_id",
    signed="decided",
    erasable=("reason",),
    tablename="approval_decision",
):
    """One step decided by one person, once: two who decide at the same moment meet at the unique keys."""

    step = Integer()
    role = Varchar(length=60)
    approved = Boolean(default=False)
    reason = Text(default="")

    keys = Keys(unique=(("request_id", "step"), ("request_id", "decided_by")))
