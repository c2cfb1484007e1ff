"""What was asked for, and each step's decision."""

from piccolo.columns import JSONB, Array, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin.cases.outcomes import KNOWN
from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable


class ApprovalRequest(TenantTable):
    """Somebody asks for something about `subject_id`, under the flow as it was at that moment.

    `step` counts from 0 and is the one that waits; `awaits` holds the roles that may decide it, `deputies` those that may
    while nobody of them is there, `awaited_id` the one person who may, if it was given to somebody. `undone` are steps whose
    decisions no longer count because the matter was sent back behind them. `org_unit_id` is where the matter belongs: None
    is the whole company. `policy_version` is the policy's whose flow it is (S01-2). `outcome` is approved, rejected or
    withdrawn once `closed_at` is.
    """

    subject = Varchar(length=40)
    subject_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None, null=True)
    org_unit_id = RowOf("org_unit", null=True)
    flow = JSONB()
    note = Text(default="")
    applicant_kind = Varchar(length=10)
    applicant_id = UuidColumn(default=None)
    applicant_name = Varchar(length=200)
    asked_at = Timestamptz(default=None, null=True)
    step = Integer(default=0)
    awaits = Array(base_column=Text(), default=list)
    deputies = Array(base_column=Text(), default=list)
    awaited_id = RowOf("staff", null=True)
    undone = Array(base_column=Integer(), default=list)
    policy_version = Integer(default=0)
    closed_at = Timestamptz(default=None, null=True)
    outcome = Varchar(length=10, default=None, null=True)

    keys = Keys(
        customers=("customer_id",),
        unowned=("org_unit_id",),
        erasable=("note",),
        wall="customer_id",
        indexes=(
            Index(("subject", "subject_id"), unique=True, where="closed_at is null", name="approval_request_open_idx"),
            Index(("asked_at", "id"), where="closed_at is null", name="approval_request_waiting_idx"),
            Index(("applicant_id", "asked_at")),
        ),
        checks={
            "closed_with_outcome": "(closed_at is null) = (outcome is null)",
            "outcome_known": KNOWN,
        },
    )


class ApprovalDecision(Part, of="approval_request", by="request_id", signed="decided", erasable=("reason",)):
    """A person's word to a step, one for each role whose word it takes: two who decide at the same moment meet at the key.

    `for_role` is whom a deputy decided for, empty for whoever decides in their own right; `for_name` whom somebody who
    stands in for a person.
    """

    step = Integer()
    role = Varchar(length=60)
    for_role = Varchar(length=60, default="")
    for_name = Varchar(length=200, default="")
    approved = Boolean(default=False)
    reason = Text(default="")

    keys = Keys(unique=(("request_id", "step", "role", "for_role"),))


class ApprovalMove(Part, of="approval_request", by="request_id", signed="moved", erasable=("reason",)):
    """What happened to a request beside decisions: the step was `passed_on` (转办), somebody was `added` to be asked besides
    (加签), it was `copied` to somebody (抄送), or `returned` to an earlier step `to_step` (退回)."""

    kind = Varchar(length=10)
    step = Integer()
    staff_id = RowOf("staff", null=True)
    staff_name = Varchar(length=200, default="")
    to_step = Integer(default=None, null=True)
    reason = Text(default="")

    keys = Keys(
        indexes=(Index(("staff_id",), where="kind = 'copied'", name="approval_move_copied_idx"),),
        checks={"kind_known": "kind in ('passed_on', 'added', 'copied', 'returned')"},
    )
