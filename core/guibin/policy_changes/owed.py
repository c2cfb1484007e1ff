"""What of the policy somebody still has to read (S01-13)."""

from guibin.sla.owed import Owed
from guibin_tenants.principals import may

from .announcing import SUBJECT
from .queries import MUST_READ

OWED = (
    Owed(
        kind="policy_reading",
        needs=may("policy:read"),
        source="policy_announcement x",
        holds=f"exists (select from staff s where s.id = $me::uuid and {MUST_READ}) and not exists (select from policy_reading r"
        " where r.tenant_id = x.tenant_id and r.announcement_id = x.id and r.staff_id = $me::uuid)",
        columns={
            "subject": f"'{SUBJECT}'::text",
            "about": "x.policy_version::text",
            "matter": "left(x.note, 120)",
            "staff_id": "$me::uuid",
            "due_at": "x.read_by_at",
            "warn_at": "x.read_by_at",
        },
        private=True,
    ),
)
