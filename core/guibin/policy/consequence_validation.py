"""What rewards, penalties and registration forms must agree on with the rest of a policy."""

from collections.abc import Iterable, Iterator

from .packs import Pack, Policy
from .problems import PolicyProblem
from .tiers import Consequence, TierScheme

DAYS_MAX = 1_098


def problems(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    """Everything wrong; nothing when all is well."""
    forms = {form.name for form in policy.forms}
    for scheme in policy.schemes:
        if scheme.form and scheme.form not in forms:
            yield PolicyProblem(f"schemes.{scheme.name}.form", scheme.form, "a form", f"one of {sorted(forms)}")
        names = [one.name for one in scheme.consequences]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield PolicyProblem(f"schemes.{scheme.name}.consequences", name, "each name once", "rename one of them")
        for one in scheme.consequences:
            yield from _consequence(one, scheme, policy)


def wanted_texts(policy: Pack | Policy) -> Iterable[str]:
    """Every text they need."""
    yield from (f"consequence.{one.name}" for scheme in policy.schemes for one in scheme.consequences)


def _consequence(one: Consequence, scheme: TierScheme, policy: Pack | Policy) -> Iterator[PolicyProblem]:
    path = f"schemes.{scheme.name}.consequences.{one.name}"
    tiers = {tier.name for tier in scheme.tiers}
    for tier in one.tiers:
        if tier not in tiers:
            yield PolicyProblem(path, tier, "a tier of the scheme", f"one of {sorted(tiers)}")
    rights = {
        right.tier: right
        for right in policy.entitlements
        if (right.scheme, right.item) == (scheme.name, one.item) and right.tier in (one.tiers or tiers)
    }
    if not rights:
        yield PolicyProblem(path, one.item, "a service item that the tiers are entitled to", "add an entitlement")
    if one.kind == "reward" and (one.units < 1 or any(right.quota is None for right in rights.values())):
        yield PolicyProblem(path, f"{one.units} of {one.item}", "1 or more units of an item with a quota")
    if one.kind == "penalty" and one.units:
        yield PolicyProblem(path, str(one.units), "0 units: a penalty withholds the item")
    if not one.moves or not 1 <= one.days <= DAYS_MAX:
        yield PolicyProblem(path, f"{one.days} days after {list(one.moves)}", f"1 to {DAYS_MAX} days after a move")
