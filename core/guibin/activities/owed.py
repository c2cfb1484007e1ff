"""What of regular invitations is owed: an event to be planned in the span that runs (S13-7)."""

from collections.abc import Mapping

from guibin.context import Act
from guibin.periods.spans import window_of
from guibin.sla.owed import Owed, by_day
from guibin.tiers.queries import holding
from guibin_tenants.principals import may

from .regularly import plan_by


async def _rhythms(act: Act) -> Mapping[str, object]:
    rhythms, zone = act.policy.invitations, act.company.time_zone
    windows = [window_of(rhythm.span, act.today, zone) for rhythm in rhythms]
    return {
        "rhythm_names": [rhythm.name for rhythm in rhythms],
        "rhythm_kinds": [",".join(rhythm.kinds) for rhythm in rhythms],
        "rhythm_schemes": [rhythm.scheme for rhythm in rhythms],
        "rhythm_tiers": [",".join(rhythm.tiers) for rhythm in rhythms],
        "rhythm_roles": [rhythm.planned_by for rhythm in rhythms],
        "rhythm_windows": [window.name for window in windows],
        "rhythm_starts": [window.starts_at for window in windows],
        "rhythm_ends": [window.ends_at for window in windows],
        "rhythm_dues": [plan_by(rhythm, window) for rhythm, window in zip(rhythms, windows, strict=True)],
    }


OWED = (
    Owed(
        kind="activity_plan",
        needs=may("activities:write"),
        source="staff x cross join (select distinct on (name, role) * from unnest($rhythm_names::text[], $rhythm_kinds::text[],"
        " $rhythm_roles::text[], $rhythm_windows::text[], $rhythm_starts::timestamptz[], $rhythm_ends::timestamptz[],"
        " $rhythm_dues::date[], $rhythm_schemes::text[], $rhythm_tiers::text[])"
        " as r (name, kinds, role, span, starts_at, ends_at, due_on, scheme, tiers) where exists (select from membership m"
        f" where m.scheme = r.scheme and m.tier = any (string_to_array(r.tiers, ',')) and {holding('m', '$today::date')})"
        " order by name, role, due_on) w",
        holds="x.left_at is null and w.role = any (x.roles) and x.org_unit_id is null and not exists (select from activity a"
        " where a.tenant_id = x.tenant_id and a.kind = any (string_to_array(w.kinds, ',')) and a.starts_at >= w.starts_at"
        " and a.starts_at < w.ends_at and not exists (select from activity_cancellation z where z.tenant_id = a.tenant_id"
        " and z.activity_id = a.id))",
        columns={
            "subject": "'activity'::text",
            "subject_id": "null::uuid",
            "about": "w.name",
            "matter": "w.span",
            "staff_id": "x.id",
            **by_day("w.due_on"),
        },
        asks=_rhythms,
    ),
)
