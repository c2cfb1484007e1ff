"""What a department sets holds from then on in the matter it is about, and nobody else sets it (S04-4, S04-6, S08-4, S12-3)."""

import pytest
from cards import IDENTITY, open_card_desk
from running import work_off
from standing import member

from guibin_tenants.scope import fetch_value

BANK, LIST, ABROAD, COOPERATIVE = "personal_vip", "corporate_vip", "international_business", "cooperative_vip"
# Which part of the policy is whose; what the corporate department drafts the president puts in force.
OFFICES = {
    "corporate_standards": "corporate_department",
    "personal_standards": "personal_department",
    "international_standards": "international_department",
    "cooperative_standards": "card_department",
}
SCHEMES = [
    ("corporate_standards", LIST, "gold"),
    ("personal_standards", BANK, "gold"),
    ("international_standards", ABROAD, "gold"),
    ("cooperative_standards", COOPERATIVE, "vip"),
]
# A right of each scheme, and how many a year it has been until now.
RIGHTS = [
    ("corporate_standards", LIST, "platinum", "executive_salon", 2),
    ("personal_standards", BANK, "platinum", "wealth_seminar", 4),
    ("international_standards", ABROAD, "gold", "fx_advice", 12),
    ("cooperative_standards", COOPERATIVE, "vip", "wealth_seminar", 3),
]
ITEMS = {
    "corporate_standards": (LIST, "exclusive", ("service_team", "financing_priority", "executive_salon")),
    "personal_standards": (BANK, "diamond", ("vip_room", "wealth_seminar")),
    "international_standards": (ABROAD, "diamond", ("fx_advice",)),
}
# A figure of each kind, lowered to this, and what somebody has who had nothing by the figure before.
BOUNDS = {
    "personal_standards": (
        (
            BANK,
            "transacted_gold",
            1_000,
            {"transaction": {"amount": {"amount": "10.00"}}, "credit_score": {"value": 60}},
        ),
        (BANK, "value_gold", 12, {"credit_score": {"value": 60}}),
        (BANK, "credit_floor", 40, {"deposit": {"amount": {"amount": "50000.00"}}, "credit_score": {"value": 40}}),
    ),
    "cooperative_standards": (
        (COOPERATIVE, "demand_deposit_vip", 1_000, {"demand_deposit": {"amount": {"amount": "120.00"}}}),
        (COOPERATIVE, "fixed_deposit_vip", 1_000, {"fixed_deposit": {"amount": {"amount": "10.00"}}}),
    ),
}


@pytest.fixture
async def desk(world):
    return await open_card_desk(world, "banking")


@pytest.fixture
async def offices(desk):
    posts = {*OFFICES.values(), "president"}
    people = {post: await desk.tenant.staff(post, post) for post in sorted(posts)}
    people["branch_head"] = await desk.tenant.staff("head", "branch_head", unit="branch")
    return people | {"account_manager": await desk.tenant.staff("lin", "account_manager", unit="outlet")}


async def archive(desk, scheme, tier=""):
    """Somebody of the outlet who agreed to the scheme, and holds the tier."""
    if scheme in (LIST, ABROAD):
        customer = await desk.customer("corporate")
    else:
        customer = await desk.customer("personal", identity_number=IDENTITY)
        await desk.consent(customer, scheme)
    if tier:
        await member(desk.tenant, customer, scheme=scheme, tier=tier)
    return customer


async def place_of(desk, section, **said):
    """Where the element without a name stands."""
    held = (await desk.get("policy"))[section]
    return next(place for place, one in enumerate(held) if said.items() <= one.items())


async def sets(desk, offices, part, **change):
    """Every other office is refused, as is the branch; the one whose part it is sets it, the corporate one by the president's
    yes."""
    body = {"note": "调整", **change}
    for post in {*OFFICES.values(), "branch_head"} - {OFFICES[part]}:
        refused = await offices[post].patch("/api/v1/policy/overrides", json=body)
        assert refused.status_code == 403, refused.text
    taken = await offices[OFFICES[part]].patch("/api/v1/policy/overrides", json=body)
    assert taken.status_code == 200, taken.text
    proposal = taken.json()["proposal"]
    assert proposal["part"] == part
    if part == "corporate_standards":
        assert taken.json()["became"] is None
        decision = {"approved": True, "reason": "同意"}
        await desk.post(f"approvals/{proposal['approval_id']}/decision", decision, by=offices["president"], status=200)


async def used(desk, customer, item, quantity=1, *, status=201):
    said = await desk.post("redemptions", {"customer_id": customer, "item": item, "quantity": quantity}, status=status)
    return said.get("type", "").rpartition("/")[2]


@pytest.mark.rule("S04-4", "S04-6", "S08-4", "S12-3")
@pytest.mark.parametrize(("part", "scheme", "tier"), SCHEMES, ids=[part for part, *_ in SCHEMES])
async def test_how_long_an_exception_of_a_scheme_holds_is_its_departments_to_set(desk, offices, part, scheme, tier):
    """The part covers its scheme."""
    asked = {"kind": "exception", "scheme": scheme, "tier": tier, "reason": "发展潜力", "expires_on": "2026-12-31"}
    if scheme in (BANK, COOPERATIVE):
        asked |= {"form": f"{scheme}_application", "answers": {"applies_voluntarily": True}}
    before, after = await archive(desk, scheme), await archive(desk, scheme)
    await desk.post("applications", asked | {"customer_id": before})

    await sets(desk, offices, part, figures={f"schemes.{scheme}.exception_days_max": 90})

    refused = await desk.post("applications", asked | {"customer_id": after}, status=422)
    assert [one["field"] for one in refused["errors"]] == ["expires_on"]


