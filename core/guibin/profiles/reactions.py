"""What slices above the archive do in the same transaction: a consent withdrawn takes effect at once, not by and by."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from msgspec import Struct

from guibin.context import Act, Company
from guibin.policy.packs import Policy


class ConsentRecorded(Struct, frozen=True):
    """A customer said yes or no to a purpose."""

    customer_id: UUID
    purpose: str
    answer: str
    company: Company


class Assigned(Struct, frozen=True):
    """A customer goes to an account manager, an org unit, or both; None is as it was."""

    customer_id: UUID
    account_manager_id: UUID | None
    policy: Policy
    company: Company


class OrdersOpened(Struct, frozen=True):
    """These customers have new orders: one, or a whole import's."""

    customer_ids: tuple[UUID, ...]


AssignedCallback = Callable[[Assigned, Act], Awaitable[None]]
ConsentCallback = Callable[[ConsentRecorded, Act], Awaitable[None]]
OrderCallback = Callable[[OrdersOpened, Act], Awaitable[None]]
_on_assigned: list[AssignedCallback] = []
_on_consent: list[ConsentCallback] = []
_on_order: list[OrderCallback] = []


def on_assigned(callback: AssignedCallback) -> AssignedCallback:
    """Call the function with every assignment, in its transaction. Registered at import."""
    _on_assigned.append(callback)
    return callback


def on_consent(callback: ConsentCallback) -> ConsentCallback:
    """Call the function with every consent recorded, in its transaction. Registered at import."""
    _on_consent.append(callback)
    return callback


def on_order(callback: OrderCallback) -> OrderCallback:
    """Call the function with the orders opened, in their transaction. Registered at import."""
    _on_order.append(callback)
    return callback


async def assigned(happened: Assigned, act: Act) -> None:
    """Let everybody react. A refusal raised there undoes the assignment with it."""
    for callback in _on_assigned:
        await callback(happened, act)


async def consent_recorded(happened: ConsentRecorded, act: Act) -> None:
    """Let everybody react. A refusal raised there undoes the consent with it."""
    for callback in _on_consent:
        await callback(happened, act)


async def orders_opened(happened: OrdersOpened, act: Act) -> None:
    """Let everybody react."""
    for callback in _on_order:
        await callback(happened, act)
