"""What cards and proofs must agree on with the rest of a pack or policy."""

from collections.abc import Iterator

from .cards import CardKind, Sponsorship
from .packs import Pack, Policy
from .problems import PolicyProblem

FIGURE_MAX = 10_000


def card_problems(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    """Everything wrong with cards and proofs."""
    tiers = {(scheme.name, tier.name) for scheme in policy.schemes for tier in scheme.tiers}
    for card in policy.cards:
        path = f"cards.{card.name}"
        if (card.scheme, card.tier) not in tiers:
            yield PolicyProblem(path, f"{card.scheme}/{card.tier}", "a tier of a scheme")
        yield from _card_flows(card, policy, path)
        for name, least in (("months", 1), ("warn_days", 0), ("exchange_days", 0), ("low_stock", 0)):
            if not least <= getattr(card, name) <= FIGURE_MAX:
                rule = f"{least} to {FIGURE_MAX}"
                yield PolicyProblem(f"{path}.{name}", str(getattr(card, name)), rule)
        if card.real_name is not None:
            yield from _findable(card.real_name.field, policy, f"{path}.real_name")
        if card.sponsorship is not None:
            yield from _sponsorship(card.sponsorship, policy, f"{path}.sponsorship")
    for proof in policy.proofs:
        if proof.by == "field":
            yield from _findable(proof.field, policy, f"proofs.{proof.name}")
        elif proof.field:
            yield PolicyProblem(f"proofs.{proof.name}", proof.field, f"no field for a proof by {proof.by}")


def _card_flows(card: CardKind, policy: Pack | Policy, path: str) -> Iterator[PolicyProblem]:
    for name, subject in ((card.approval, "card_application"), (card.quantity_approval, "card_request")):
        flows = sorted(flow.name for flow in policy.approvals if flow.subject == subject)
        if name not in flows and (name or subject == "card_application"):
            yield PolicyProblem(path, name, f"an approval flow for a {subject}", f"one of {flows}")


def _findable(name: str, policy: Pack | Policy, path: str) -> Iterator[PolicyProblem]:
    found = [field.name for field in policy.fields if field.confidentiality == "confidential" and field.searchable]
    if name not in found:
        yield PolicyProblem(path, name, "a confidential field that can be searched for", f"one of {sorted(found)}")


def _sponsorship(given: Sponsorship, policy: Pack | Policy, path: str) -> Iterator[PolicyProblem]:
    tiers = {(scheme.name, tier.name) for scheme in policy.schemes for tier in scheme.tiers}
    named = [quota.tier for quota in given.quotas]
    if not given.roles or not given.quotas or len(set(named)) < len(named):
        yield PolicyProblem(path, ", ".join(named), "at least one role, and a quota per tier, each tier once")
    for quota in given.quotas:
        if (given.scheme, quota.tier) not in tiers:
            yield PolicyProblem(path, f"{given.scheme}/{quota.tier}", "a tier of the company's scheme")
        if not 0 <= quota.cards <= FIGURE_MAX:
            yield PolicyProblem(path, str(quota.cards), f"0 to {FIGURE_MAX}")
    if not 0 <= given.notice_days <= FIGURE_MAX:
        yield PolicyProblem(path, str(given.notice_days), f"0 to {FIGURE_MAX} days of notice")
