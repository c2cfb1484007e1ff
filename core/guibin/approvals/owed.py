"""What of approvals somebody owes: a decision that is theirs to take."""

from guibin.sla.owed import BY_TIMER, Owed
from guibin_tenants.principals import may

from .deadlines import SUBJECT
from .queries import WAITING, asking

OWED = (
    Owed(
        kind="approval",
        needs=may("approvals:decide"),
        source="approval_request x left join timer t on t.tenant_id = x.tenant_id and t.subject_id = x.id"
        " and t.milestone = 'step_' || (x.step + 1) and t.cancelled_at is null",
        holds=WAITING,
        columns={
            "subject": f"'{SUBJECT}'::text",
            "customer_id": "x.customer_id",
            "about": "coalesce(x.flow ->> 'name', '')",
            "matter": "left(x.note, 120)",
            "details": "jsonb_build_object('applicant', x.applicant_name, 'by', x.applicant_kind, 'of', x.subject)",
            "unit_id": "x.org_unit_id",
            "mine": "true",
            **BY_TIMER,
        },
        asks=asking,
        private=True,
    ),
)
