"""What a tier's rights must agree on with the items and tiers there are, and with themselves."""

from collections.abc import Iterator

from .packs import Pack, Policy
from .problems import PolicyProblem
from .service_items import Entitlement


def entitlement_problems(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    """Everything wrong with them."""
    items = {item.name for item in policy.service_items}
    tiers = {(scheme.name, tier.name) for scheme in policy.schemes for tier in scheme.tiers}
    for entitlement in policy.entitlements:
        path = f"entitlements.{entitlement.tier}.{entitlement.item}"
        if entitlement.item not in items:
            yield PolicyProblem(path, entitlement.item, "a service item", f"one of {sorted(items)}")
        if (entitlement.scheme, entitlement.tier) not in tiers:
            yield PolicyProblem(path, f"{entitlement.scheme}/{entitlement.tier}", "a tier of a scheme")
        if entitlement.quota is not None and entitlement.quota < 0:
            yield PolicyProblem(path, str(entitlement.quota), "a quota of 0 or more")
        if entitlement.period == "rolling_days" and entitlement.days < 1:
            yield PolicyProblem(path, str(entitlement.days), "the length of the rolling window in days")
        yield from _pool(entitlement, path)
        yield from _discount(entitlement, path)


def _pool(entitlement: Entitlement, path: str) -> Iterator[PolicyProblem]:
    pool = entitlement.pool
    if pool is None:
        return
    if not pool.roles:
        yield PolicyProblem(f"{path}.pool.roles", "none", "the roles of those who share it, such as executive")
    most = entitlement.quota
    if pool.per_person < 1 or (most is not None and pool.per_person > most):
        fix = "lower it to the quota, or raise the quota" if most is not None else ""
        rule = "1 or more, at most the quota"
        yield PolicyProblem(f"{path}.pool.per_person", str(pool.per_person), rule, fix)


def _discount(entitlement: Entitlement, path: str) -> Iterator[PolicyProblem]:
    discount = entitlement.discount
    if discount is None:
        return
    if not 1 <= discount.percent <= 100:
        yield PolicyProblem(f"{path}.discount.percent", str(discount.percent), "1 to 100 percent off")
    if discount.ceiling is not None and discount.ceiling < 1:
        yield PolicyProblem(f"{path}.discount.ceiling", str(discount.ceiling), "minor units above 0, or none")
    if not (len(discount.unit) == 3 and discount.unit.isupper()):
        yield PolicyProblem(f"{path}.discount.unit", discount.unit, "a currency such as CNY")
