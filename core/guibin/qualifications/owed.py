"""Training that somebody owes: what their post needs and they have not, or not for long (S10-9)."""

from collections.abc import Mapping

from guibin.context import Act
from guibin.sla.owed import Owed, by_day
from guibin_tenants.principals import may

from . import queries


async def _wanted(act: Act) -> Mapping[str, object]:
    return {"wanted": queries.wanted(act.policy)}


OWED = (
    Owed(
        kind="training",
        needs=may("records:read"),
        source=queries.NEEDED.format(wanted="$wanted", today="$today::date"),
        holds="x.state in ('due', 'lapsed')",
        columns={
            "subject": "'staff'::text",
            "subject_id": "x.staff_id",
            "about": "x.qualification",
            "staff_id": "x.staff_id",
            "unit_id": "x.org_unit_id",
            **by_day("x.valid_until"),
        },
        asks=_wanted,
        private=True,
    ),
)
