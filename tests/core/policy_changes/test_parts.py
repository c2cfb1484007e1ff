"""Whose each part of a company's policy is, what it holds, and who must comply with it, where no pack says otherwise (S01-13)."""

from collections import Counter

import pytest
from msgspec import Struct
from running import work_off

from guibin_tenants.scope import fetch

PROPOSALS = "/api/v1/policy/proposals"
ROLES = ("manager", "account_manager", "agent", "auditor", "tenant_admin")
TASK = {"department": "security", "name": "passage_kept_free", "before_minutes": 30}
VIP = {"name": "vip", "approval": "reception", "tasks": [TASK]}
WORDS = ("topic.funds", "review.portrait", "register.file", "field.company_car", "automation.tell")
AUTOMATION = {
    "name": "tell",
    "when": {"type": "happens", "event": "complaint_received"},
    "then": [{"type": "notify", "roles": ["manager"], "text": "请留意"}],
}
STEP = [{"role": "manager"}]
LEVEL = {"name": "standard", "resolve_within": {"type": "hours", "count": 12}}
CARD = {"name": "gold_card", "scheme": "key_customer", "tier": "gold", "approval": "card"}


class Held(Struct, frozen=True):
    """What a part of the policy holds, by a change of each section, and which roles are told of such a change."""

    part: str
    changes: dict
    told: set[str]


# S01-13: who must comply is told; S01-8, S10-5 and S14-3 are everybody's who serves, plans and standards their managers'.
PARTS = (
    Held(
        "standards",
        {
            "schemes": [
                {"name": "key_employee", "customer_kinds": ["employee"], "metrics": [], "tiers": [{"name": "honoured"}]}
            ],
            "settings": [{"name": "gold_spending", "value": 6_000_000}],
            "enabled_schemes": ["key_customer", "key_employee", "key_partner"],
        },
        {"manager", "account_manager"},
    ),
    Held(
        "services",
        {
            "service_items": [{"name": "account_manager", "family": "managed", "sold": True}],
            "entitlements": [
                {"scheme": "key_customer", "tier": "gold", "item": item, "quota": 3}
                for item in ("gift", "priority_purchase")
            ],
            "head_starts": [{"scheme": "key_customer", "tier": "gold", "hours": 12}],
            "topics": ["funds"],
        },
        {"manager", "account_manager", "agent"},
    ),
    Held(
        "cards",
        {"cards": [CARD | {"months": 24}], "proofs": [{"name": "card", "by": "e_card"}]},
        {"manager", "account_manager", "agent"},
    ),
    Held(
        "relations",
        {
            "cadences": [{"scheme": "key_customer", "tier": "gold", "span": "year"}],
            "relationships": [{"name": "relationship", "measures": [{"kind": "visit"}]}],
            "reviews": [{"name": "portrait", "span": "year"}],
            "registers": [{"name": "file"}],
            "plans": {"reachability_sample": 3},
            "questions": {"warn_at_percent": 50},
        },
        {"manager", "account_manager"},
    ),
    Held(
        "care_and_events",
        {
            "care": {"occasions": []},
            "messages": {"per_day_max": 10},
            "activities": [{"name": "lecture", "companions_max": 3}],
            "surveys": [{"name": "satisfaction", "questions": ["overall_satisfaction"], "sample_percent": 5}],
        },
        {"manager", "account_manager"},
    ),
    Held(
        "complaints",
        {
            "complaints": {"levels": [LEVEL], "default_level": "standard"},
            "signals": [{"name": "outage", "source": "outage", "act_within": {"type": "hours", "count": 1}}],
            "hotline": {},
            "closing": {"restored_days": 10},
            "department_tasks": [
                {
                    "name": "assessment",
                    "acknowledge_within": {"type": "hours", "count": 1},
                    "answer_within": {"type": "days", "count": 1},
                }
            ],
        },
        {"manager", "account_manager", "agent"},
    ),
    Held(
        "receptions",
        {"reception": {"centre": ["manager"], "protocols": [VIP]}},
        {"manager", "account_manager", "agent"},
    ),
    Held(
        "order",
        {
            "approvals": [
                {
                    "name": "exception",
                    "subject": "application",
                    "steps": [{"role": "manager"}, {"role": "tenant_admin"}],
                }
            ],
            "posts": [{"name": "reception_officer", "role": "manager"}],
            "parts": [{"name": "cards", "covers": ["cards", "proofs"], "posts": ["tenant_admin"]}],
            "fields": [{"name": "company_car"}],
            "kpis": [],
            "automations": [AUTOMATION],
            "switched_off": ["kpis"],
        },
        {"manager"},
    ),
)


@pytest.fixture(scope="module")
async def company(lasting):
    """One of each role, and the words and the card that the changes speak of."""
    lasting.clock.set(lasting.clock.START)
    tenant = await lasting.tenant(packs=())
    people = {role: await tenant.staff(role, role) for role in ROLES}
    await tenant.staff("deputy", "tenant_admin")
    words = (*WORDS, "card.gold_card", "approval.card")
    written = await (await tenant.client()).post(
        "/api/v1/policy/versions",
        json={
            "note": "words and a card",
            "overrides": {
                "approvals": [{"name": "card", "subject": "card_application", "steps": STEP}],
                "cards": [CARD],
                "texts": {name: {"zh": "一", "en": "one"} for name in words},
            },
        },
    )
    assert written.status_code == 201, written.text
    return tenant, people


async def announced(tenant):
    """How often each has been told of a change."""
    await work_off(tenant)
    async with tenant.scope():
        rows = await fetch(
            "select s.login from staff_notice n join staff s on s.id = n.staff_id where n.kind = 'policy_announced'"
        )
    return Counter(row["login"] for row in rows)


@pytest.mark.rule("S01-13")
@pytest.mark.parametrize("held", PARTS, ids=lambda held: held.part)
async def test_its_holder_changes_all_of_a_part_and_whoever_must_comply_is_told(world, company, held):
    tenant, people = company
    before = await announced(tenant)
    proposal = {"part": held.part, "overrides": held.changes, "note": "标准调整"}

    others = [await people[role].post(PROPOSALS, json=proposal) for role in ROLES if role != "tenant_admin"]
    changed = await people["tenant_admin"].post(PROPOSALS, json=proposal)

    assert {one.status_code for one in others} == {403}
    assert (changed.status_code, changed.json().get("outcome")) == (201, "approved"), changed.text
    assert set((await announced(tenant) - before).elements()) == {*held.told, "deputy"}