@pytest.mark.rule("S04-4", "S04-6", "S08-4", "S12-3")
@pytest.mark.parametrize(("part", "scheme", "tier", "item", "quota"), RIGHTS, ids=[part for part, *_ in RIGHTS])
async def test_how_often_a_right_is_given_is_its_departments_to_set(desk, offices, part, scheme, tier, item, quota):
    """The part covers the entitlements of its scheme."""
    place = await place_of(desk, "entitlements", scheme=scheme, tier=tier, item=item)
    before, after = await archive(desk, scheme, tier), await archive(desk, scheme, tier)
    assert await used(desk, before, item, quota) == ""

    await sets(desk, offices, part, figures={f"entitlements.{place}.quota": quota - 1})

    assert await used(desk, after, item, quota, status=409) == "quota-used-up"
    assert await used(desk, after, item, quota - 1) == ""


@pytest.mark.rule("S04-4", "S04-6", "S08-4", "S12-3")
@pytest.mark.parametrize(("part", "scheme", "tier"), SCHEMES, ids=[part for part, *_ in SCHEMES])
async def test_how_often_members_hear_is_their_departments_to_set(desk, offices, part, scheme, tier):
    """The part covers the cadences of its scheme, those it has not yet as well."""
    customer = await archive(desk, scheme, tier)
    held = (await desk.get("policy"))["cadences"]
    others = [one for one in held if (one["scheme"], one["tier"]) != (scheme, tier)]
    weekly = {"scheme": scheme, "tier": tier, "span": "week", "times": 2}

    await sets(desk, offices, part, overrides={"cadences": [*others, weekly]})

    (due,) = (await desk.get("contact-cadence", customer_id=customer))["items"]
    owed = [(one["scheme"], one["window"], one["times"]) for one in due["obligations"]]
    assert (scheme, "2026-W10", 2) in owed


async def delivered(desk, kind):
    """Five cards came from the union and went down to the outlet."""
    order = (await desk.post("card-orders", {"kind": kind, "quantity": 5}))["id"]
    await desk.post(f"card-orders/{order}/sending", {"by": "机要"})
    await desk.post(f"card-orders/{order}/confirmation", {"reference": "SL-1"})
    await desk.post(f"card-orders/{order}/deliveries", {"received": 5})
    request = await desk.request(kind, 5)
    for start, end in (("head-office", "branch"), ("branch", "outlet")):
        sent = await desk.ship(kind, 5, start, end, request)
        await desk.post(f"card-shipments/{sent['id']}/receipt", {"received": 5})


@pytest.mark.rule("S08-4", "S12-3")
@pytest.mark.parametrize(
    ("part", "scheme", "tier", "kind"),
    [
        ("personal_standards", BANK, "gold", "gold_card"),
        ("cooperative_standards", COOPERATIVE, "vip", "cooperative_card"),
    ],
    ids=["personal_standards", "cooperative_standards"],
)
async def test_how_long_a_card_is_good_is_its_departments_to_set(desk, offices, part, scheme, tier, kind):
    """The part covers the cards of its scheme."""
    if scheme == COOPERATIVE:
        await delivered(desk, kind)
    customer = await archive(desk, scheme, tier)

    await sets(desk, offices, part, figures={f"cards.{kind}.months": 12})

    issued = await desk.issue(await desk.approved(customer, kind))
    assert issued["expires_on"] == "2027-03-02"


@pytest.mark.rule("S04-4", "S04-6", "S08-4")
@pytest.mark.parametrize("part", ITEMS)
async def test_what_a_service_takes_is_its_departments_to_set(desk, offices, part):
    """The part covers its service items: from now on each is given on a proof alone."""
    scheme, tier, items = ITEMS[part]
    customer = await archive(desk, scheme, tier)
    for item in items:
        assert await used(desk, customer, item) == ""

        await sets(desk, offices, part, figures={f"service_items.{item}.proof_minutes": 30})

        assert await used(desk, customer, item, status=422) == "not-proved"


@pytest.mark.rule("S08-4", "S12-3", "S02-8", "S12-1")
@pytest.mark.parametrize("part", BOUNDS)
async def test_which_figures_make_a_vip_is_the_departments_to_set(desk, offices, part):
    """The part covers the settings that are its own; branches and account managers are told each time."""
    for number, (scheme, figure, value, facts) in enumerate(BOUNDS[part], 1):
        customer = await archive(desk, scheme)
        said = [
            {"customer_id": customer, "metric": name, "occurred_on": "2026-02-10", **one} for name, one in facts.items()
        ]
        await desk.post("facts", {"facts": said})
        before = await desk.post(f"customers/{customer}/appraisals", {"scheme": scheme})

        await sets(desk, offices, part, figures={f"settings.{figure}.value": value})

        after = await desk.post(f"customers/{customer}/appraisals", {"scheme": scheme})
        assert (figure, before["move"], after["move"]) == (figure, "none", "start")
        await work_off(desk.tenant)
        for role in ("branch_head", "account_manager"):
            assert (role, await announced(desk, offices[role])) == (role, number)


async def announced(desk, who):
    async with desk.tenant.scope():
        return await fetch_value(
            "select count(*) from staff_notice where staff_id = $1 and kind = 'policy_announced'", who.staff_id
        )
