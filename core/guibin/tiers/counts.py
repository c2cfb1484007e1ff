"""Memberships and applications, counted."""

from guibin.cases.outcomes import DECIDED, among
from guibin.periods.counts import count, on_a_day, within
from guibin.profiles.queries import customer_of

from .facts import DEPARTED

_TIER = {"scheme": "m.scheme", "tier": "m.tier"}


def _fact_of(row: str) -> str:
    """SQL: what is known of a customer's leaving; a fact that was corrected or taken back says nothing any more."""
    return (
        f"fact f where f.tenant_id = {row}.tenant_id and f.customer_id = {row}.customer_id and f.metric = '{DEPARTED}'"
        " and f.value is not null and not exists (select from fact n where n.tenant_id = f.tenant_id and n.corrects = f.id)"
    )


# Subtlety 64: who was a member on the first day, whoever left on that very day included; the departed and those whose
# archive ended for another reason (died, merged, erased) are in neither part of the fraction.
_AT_START = f"""(
  select distinct on (m.customer_id, m.scheme) m.tenant_id, m.customer_id, m.scheme, m.tier
  from p cross join membership m {customer_of("c", "m")}
  where m.starts_on <= p.first_on and (m.ends_on is null or m.ends_on >= p.first_on)
    and (m.expires_on is null or m.expires_on > p.first_on) and c.erased_at is null
    and coalesce((select f.value from {_fact_of("m")} and f.occurred_on < p.first_on
      order by f.occurred_on desc, f.recorded_at desc limit 1), 0) = 0
    and not exists (select from {_fact_of("m")} and {on_a_day("f.occurred_on")} and f.value = 2)
  order by m.customer_id, m.scheme, m.starts_on desc, m.recorded_at desc
) m"""
# A lower tier, a membership that was not renewed and one that an assessment ended are no churn: the customer is still there.
_LEFT = f"""(
  exists (select from {_fact_of("m")} and {on_a_day("f.occurred_on")} and f.value = 1)
  or exists (select from membership w where w.tenant_id = m.tenant_id and w.customer_id = m.customer_id
    and w.scheme = m.scheme and {on_a_day("w.ends_on")} and w.ended_because = 'consent withdrawn')
)"""
_BEFORE = (
    "membership m join membership o on o.tenant_id = m.tenant_id and o.customer_id = m.customer_id"
    " and o.scheme = m.scheme and o.ends_on = m.starts_on and o.id <> m.id"
)
_NEXT = (
    "exists (select from membership n where n.tenant_id = m.tenant_id and n.customer_id = m.customer_id"
    " and n.scheme = m.scheme and n.starts_on = m.ends_on and n.id <> m.id)"
)
_RANK = "array_position(p.ranks, {0}.scheme || '/' || {0}.tier)"
_HIGHER, _LOWER = (f"{_RANK.format('m')} {sign} {_RANK.format('o')}" for sign in "<>")


def _still(end: str) -> str:
    """SQL: whether it had not ended when the period did."""
    return f"({end} is null or {end} >= p.after_on)"


_DECIDED = within("m.decided_at")
# What customers do, and when.
DID = ("application", "applied_at")
COUNTS = {
    "members_at_start": count(_AT_START, "true", by=_TIER),
    "members_left": count(_AT_START, _LEFT, by=_TIER),
    "members_retained": count(_AT_START, f"not {_LEFT}", by=_TIER),
    "members_at_end": count(
        "membership m", f"m.starts_on < p.after_on and {_still('m.ends_on')} and {_still('m.expires_on')}", by=_TIER
    ),
    "members_joined": count("membership m", f"{on_a_day('m.starts_on')} and m.since_on = m.starts_on", by=_TIER),
    "members_raised": count(_BEFORE, f"{on_a_day('m.starts_on')} and {_HIGHER}", by=_TIER),
    "members_lowered": count(_BEFORE, f"{on_a_day('m.starts_on')} and {_LOWER}", by=_TIER),
    # Tiers change on the first day of a period: who could convert is who held the tier on the eve of it.
    "members_on_the_eve": count(
        "membership m", "m.starts_on < p.first_on and (m.ends_on is null or m.ends_on >= p.first_on)", by=_TIER
    ),
    # By path: from which tier to which (S06-5).
    "members_converted": count(
        _BEFORE,
        f"{on_a_day('m.starts_on')} and o.tier <> m.tier",
        by={"scheme": "m.scheme", "held": "o.tier", "becomes": "m.tier"},
    ),
    "members_ended": count("membership m", f"{on_a_day('m.ends_on')} and not {_NEXT}", by=_TIER),
    "members_in_grace": count(
        "grace_period g join membership m on m.tenant_id = g.tenant_id and m.id = g.membership_id",
        f"g.began_on < p.after_on and g.until_on >= p.after_on and {_still('g.lifted_on')}",
        by=_TIER,
    ),
    "applications_filed": count("application m", within("m.applied_at"), by=_TIER),
    "applications_decided": count("application m", f"{_DECIDED} and m.outcome in {among(DECIDED)}", by=_TIER),
    "applications_approved": count("application m", f"{_DECIDED} and m.outcome = 'approved'", by=_TIER),
}
