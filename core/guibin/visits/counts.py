"""Visits, counted: contacts on the spot, whether they were planned as a visit or not."""

from guibin.periods.counts import count, within

from .queries import is_visit

_BUILT_IN = "array['tenant_admin', 'manager', 'account_manager', 'agent', 'auditor']"
# The level of a member of staff: the first post of the company's own, else the highest role. Keys have none.
_LEVEL = (
    f"coalesce((select r from unnest(s.roles) as r where r <> all ({_BUILT_IN}) limit 1), (select r"
    f" from unnest({_BUILT_IN}) with ordinality as o (r, place) where r = any (s.roles) order by place limit 1), 'key')"
)

COUNTS = {
    "visits_made": count(
        "interaction i left join staff s on s.tenant_id = i.tenant_id and s.id = i.staff_id",
        f"{within('i.happened_at')} and i.direction = 'out' and i.outcome = 'reached'"
        f" and (i.channel = 'visit' or {is_visit('i')})",
        by={"role": _LEVEL},
    )
}
