"""What time and changes elsewhere do to cards: warning, expiry, exchange, the end of membership, consent or archive."""

import re
from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import come_round, run_job, work_off

from guibin.cards.jobs import KeepCards
from guibin.cards.upkeep import Circumstances, steps
from guibin.events import MembershipEnded, MembershipStarted
from guibin.policy.cards import CardKind, CardQuota, Sponsorship
from guibin_tenants.tables import new_id

RANDOM = re.compile(r"\\x[0-9a-f]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
GOLD, DIAMOND = "gold_card", "diamond_card"


def morning(clock, *day):
    clock.set(datetime(*day, 2, tzinfo=UTC))


async def night(desk):
    await come_round(desk.tenant, KeepCards())


async def react(desk, event, customer, tier):
    """The reaction as the worker would run it after the commit."""
    kind = {MembershipStarted: "cards.follow_membership", MembershipEnded: "cards.follow_membership_end"}[event]
    happened = event(membership_id=new_id(), customer_id=customer, scheme="personal", tier=tier, on=date(2026, 3, 2))
    await run_job(desk.tenant, happened, kind=kind)


@pytest.fixture
async def holder(desk):
    """A gold member with an open card, and the manager who looks after them."""
    await desk.supply(GOLD, 5)
    manager = await desk.tenant.staff("li", "account_manager", unit="outlet")
    customer = await desk.member()
    await desk.post(f"customers/{customer}/assignment", {"account_manager_id": str(manager.staff_id)})
    return customer, await desk.card(customer, GOLD), manager


async def kinds(desk, manager):
    # Years later nobody is signed in any more.
    async with desk.tenant.scope() as scope:
        rows = await scope.connection.fetch("select kind from staff_notice where staff_id = $1", manager.staff_id)
    return [row["kind"] for row in rows]


async def test_the_holder_is_warned_of_once_and_the_card_ends_on_its_last_day(desk, holder, clock):
    _, card, manager = holder
    morning(clock, 2029, 1, 30)
    await night(desk)
    before = await kinds(desk, manager)
    morning(clock, 2029, 1, 31)
    await night(desk)
    await night(desk)
    morning(clock, 2029, 3, 1)
    await night(desk)
    good = await desk.look(card)
    morning(clock, 2029, 3, 2)
    await night(desk)
    ended = await desk.look(card)

    assert "card_expiring" not in before
    assert (await kinds(desk, manager)).count("card_expiring") == 1
    assert (good["state"], ended["state"], ended["ended_because"]) == ("active", "ended", "expired")
    # The way is free for the next one.
    await desk.card(card["customer_id"], GOLD)


async def test_an_expiring_card_is_renewed_for_a_full_term(desk, holder, clock):
    customer, card, _ = holder
    body = {"cause": "expiring", "number": desk.number(), "unit_id": desk.units["outlet"]}
    early = await desk.post(
        f"cards/{card['id']}/replacement", body | {"identity_check_id": await desk.identified(customer)}, status=422
    )
    morning(clock, 2029, 2, 15)
    body["identity_check_id"] = await desk.identified(customer)
    renewed = await desk.post(f"cards/{card['id']}/replacement", body)

    assert [error["field"] for error in early["errors"]] == ["cause"]
    assert renewed["expires_on"] == "2032-02-15"


async def test_another_tier_is_to_be_exchanged_in_time(desk, holder, clock):
    customer, card, manager = holder
    await desk.join(customer, "personal", "diamond")
    await react(desk, MembershipEnded, customer, "gold")
    await react(desk, MembershipStarted, customer, "diamond")
    owed = await desk.look(card)
    issued = await desk.issue(await desk.approved(customer, DIAMOND))

    assert (owed["state"], owed["exchange_by"]) == ("active", "2026-05-01")
    assert (await kinds(desk, manager)).count("card_exchange_owed") == 1
    old = await desk.look(card)
    assert (old["state"], old["ended_because"], issued["tier"]) == ("ended", "exchanged", "diamond")


async def test_a_card_not_exchanged_ends_and_one_whose_tier_came_back_stays(desk, holder, clock):
    customer, card, _ = holder
    await desk.join(customer, "personal", "diamond")
    await night(desk)
    morning(clock, 2026, 3, 20)
    await desk.join(customer, "personal", "gold")
    await night(desk)
    lifted = await desk.look(card)
    await desk.join(customer, "personal", "diamond")
    await night(desk)
    morning(clock, 2026, 5, 18)
    await night(desk)
    kept = await desk.look(card)
    morning(clock, 2026, 5, 19)
    await night(desk)
    ended = await desk.look(card)

    assert (lifted["exchange_by"], kept["exchange_by"], kept["state"]) == (None, "2026-05-19", "active")
    assert (ended["state"], ended["ended_because"]) == ("ended", "not_exchanged")


@pytest.mark.parametrize("how", ["ending", "consent"])
async def test_the_card_ends_with_the_membership(desk, holder, how):
    customer, card, manager = holder
    if how == "ending":
        await desk.post(f"customers/{customer}/membership/personal/ending", {"reason": "客户要求"}, status=200)
    else:
        await desk.consent(customer, "personal", "withdrawn")

    await react(desk, MembershipEnded, customer, "gold")

    ended = await desk.look(card)
    assert (ended["state"], ended["ended_because"]) == ("ended", "membership_ended")
    assert "card_ended" in await kinds(desk, manager)


async def test_the_card_ends_with_the_archive(desk, holder):
    customer, card, _ = holder
    assert (await desk.head.delete(f"/api/v1/customers/{customer}")).status_code in (200, 204)

    await night(desk)

    ended = await desk.look(card)
    assert (ended["state"], ended["ended_because"], ended["number"]) == ("ended", "archive_closed", "")
    async with desk.tenant.scope() as scope:
        rows = await scope.connection.fetch(
            "select t::text as row from identity_check t union all select t::text from card t"
        )
    # Neither the number of the document nor its last four are left in clear: what is random may hold any four digits.
    clear = [RANDOM.sub("", row["row"]) for row in rows]
    assert [row for row in clear if "002X" in row or card["number"][-4:] in row] == []
    shown = await desk.post("proofs", {"kind": "card", "value": "6225880100000000"})
    assert shown["reason"] == "unknown"


async def test_a_round_longer_than_one_transaction_goes_on_in_jobs_of_its_own(desk, holder, clock, monkeypatch):
    cards = [holder[1], *[await desk.card(await desk.member(), GOLD) for _ in range(2)]]
    monkeypatch.setattr("guibin.cards.upkeep.CARDS_MAX", 2)
    morning(clock, 2029, 3, 2)
    await night(desk)
    first = [(await desk.look(card))["state"] for card in cards]
    async with desk.tenant.scope() as scope:
        payload = await scope.connection.fetchval("select payload from job where kind = 'keep_cards'")
    await run_job(desk.tenant, msgspec.json.decode(payload, type=KeepCards))

    assert sorted(first) == ["active", "ended", "ended"]
    assert [(await desk.look(card))["state"] for card in cards] == ["ended"] * 3


async def test_the_night_twice_over_changes_nothing(desk, holder):
    _, card, _ = holder
    await night(desk)
    before = await desk.look(card)

    await night(desk)

    assert await desk.look(card) == before


KIND = CardKind(
    "k", "s", "gold", "f", sponsorship=Sponsorship("c", (CardQuota("diamond", 2), CardQuota("gold", 1)), notice_days=30)
)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
maybe_days = st.none() | days
circumstances = st.builds(
    Circumstances,
    id=st.just(new_id()),
    customer_id=st.just(new_id()),
    kind=st.just("k"),
    tier=st.just("gold"),
    state=st.sampled_from(["issued", "active", "lost"]),
    expires_on=days,
    exchange_by=maybe_days,
    notice_until=maybe_days,
    sponsored=st.booleans(),
    closed=st.booleans(),
    warned=st.booleans(),
    held=st.sampled_from([None, "gold", "diamond"]),
    post_ended_on=maybe_days,
    company_tier=st.sampled_from([None, "gold", "diamond"]),
    company_ended_on=maybe_days,
    place=st.integers(1, 4),
)


@given(circumstances, days)
def test_a_card_outlives_neither_its_term_nor_what_it_rests_on(card, today):
    done = steps(card, KIND, today)
    ends = [step for step in done if step.what == "end"]

    assert bool(ends) or (not card.closed and today < card.expires_on)
    assert ends in ([], list(done))
    if not ends and not card.sponsored:
        assert card.held is not None
        assert card.held == card.tier or (card.exchange_by or date.max) > today
    if not ends and card.sponsored and card.notice_until is not None and card.post_ended_on is not None:
        assert card.notice_until > today


@given(circumstances, days)
def test_a_step_that_was_taken_is_not_due_again(card, today):
    taken = {step.what: step for step in steps(card, KIND, today)}
    changes = {
        "warn": lambda s: {"warned": True},
        "owe_exchange": lambda s: {"exchange_by": s.until},
        "lift_exchange": lambda s: {"exchange_by": None},
        "give_notice": lambda s: {"notice_until": s.until},
        "lift_notice": lambda s: {"notice_until": None},
        "end": lambda s: {},
    }
    after = card
    for what, step in taken.items():
        after = msgspec.structs.replace(after, **changes[what](step))

    assert {step.what for step in steps(after, KIND, today)} <= {"end"} & set(taken)


async def lapsed(desk, asked):
    """How the application and its approval ended."""
    application = await desk.get(f"card-applications/{asked['id']}")
    approval = await desk.get(f"approvals/{asked['approval_id']}")
    return application["closed_because"], application["closed_at"] is not None, approval["outcome"]


async def test_an_approved_application_is_closed_when_the_membership_ends_before_the_issue(desk):
    await desk.supply(GOLD, 1)
    manager = await desk.tenant.staff("li", "account_manager", unit="outlet")
    customer = await desk.member()
    await desk.post(f"customers/{customer}/assignment", {"account_manager_id": str(manager.staff_id)})
    asked = await desk.approved(customer, GOLD)
    waiting = (await desk.get(f"card-applications/{asked['id']}"))["closed_at"]
    await desk.post(f"customers/{customer}/membership/personal/ending", {"reason": "客户要求"}, status=200)

    await react(desk, MembershipEnded, customer, "gold")

    assert (waiting, await lapsed(desk, asked)) == (None, ("membership_ended", True, "approved"))
    await desk.issue(asked, status=409)
    assert (await desk.stock(GOLD))["outlet"] == 1
    assert sorted(await kinds(desk, manager)) == ["card_application_lapsed", "card_approved"]


async def test_an_application_that_waits_for_its_decision_lapses_with_its_approval(desk):
    customer = await desk.member()
    asked = await desk.apply(customer, GOLD)
    await desk.join(customer, "personal", "diamond")

    await react(desk, MembershipStarted, customer, "diamond")

    assert await lapsed(desk, asked) == ("tier_changed", True, "withdrawn")


async def test_an_application_whose_membership_lasts_stays_open_and_another_may_follow_a_closed_one(desk):
    await desk.supply(GOLD, 1)
    customer = await desk.member()
    asked = await desk.approved(customer, GOLD)

    await night(desk)
    kept = await lapsed(desk, asked)
    await desk.post(f"customers/{customer}/membership/personal/ending", {"reason": "客户要求"}, status=200)
    await night(desk)
    await desk.join(customer, "personal", "gold")
    again = await desk.approved(customer, GOLD)

    assert kept == ("", False, "approved")
    assert (await lapsed(desk, asked))[0] == "membership_ended"
    await desk.issue(again)


async def test_the_worker_ends_the_card_of_a_membership_that_ended(desk, holder):
    customer, card, _ = holder

    await desk.post(f"customers/{customer}/membership/personal/ending", {"reason": "客户要求"}, status=200)
    before = await desk.look(card)
    await work_off(desk.tenant, kind="cards.follow_membership_end")

    assert (before["state"], (await desk.look(card))["state"]) == ("active", "ended")


async def test_the_worker_asks_for_the_exchange_of_the_card_of_a_new_tier(desk, holder):
    customer, card, manager = holder

    await desk.join(customer, "personal", "diamond")
    before = await desk.look(card)
    # What follows from the end of the old tier would do it as well.
    await work_off(desk.tenant, kind="cards.follow_membership")

    assert (before["exchange_by"], (await desk.look(card))["exchange_by"]) == (None, "2026-05-01")
    assert "card_exchange_owed" in await kinds(desk, manager)
