"""Why a customer could use a right: what the tier gives, what was used before, and what was left."""

from uuid import UUID

from guibin.console.shell import Shell
from guibin.entitlements import again
from guibin.entitlements import queries as entitlements
from guibin.policies.queries import act_then
from guibin_tenants.rows import read

from .looks import known
from .traces import Figure, Link, Row, Step, Trace, rule_of, tier_called, version_of


async def redemption(redemption_id: UUID, shell: Shell) -> Trace:
    """Raises NotFound."""
    used, says = await again.redeemed(redemption_id), shell.says
    before = await act_then(shell.act, used.redeemed_at)
    count = await again.count(used, before.policy, known_at=used.redeemed_at)
    title = shell.named(f"service_item.{used.item}.title")
    tier = tier_called(used.tier, used.scheme, shell)
    return Trace(
        kind="redemption",
        id=redemption_id,
        customer=await known(used.customer_id),
        title=f"{title} × {used.quantity}",
        sentence=says("oversight.trace.by_right", tier=tier, item=title, day=shell.clock.full_day(used.used_on)),
        decided_at=used.redeemed_at,
        decided_by=used.redeemed_by_name,
        rule=rule_of(count.entitlement.clause, shell) if count else None,
        policy=await version_of(before.policy.version),
        figures=_figures(count, used.quantity, shell) if count else [],
        since=await _since(redemption_id, shell),
        rests_on=[Link("membership", used.membership_id, tier)],
    )


def _figures(count: again.Count, quantity: int, shell: Shell) -> list[Figure]:
    given, says = count.allowance, shell.says
    if given.granted is None or given.left is None:
        return [Figure(says("oversight.trace.granted"), says("overview.unlimited"))]
    figures = {
        "granted": given.granted,
        "carried": given.carried,
        "adjusted": given.adjusted,
        "consumed": given.consumed,
        "reserved": given.reserved,
    }
    return [
        *(
            Figure(says(f"oversight.trace.{name}"), str(value))
            for name, value in figures.items()
            if value or name in ("granted", "consumed")
        ),
        Figure(says("oversight.trace.left"), str(given.left), str(quantity), count.gives(quantity)),
    ]


async def _since(redemption_id: UUID, shell: Shell) -> list[Step]:
    found = await entitlements.by_id(redemption_id, now=shell.act.now)
    steps = []
    if found.reserved_until is not None:
        steps.append(
            Step(
                found.redeemed_at,
                shell.says("oversight.trace.kept_back", until=shell.clock.exact(found.reserved_until)),
                found.redeemed_by_name,
            )
        )
    if found.reversed_at is not None:
        steps.append(Step(found.reversed_at, shell.says("oversight.trace.reversed"), detail=found.reversal_reason))
    return steps


async def of_customer(customer_id: UUID) -> list[Row]:
    """The rights a customer used, the latest twenty."""
    return await read(
        Row,
        "select 'redemption' as kind, x.id, x.scheme, x.item as name, not exists (select from redemption_reversal v"
        " where v.tenant_id = x.tenant_id and v.redemption_id = x.id) as open, x.redeemed_at as at, '' as clause"
        " from redemption x where x.customer_id = $1 order by x.redeemed_at desc limit 20",
        customer_id,
    )
