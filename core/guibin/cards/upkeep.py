"""What time and changes elsewhere do to cards: warnings, expiry, exchange after a change of tier, the end of a post.

Every step looks at what is the case and may run again: nightly for all cards, at once for the customer concerned.
"""

from datetime import date, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.cards import CardKind, Sponsorship
from guibin.policy.packs import Policy
from guibin.profiles.queries import customer_of
from guibin.tiers.queries import tier_held
from guibin_tenants.rows import change, shown
from guibin_tenants.scope import execute, fetch

from . import sponsors
from .states import Because, Event, Happening, happen, locked_with_membership
from .tables import Card

# So many in one transaction; the rest is a job of its own.
CARDS_MAX = 500
# A kind that the policy no longer knows: its cards live on by these figures.
_FORGOTTEN = CardKind("", "", "", "")


class Circumstances(Struct, frozen=True):
    """What is the case around a live card on a day. `held` is the holder's tier in the card's scheme.

    For a card held through a company: `post_ended_on` and `company_ended_on` are the first days without the post and
    without a tier, None while they last; `company_tier` the tier held; `place` how many of its live cards of the kind
    are older or as old.
    """

    id: UUID
    customer_id: UUID
    kind: str
    tier: str
    state: str
    expires_on: date
    exchange_by: date | None
    notice_until: date | None
    sponsored: bool
    closed: bool
    warned: bool
    held: str | None
    post_ended_on: date | None
    company_tier: str | None
    company_ended_on: date | None
    place: int


class Step(Struct, frozen=True):
    """What is to be done about a card; `until` is the day an end was announced for."""

    what: Literal["end", "warn", "owe_exchange", "lift_exchange", "give_notice", "lift_notice"]
    because: Because | Literal[""] = ""
    until: date | None = None


_CIRCUMSTANCES = f"""
select c.id, c.customer_id, c.kind, c.tier, c.state, c.expires_on, c.exchange_by, c.notice_until,
    c.of_customer_id is not null as sponsored, cu.closed_at is not null as closed,
    exists (select from card_event e where e.tenant_id = c.tenant_id and e.card_id = c.id and e.kind = 'warned') as warned,
    {tier_held("c", "c.customer_id", "c.scheme", "$2")} as held,
    case when c.of_customer_id is not null and not exists (select from customer_link l where l.tenant_id = c.tenant_id
        and l.customer_id = c.customer_id and l.of_customer_id = c.of_customer_id and l.role = any (s.roles)
        and (l.ended_on is null or l.ended_on > $2))
        then coalesce((select max(l.ended_on) from customer_link l where l.tenant_id = c.tenant_id
            and l.customer_id = c.customer_id and l.of_customer_id = c.of_customer_id and l.role = any (s.roles)), $2)
        end as post_ended_on,
    {tier_held("c", "c.of_customer_id", "s.scheme", "$2")} as company_tier,
    (select max(least(m.ends_on, m.expires_on)) from membership m where m.tenant_id = c.tenant_id
        and m.customer_id = c.of_customer_id and m.scheme = s.scheme and least(m.ends_on, m.expires_on) <= $2)
        as company_ended_on,
    (select count(*) from card o where o.tenant_id = c.tenant_id and o.of_customer_id = c.of_customer_id
        and o.kind = c.kind and o.ended_at is null and (o.issued_at, o.id) <= (c.issued_at, c.id))::int as place
from card c {customer_of("cu", "c")}
left join jsonb_to_recordset($3::jsonb) as s (kind text, scheme text, roles text[]) on s.kind = c.kind
where c.ended_at is null and ($1::uuid is null or c.customer_id = $1 or c.of_customer_id = $1)
"""
# At night only those about which something may be to do.
_DUE = """
select id from ({circumstances}) d where (closed or sponsored or expires_on <= $4 or held is distinct from tier
    or exchange_by is not null or notice_until is not null) and ($5::uuid is null or id > $5) order by id limit $6
"""
_ONE = "select * from ({circumstances}) d where id = $4"


async def keep(act: Act, *, today: date, customer_id: UUID | None = None, after: UUID | None = None) -> UUID | None:
    """Do what is due about the next live cards, of all or of those a customer holds or gives.

    The card after which the next ones come; None when all have been looked at.
    """
    furthest = max((kind.warn_days for kind in act.policy.cards), default=0)
    rows = await fetch(
        _DUE.format(circumstances=_CIRCUMSTANCES),
        customer_id,
        today,
        _sponsorships(act.policy),
        today + timedelta(days=furthest),
        after,
        CARDS_MAX,
    )
    for row in rows:
        await _look_after(row["id"], act, today=today)
    return rows[-1]["id"] if len(rows) == CARDS_MAX else None


