"""Last quarter's redemptions counted anew by other quotas. Changes none of them."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.periods.allowances import Counted, allowance
from guibin.policy.packs import Policy
from guibin.policy.service_items import Entitlement
from guibin.policy_changes.effects import DAYS, QUOTAS, QuotaReplayed
from guibin.tiers.queries import holding
from guibin_tenants.rows import read

# What was used so long before the quarter still counts in the longest periods.
BEFORE = timedelta(days=366)
_USES = f"""select x.customer_id, x.item, x.scheme, x.tier, x.quantity, x.used_on, x.occasion, 'used' as kind, coalesce((select min(m.since_on)
    from membership m where m.tenant_id = x.tenant_id and m.customer_id = x.customer_id and m.scheme = x.scheme and {holding("m", "x.used_on")}),
    x.used_on) as since_on
  from redemption x where x.used_on >= $1 and not exists (select from redemption_reversal v where v.tenant_id = x.tenant_id
    and v.redemption_id = x.id) and (x.reserved_until is null or x.reserved_until > $2 or exists (select from redemption_use u
    where u.tenant_id = x.tenant_id and u.redemption_id = x.id))
  union all select a.customer_id, a.item, a.scheme, '', a.quantity, a.counts_on, a.occasion, 'adjusted', a.counts_on
  from entitlement_adjustment a where a.counts_on >= $1
  order by customer_id, item, scheme, used_on, kind"""


class _Use(Struct, frozen=True):
    customer_id: UUID
    item: str
    scheme: str
    tier: str
    quantity: int
    used_on: date
    occasion: str
    kind: str
    since_on: date


async def replayed(before: Policy, after: Policy, act: Act) -> tuple[QuotaReplayed, ...]:
    """How many uses each would have refused. What a use was refused by the change counts no more beside those that follow; rewards
    and penalties of plans are left out."""
    since = act.today - timedelta(days=DAYS)
    uses = await read(_Use, _USES, since - BEFORE, act.now)
    was, becomes = (list(_refused(uses, policy, since)) for policy in (before, after))
    recent = [(each.scheme, each.tier, each.item) for each in uses if each.kind == "used" and each.used_on >= since]
    return tuple(
        QuotaReplayed(
            scheme=scheme,
            tier=tier,
            item=item,
            redeemed=recent.count((scheme, tier, item)),
            refused_before=was.count((scheme, tier, item)),
            refused_after=becomes.count((scheme, tier, item)),
        )
        for scheme, tier, item in sorted(set(recent))
    )


def _refused(uses: Sequence[_Use], policy: Policy, since: date) -> Iterator[tuple[str, str, str]]:
    known = {(each.scheme, each.tier, each.item): each for each in policy.entitlements}
    for _, theirs in groupby(uses, key=lambda use: (use.customer_id, use.item, use.scheme)):
        counted: list[Counted] = []
        for use in theirs:
            right = known.get((use.scheme, use.tier, use.item))
            if use.kind == "used" and use.used_on >= since and not _fits(use, right, counted):
                yield use.scheme, use.tier, use.item
                continue
            counted.append(
                Counted(use.used_on, use.quantity, "used" if use.kind == "used" else "adjusted", use.occasion)
            )


def _fits(use: _Use, right: Entitlement | None, counted: Sequence[Counted]) -> bool:
    given = allowance(lambda _: right, counted, day=use.used_on, since_on=use.since_on, occasion=use.occasion)
    return given is not None and (given.left is None or given.left >= use.quantity)


QUOTAS.give(replayed)
