"""Each office decides its step in its own days and sits where the regulation puts it; who serves customers asks (S04, S08, S12)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cards import IDENTITY, open_card_desk
from standing import member

CORPORATE, PERSONAL, INTERNATIONAL = "corporate_department", "personal_department", "international_department"
BRANCH, CARDS, PRESIDENT, SMALL_BUSINESS = "branch_head", "card_department", "president", "small_business_centre"
# Who serves customers, and so may ask for something for one.
SERVING = ("account_manager", "agent", "manager")
BANK, LIST, ABROAD, COOPERATIVE = "personal_vip", "corporate_vip", "international_business", "cooperative_vip"
TODAY = date(2026, 3, 2)

# What is asked for → the offices that decide one after the other, each with its days; after a stroke who may do so as well.
STEPS = {
    "vip_card": ((BRANCH, 2), (PERSONAL, 3)),
    "personal_card": ((BRANCH, 2), (PERSONAL, 3)),
    "executive_card": ((f"{CORPORATE}/{SMALL_BUSINESS}", 3), (PERSONAL, 3)),
    "cooperative_card": ((BRANCH, 2),),
    "card_quantity": ((CARDS, 5),),
    "corporate_list": ((CORPORATE, 10), (PRESIDENT, 10)),
    "corporate_adjustment": ((BRANCH, 5), (CORPORATE, 5)),
    "corporate_gold": ((BRANCH, 5),),
    "international_rating": ((INTERNATIONAL, 5),),
    "relaxed_threshold": ((CARDS, 5),),
    "extra_indicator": ((CARDS, 10),),
    "corporate_standard": ((PRESIDENT, 10),),
    "corporate_plan": ((f"{CORPORATE}/{PRESIDENT}", 5),),
    "personal_plan": ((f"{PERSONAL}/{PRESIDENT}", 5),),
    "international_plan": ((f"{INTERNATIONAL}/{PRESIDENT}", 5),),
    "executive_plan": ((f"{PERSONAL}/{PRESIDENT}", 5),),
}
# What only those who serve customers ask for: nobody of the system's.
ASKED_FOR = tuple(flow for flow in STEPS if flow not in ("card_quantity", "corporate_list", "corporate_standard"))
PLANS = {
    "corporate_plan": {"segment": {"scheme": LIST, "tiers": ["gold"]}},
    "personal_plan": {"segment": {"scheme": BANK, "tiers": ["gold"]}},
    "international_plan": {"segment": {"scheme": ABROAD, "tiers": ["gold"]}},
    "executive_plan": {},
}
TIERS = {
    "vip_card": (BANK, "gold", "tier"),
    "corporate_adjustment": (LIST, "platinum", "tier"),
    "corporate_gold": (LIST, "gold", "tier"),
    "international_rating": (ABROAD, "gold", "tier"),
    "relaxed_threshold": (COOPERATIVE, "vip", "exception"),
}


@pytest.fixture
async def desk(world):
    return await open_card_desk(world, "banking")


async def archive(desk, kind="personal", **held):
    """A customer of the outlet with an identity number who holds these tiers."""
    known = {"identity_number": IDENTITY} if kind == "personal" else {}
    customer = await desk.customer(kind, **known)
    for scheme in (BANK, COOPERATIVE) if kind == "personal" else ():
        await desk.consent(customer, scheme)
    for scheme, tier in held.items():
        await member(desk.tenant, customer, scheme=scheme, tier=tier)
    return customer


async def tier_asked_for(desk, flow):
    scheme, tier, kind = TIERS[flow]
    who = await archive(desk, "corporate" if scheme in (LIST, ABROAD) else "personal")
    body = {"customer_id": who, "kind": kind, "scheme": scheme, "tier": tier, "reason": "符合条件"}
    if kind == "exception":
        body["expires_on"] = "2026-12-31"
    elif scheme == BANK:
        body |= {"form": "personal_vip_application", "answers": {"applies_voluntarily": True}}
    return "applications", body


async def card_asked_for(desk, flow):
    body = {"kind": {"personal_card": "gold_card"}.get(flow, flow), "reason": "申领"}
    if flow == "executive_card":
        person, company = await archive(desk), await archive(desk, "corporate", corporate_vip="gold")
        await desk.post(f"customers/{person}/links", {"of_customer_id": company, "role": "executive"})
        body["of_customer_id"] = company
    else:
        person = await archive(desk, **({BANK: "gold"} if flow == "personal_card" else {COOPERATIVE: "vip"}))
    return "card-applications", body | {"customer_id": person, "identity_check_id": await desk.identified(person)}


async def plan_asked_for(desk, flow):
    starts = datetime(2026, 3, 20, 6, tzinfo=UTC)
    if flow == "executive_plan":
        event = {"kind": "executive_salon", "title": "高管沙龙", "starts_at": starts.isoformat()}
        return "activities", event | {"ends_at": (starts + timedelta(hours=2)).isoformat()}
    scheme = PLANS[flow]["segment"]["scheme"]
    await archive(desk, "personal" if scheme == BANK else "corporate", **{scheme: "gold"})
    return "campaigns", {"title": "春季推介", "control_percent": 0, "budget": 20_000} | PLANS[flow]


async def matter(desk, flow):
    """Where and with what it is asked for."""
    if flow in TIERS:
        return await tier_asked_for(desk, flow)
    if flow in PLANS:
        return await plan_asked_for(desk, flow)
    if flow == "card_quantity":
        return "card-requests", {"kind": "cooperative_card", "quantity": 20, "reason": "开卡需要"}
    if flow == "corporate_list":
        await desk.post("facts", {"facts": [_influence(await archive(desk, "corporate"))]})
        return "assessments", {"scheme": LIST, "as_of": "2026-03-01"}
    if flow == "corporate_standard":
        raised = {"name": "corporate_deposit_gold", "value": 600_000_000, "unit": "CNY"}
        return "policy/proposals", {"part": "corporate_standards", "note": "调整", "overrides": {"settings": [raised]}}
    if flow == "extra_indicator":
        metric = {"name": "tea_loans", "fact": "tea_loan", "aggregate": "sum", "months": 12}
        title = {"zh": "近一年茶叶贷款", "en": "Tea loans over a year"}
        said = {"scheme": COOPERATIVE, "tier": "vip", "metric": metric, "at_least": 3_000_000, "title": title}
        return "indicators", said | {"org_unit": "outlet", "reason": "本网点以茶农为主"}
    return await card_asked_for(desk, flow)


def _influence(customer):
    return {"customer_id": customer, "metric": "influence", "value": 75, "occurred_on": "2026-02-01"}


async def asks(desk, flow):
    """Somebody in the outlet, or whose matter it is, asks for it; the approval's id."""
    path, body = await matter(desk, flow)
    roles = {"corporate_list": "tenant_admin", "card_quantity": "manager", "corporate_standard": CORPORATE}
    unit = "" if flow in ("corporate_list", "corporate_standard") else "outlet"
    roles |= dict.fromkeys(PLANS, BRANCH)
    asker = await desk.tenant.staff("asker", roles.get(flow, "account_manager"), **({"unit": unit} if unit else {}))
    if flow == "extra_indicator":
        asker = await desk.tenant.staff("lead", "manager", "account_manager", unit="outlet")
    asked = await desk.post(path, body, by=asker)
    if asked.get("approval_id"):
        return asked["approval_id"]
    (waiting,) = (await desk.get("approvals"))["items"]
    return waiting["id"]


