"""What an assessment and a simulation both ask: everybody's figures beside what they hold, and the move that follows."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from guibin.policy.tiers import TierScheme
from guibin.profiles.queries import answer

from .figures import assessment_sql

# A customer's figures against what they hold. `$1` as of, `$2` known at; the rest is numbered by `_Numbered`.
# An exception that still runs is not touched, yet the row says what the figures would have earned.
COMPARED = """
with judged as ({judged}), compared as (
  select j.customer_id, j.tier, j.measures, m.tier as held,
    array_position({tiers}, j.tier) as earned, array_position({tiers}, m.tier) as has,
    m.basis = 'exception' and coalesce(m.expires_on > $1::date, true) as locked,
    {voluntary} and coalesce({answer}, '') <> 'granted' as unwilling,
    {registered} and not exists (select from application a where a.tenant_id = j.tenant_id
      and a.customer_id = j.customer_id and a.scheme = {scheme} and a.kind = 'tier' and a.outcome = 'approved'
      and a.decided_at <= $2::timestamptz) as unregistered,
    {grace_days} > 0 and not exists (select from grace_period g where g.tenant_id = m.tenant_id
      and g.membership_id = m.id and g.lifted_on is null and g.until_on <= $1::date) as in_grace
  from judged j left join membership m on m.customer_id = j.customer_id and m.scheme = {scheme} and {holding}
), moved as (
  select customer_id, tier, measures, held, case
    when held is null and tier is null then 'none'
    when held is null and unwilling then 'no_consent'
    when held is null and unregistered then 'unregistered'
    when held is null then 'start'
    when unwilling then 'end'
    when locked then 'locked'
    when tier = held then 'keep'
    when tier is not null and (has is null or earned < has) then 'upgrade'
    when in_grace then 'grace'
    when tier is null then 'end'
    else 'downgrade' end as move
  from compared where held is not null or tier is not null or jsonb_strip_nulls(measures) <> '{{}}'
), outcome as (
  select customer_id, tier, measures, held, move,
    case when move in ('start', 'upgrade', 'downgrade') then tier
      when move in ('keep', 'grace', 'locked') then held end as becomes
  from moved
)
"""

# What lasts now is what an assessment changes; a simulation compares with what lasted on its day.
HELD_NOW = "m.ends_on is null"
HELD_THEN = (
    "m.starts_on <= $1::date and (m.ends_on is null or m.ends_on > $1::date)"
    " and (m.ends_on is null or m.ends_on > m.starts_on)"
)


class Filled:
    """A statement's values while its places are filled: `$1` the day, `$2` the moment, then the scheme's own."""

    def __init__(self, scheme: TierScheme, as_of: date, known_at: datetime, only: UUID | None = None) -> None:
        self.scheme = scheme
        judged = assessment_sql(scheme, only=only)
        self.judged = judged.sql
        self.values: list[Any] = [as_of, known_at, *judged.values]

    def place(self, value: Any, cast: str) -> str:
        """The parameter that holds the value."""
        self.values.append(value)
        return f"${len(self.values)}::{cast}"

    def places(self, *, holding: str) -> dict[str, str]:
        """What `COMPARED` asks for; `holding` says which memberships it compares with."""
        scheme = self.place(self.scheme.name, "text")
        return {
            "judged": self.judged,
            "holding": holding,
            "tiers": self.place([tier.name for tier in self.scheme.tiers], "text[]"),
            "voluntary": self.place(self.scheme.voluntary, "boolean"),
            "registered": self.place(self.scheme.registered, "boolean"),
            "scheme": scheme,
            "answer": answer("j.customer_id", scheme, until="$2::timestamptz"),
            "grace_days": self.place(self.scheme.grace_days, "int"),
        }
