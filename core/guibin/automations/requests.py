"""What callers send and ask for."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.policy.automations import Automation
from guibin.policy.words import Code

Outcome = Literal["done", "not_met", "refused", "loop", "bounded"]
TRIED_DAYS_MAX = 92


class NewAutomationTrial(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Try an automation on the last `days`: one of the policy by its `name`, or one that is not written yet."""

    name: Code = ""
    automation: Automation | None = None
    days: Annotated[int, Meta(ge=1, le=TRIED_DAYS_MAX)] = 30


class AutomationRunFilter(Struct, frozen=True, kw_only=True):
    """Which runs."""

    automation: Annotated[str, Meta(max_length=60)] | None = None
    outcome: Outcome | None = None
    customer_id: UUID | None = None
