"""A small pack with cards: a voluntary scheme for persons, one for companies, cards kept in stock, made to order, sponsored."""

import types

from msgspec.structs import replace

from guibin import (
    ApprovalFlow,
    ApprovalStep,
    ArchiveField,
    AtLeast,
    CardKind,
    CardQuota,
    Entitlement,
    Metric,
    Pack,
    ProofKind,
    RealName,
    ServiceItem,
    Sponsorship,
    Text,
    Tier,
    TierScheme,
    hookimpl,
)
from guibin.policy.checking import texts_in

PERSONAL, CORPORATE = "personal", "corporate"
GOLD, DIAMOND = "gold", "diamond"
SPENT = Metric("spent_1y", fact="spending", aggregate="sum", months=12)
TIERS = (Tier(DIAMOND, AtLeast("spent_1y", 100_000)), Tier(GOLD, AtLeast("spent_1y", 10_000)))


def _scheme(name: str, kind: str, *, voluntary: bool) -> TierScheme:
    return TierScheme(name, (kind,), metrics=(SPENT,), tiers=TIERS, voluntary=voluntary, approval="join")


def _flow(name: str, subject: str, *roles: str) -> ApprovalFlow:
    return ApprovalFlow(name, subject, steps=tuple(ApprovalStep(role) for role in roles))


def _pack() -> Pack:
    pack = Pack(
        name="lounge",
        regulation="an invented club",
        customer_kinds=("person", "company"),
        fields=(
            ArchiveField("identity_number", "identity_number", "confidential", searchable=True),
            ArchiveField("device_number", "text", "confidential", searchable=True, chars_max=32),
        ),
        schemes=(_scheme(PERSONAL, "person", voluntary=True), _scheme(CORPORATE, "company", voluntary=False)),
        service_items=(ServiceItem("priority_counter"), ServiceItem("lounge")),
        entitlements=(
            Entitlement(PERSONAL, DIAMOND, "priority_counter"),
            Entitlement(PERSONAL, GOLD, "priority_counter"),
            Entitlement(PERSONAL, GOLD, "lounge", quota=2),
        ),
        cards=(
            CardKind(
                "gold_card", PERSONAL, GOLD, "card", quantity_approval="quantity", low_stock=2, real_name=RealName()
            ),
            CardKind("diamond_card", PERSONAL, DIAMOND, "card", real_name=RealName(at=("issue",)), luhn=True),
            CardKind(
                "executive_card",
                PERSONAL,
                DIAMOND,
                "executive",
                real_name=RealName(at=("issue",)),
                sponsorship=Sponsorship(CORPORATE, (CardQuota(DIAMOND, 2), CardQuota(GOLD, 1))),
            ),
        ),
        proofs=(
            ProofKind("device", by="field", field="device_number"),
            ProofKind("identity_document", by="field", field="identity_number"),
        ),
        approvals=(
            _flow("join", "application", "manager"),
            _flow("card", "card_application", "manager", "tenant_admin"),
            _flow("executive", "card_application", "tenant_admin"),
            _flow("quantity", "card_request", "tenant_admin"),
        ),
    )
    return replace(pack, texts={key: Text(zh=key, en=key) for key in texts_in(pack)})


PACK = _pack()


def plugin_of(**changes: object) -> types.SimpleNamespace:
    """As an installed pack's module would have it, with other parts where wanted."""
    value = replace(PACK, **changes)
    value = replace(value, texts={key: Text(zh=key, en=key) for key in texts_in(value)})

    @hookimpl
    def pack() -> Pack:
        return value

    return types.SimpleNamespace(__name__="lounge", pack=pack)


plugin = plugin_of()