async def forget_erased() -> None:
    """Nothing of a number is left of a customer who was erased; what is sealed does not open any more."""
    await execute(
        "update card c set masked = '' from customer u where u.tenant_id = c.tenant_id and u.id = c.customer_id"
        " and u.erased_at is not null and c.masked <> ''"
    )


def steps(card: Circumstances, kind: CardKind, today: date) -> tuple[Step, ...]:
    """What is due about a card on a day. Pure."""
    if card.closed:
        return (Step("end", "archive_closed"),)
    if card.expires_on <= today:
        return (Step("end", "expired"),)
    due = _sponsored_steps(card, kind, today) if card.sponsored else _own_steps(card, kind, today)
    if any(step.what == "end" for step in due):
        return due
    if not card.warned and card.expires_on - timedelta(days=kind.warn_days) <= today:
        return (*due, Step("warn", until=card.expires_on))
    return due


def _own_steps(card: Circumstances, kind: CardKind, today: date) -> tuple[Step, ...]:
    if card.held is None:
        return (Step("end", "membership_ended"),)
    if card.held == card.tier:
        return (Step("lift_exchange"),) if card.exchange_by is not None else ()
    if card.exchange_by is None:
        until = today + timedelta(days=kind.exchange_days)
        return (Step("owe_exchange", until=until),) if until > today else (Step("end", "not_exchanged"),)
    return (Step("end", "not_exchanged"),) if card.exchange_by <= today else ()


def _sponsored_steps(card: Circumstances, kind: CardKind, today: date) -> tuple[Step, ...]:
    given = kind.sponsorship or Sponsorship("", ())
    since = _unsponsored_since(card, given, today)
    if since is None:
        return (Step("lift_notice"),) if card.notice_until is not None else ()
    until = card.notice_until or since + timedelta(days=given.notice_days)
    if until <= today:
        return (Step("end", "sponsorship_ended", until),)
    return (Step("give_notice", "sponsorship_ended", until),) if card.notice_until is None else ()


def _unsponsored_since(card: Circumstances, given: Sponsorship, today: date) -> date | None:
    """The first day on which the company could not have given the card; None while it can."""
    if card.post_ended_on is not None:
        return card.post_ended_on
    quota = next((quota.cards for quota in given.quotas if quota.tier == card.company_tier), 0)
    if card.company_tier is None:
        return card.company_ended_on or today
    # Of a company that fell to a smaller quota the cards given last go first.
    return today if card.place > quota else None


async def _look_after(card_id: UUID, act: Act, *, today: date) -> None:
    # Decided on what is the case once nobody else changes it any more, not on what was when the night began.
    card = await locked_with_membership(card_id)
    rows = await fetch(
        _ONE.format(circumstances=_CIRCUMSTANCES), card["customer_id"], today, _sponsorships(act.policy), card_id
    )
    for circumstances in shown(Circumstances, rows):
        for step in steps(circumstances, act.policy.card(circumstances.kind) or _FORGOTTEN, today):
            await _take(step, card, act, today=today)


async def _take(step: Step, card: asyncpg.Record, act: Act, *, today: date) -> None:
    if step.what == "end":
        await happen(card, Event("ended", step.because), act)
        await sponsors.end_tier(card, on=today, because=step.because, now=act.now)
        await _tell("card_ended", card, step, act)
    elif step.what == "warn":
        await happen(card, Event("warned"), act)
        await _tell("card_expiring", card, step, act)
    else:
        await _announce(step, card, act)


async def _announce(step: Step, card: asyncpg.Record, act: Act) -> None:
    happenings: dict[str, Happening] = {
        "owe_exchange": "exchange_owed",
        "lift_exchange": "exchange_lifted",
        "give_notice": "notice_given",
        "lift_notice": "notice_lifted",
    }
    if step.what in ("give_notice", "lift_notice"):
        await change(Card, card["id"], notice_until=step.until)
    else:
        await change(Card, card["id"], exchange_by=step.until)
    await happen(card, Event(happenings[step.what], step.because, note=str(step.until or "")), act)
    if step.until is not None:
        await _tell(f"card_{happenings[step.what]}", card, step, act)


async def _tell(kind: str, card: asyncpg.Record, step: Step, act: Act) -> None:
    day = step.until or act.today
    notice = Notice(
        kind,
        Case("card", card["id"], card["customer_id"]),
        roles=("account_manager",),
        details={"kind": card["kind"], "on": str(day), "because": step.because},
    )
    await notify(notice, key=f"{kind}/{card['id']}/{day}", now=act.now)


def _sponsorships(policy: Policy) -> str:
    given = [
        {"kind": kind.name, "scheme": kind.sponsorship.scheme, "roles": kind.sponsorship.roles}
        for kind in policy.cards
        if kind.sponsorship is not None
    ]
    return msgspec.json.encode(given).decode()
