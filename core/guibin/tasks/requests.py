"""What callers send."""

from uuid import UUID

from msgspec import Struct

from guibin.cases import Case
from guibin.policy.commands import WithinHours
from guibin.policy.words import Code, Reason

from .tables import State


class NewTask(Struct, frozen=True, kw_only=True):
    """What is to be done about a customer or a case, by whom, within how many hours."""

    text: str
    role: str
    within_hours: int
    about: Case


class NewTaskRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done about a customer, by whoever holds the role nearest to the customer, within how many hours."""

    customer_id: UUID
    text: Reason
    role: Code
    within_hours: WithinHours = 24


class NewTaskEnd(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done about it."""

    text: Reason


class AskedTaskFilter(Struct, frozen=True, kw_only=True):
    """Which tasks; `overdue` are open past their time."""

    state: State | None = None
    owner_id: UUID | None = None
    customer_id: UUID | None = None
    overdue: bool = False