def unseen_or_forbidden(flow):
    """No outlet sees what is the whole bank's."""
    return 404 if flow in ("corporate_list", "corporate_standard") else 403


def last_day(timer):
    return datetime.fromisoformat(timer["due_at"]).astimezone(ZoneInfo("Asia/Shanghai")).date()


async def answers(desk, who, approval, status):
    path = f"approvals/{approval}/decision"
    return await desk.post(path, {"approved": True, "reason": "同意"}, by=who, status=status)


@pytest.mark.rule("S02-4", "S04-2", "S04-3", "S04-4", "S04-6", "S04-7", "S08-4", "S12-2", "S12-3", "S12-6")
@pytest.mark.parametrize(("flow", "steps"), STEPS.items(), ids=[*STEPS])
async def test_each_office_decides_its_step_in_its_days_and_a_namesake_below_does_not(desk, flow, steps):
    approval = await asks(desk, flow)
    for number, (offices, days) in enumerate(steps):
        post, _, as_well = offices.partition("/")
        timers = (await desk.get("timers", subject_id=approval, state="running"))["items"]
        assert [last_day(one) for one in timers] == [TODAY + timedelta(days=days)]
        below = await desk.tenant.staff(f"below-{number}", post, unit="outlet")
        await answers(desk, below, approval, unseen_or_forbidden(flow))
        where = {"unit": "branch"} if post == BRANCH else {}
        decides = await desk.tenant.staff(f"decides-{number}", as_well or post, **where)
        await answers(desk, decides, approval, 200)

    assert (await desk.get(f"approvals/{approval}"))["outcome"] == "approved"


@pytest.mark.rule("S04-4", "S08-4", "S12-2", "S12-6")
@pytest.mark.parametrize("flow", [flow for flow in ASKED_FOR if flow not in PLANS])
async def test_who_serves_customers_asks_and_nobody_else(desk, flow):
    taken = set()
    # An indicator is asked for by whoever leads an outlet.
    asking = ("manager",) if flow == "extra_indicator" else SERVING
    for role in asking:
        path, body = await matter(desk, flow)
        if flow == "extra_indicator":
            body["metric"] = {**body["metric"], "name": "coffee_loans"}
        asker = await desk.tenant.staff(role, role, unit="outlet")
        taken.add((await desk.post(path, body, by=asker))["approval_id"])
    path, body = await matter(desk, flow)
    refused = await desk.post(path, body, by=await desk.tenant.staff("boss", "tenant_admin"), status=403)

    assert len(taken) == len(asking)
    assert refused["type"] == "/problems/not-an-applicant"
