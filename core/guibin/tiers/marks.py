"""Who a customer is and how high they stand, as pages show it beside the name."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin.console.commands import is_id
from guibin.console.shell import Shell
from guibin.context import Act
from guibin.policy.packs import Policy
from guibin.profiles.actions import show
from guibin.profiles.queries import CustomerView, customer, notes_of
from guibin_tenants.refusals import NotFound

from .queries import current_tiers

RANKS = 4


class Mark(Struct, frozen=True):
    """A tier: `rank` is 1 for the highest of its scheme, at most RANKS; `glyph` what is read in its seal."""

    rank: int
    glyph: str
    title: str


class OfCustomer(Protocol):
    """A row that names a customer, or nobody."""

    @property
    def customer_id(self) -> UUID | None: ...


class Known(Struct, frozen=True):
    """A customer beside a case or at its intake."""

    customer: CustomerView
    mark: Mark | None


async def known_of(customer_id: UUID | None, act: Act) -> Known | None:
    """The customer, the look on record; None for nobody and for one behind a wall."""
    return await _known(customer_id, lambda one: show(one, act), act)


async def whose(customer_id: UUID | None, act: Act) -> Known | None:
    """As `known_of`, beside a case whose own entry says whose it is."""
    return await _known(customer_id, customer, act)


async def _known(customer_id: UUID | None, look: Callable[[UUID], Awaitable[CustomerView]], act: Act) -> Known | None:
    if customer_id is None:
        return None
    try:
        found = await look(customer_id)
    except NotFound:
        return None
    return Known(found, (await marks([customer_id], act)).get(customer_id))


async def begun(shell: Shell) -> dict[str, list[str]]:
    """What a form of intake knows when it is opened for a customer: the `customer_id` of its address, and who that is."""
    customer_id = shell.request.query_params.get("customer_id", "")
    known = await known_of(UUID(customer_id) if is_id(customer_id) else None, shell.act)
    return {"customer_id": [customer_id], "who": [known.customer.name]} if known else {}


async def row_marks(rows: Sequence[OfCustomer], shell: Shell) -> dict[str, Any]:
    """What stands beside the customers' names in a list: how high they stand, and how they want to be treated."""
    ids = [row.customer_id for row in rows]
    return {"marks": await marks(ids, shell.act), "notes": await notes_of(ids)}


async def marks(customer_ids: Iterable[UUID | None], act: Act) -> dict[UUID, Mark]:
    """The highest tier that each of these customers holds today; whoever holds none is not among them."""
    wanted = list({customer_id for customer_id in customer_ids if customer_id is not None})
    held = await current_tiers(wanted, on=_today(act)) if wanted else {}
    return {
        customer_id: min(
            (mark_of(act.policy, scheme, tier, act.language) for scheme, tier in schemes.items()), key=_rank
        )
        for customer_id, schemes in held.items()
    }


def mark_of(policy: Policy, scheme: str, tier: str, language: str) -> Mark:
    """The mark of a tier; one that the policy has no more stands lowest."""
    found = policy.scheme(scheme)
    place = next((n for n, each in enumerate(found.tiers, 1) if each.name == tier), RANKS) if found else RANKS
    title = policy.title(f"tier.{tier}", language, scheme=scheme)
    # The company's own word for the seal, else the title's first sign.
    key = f"tier_glyph.{tier}"
    glyph = policy.title(key, language, scheme=scheme)
    return Mark(min(place, RANKS), glyph if glyph != key else title[:1], title)


def _rank(mark: Mark) -> int:
    return mark.rank


def _today(act: Act) -> date:
    return act.now.astimezone(ZoneInfo(act.company.time_zone)).date()
