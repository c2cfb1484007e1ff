"""What an automation or a script may have done: commands, bounded and told apart by `type`."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from .words import Code, Reason, UnitCode

# Ninety days: what takes longer is a plan.
WITHIN_HOURS_MAX = 2_160
WithinHours = Annotated[int, Meta(ge=1, le=WITHIN_HOURS_MAX)]

Roles = Annotated[tuple[Code, ...], Meta(min_length=1, max_length=10)]


class _Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to be done about the case at hand."""


class SetLevel(_Command, frozen=True, kw_only=True, tag="set_level"):
    """Judge the complaint at hand at this level; while it is being taken in, it is the level it gets."""

    level: Code
    because: Reason


class AskDepartment(_Command, frozen=True, kw_only=True, tag="ask_department"):
    """Ask the department with this code, by a task of the policy; without `within_hours` the task's own time holds."""

    task: Code
    unit: UnitCode
    text: Reason
    within_hours: WithinHours | None = None


class OpenTask(_Command, frozen=True, kw_only=True, tag="open_task"):
    """Have it done by whoever holds the role nearest to the customer, within so many hours."""

    text: Reason
    role: Code
    within_hours: WithinHours = 24


class Notify(_Command, frozen=True, kw_only=True, tag="notify"):
    """Tell whoever holds these roles nearest to the customer."""

    roles: Roles
    text: Reason


class SendMessage(_Command, frozen=True, kw_only=True, tag="send_message"):
    """Send the customer a message of the policy's, by the first means that reaches them and that they allow."""

    message: Code


class AskApproval(_Command, frozen=True, kw_only=True, tag="ask_approval"):
    """Have it approved by a flow of the policy's; how it ends is an event."""

    flow: Code
    note: Reason


class AddNote(_Command, frozen=True, kw_only=True, tag="add_note"):
    """Add a line to the complaint or the service request at hand."""

    text: Reason


class SetField(_Command, frozen=True, kw_only=True, tag="set_field"):
    """Mark the customer: what a field of the archive says from now on."""

    field: Code
    value: Reason


class StartSurvey(_Command, frozen=True, kw_only=True, tag="start_survey"):
    """Ask the customer a survey of the policy's, unless they rest from it or asked not to be asked."""

    survey: Code


class CallWebhook(_Command, frozen=True, kw_only=True, tag="call_webhook"):
    """Send one of the company's webhooks which case it is about."""

    webhook_id: UUID


class Refuse(_Command, frozen=True, kw_only=True, tag="refuse"):
    """What is being done is not done; whoever does it reads the sentence."""

    zh: Reason
    en: Reason


# What a script may have done, too: to refuse, it objects.
Bidding = (
    SetLevel
    | AskDepartment
    | OpenTask
    | Notify
    | SendMessage
    | AskApproval
    | AddNote
    | SetField
    | StartSurvey
    | CallWebhook
)
Command = Bidding | Refuse
# These judge what is being done, in its own transaction; all others follow after it.
JUDGING = (SetLevel, Refuse)
