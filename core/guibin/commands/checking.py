"""What a command says that the company does not have, before anything is switched on."""

import re
from collections.abc import Iterator

from guibin.policy.commands import (
    AskApproval,
    AskDepartment,
    CallWebhook,
    Command,
    Notify,
    OpenTask,
    SendMessage,
    SetField,
    SetLevel,
    StartSurvey,
)
from guibin.policy.packs import Policy
from guibin.policy.posts import ROLES
from guibin.webhooks import queries as webhooks
from guibin_tenants import org_units
from guibin_tenants.refusals import FieldError

# What fills every message to a customer.
_ADDRESSING = frozenset({"name", "title"})
_PLACE = re.compile(r"\$\{?([a-z_]+)")


async def problems(command: Command, path: str, policy: Policy) -> list[FieldError]:
    """Every name in it that nothing of the company is called by."""
    found = list(_problems(command, path, policy))
    if isinstance(command, AskDepartment) and await org_units.by_code(command.unit) is None:
        found.append(FieldError(f"{path}.unit", "the code of an org unit", "see GET /org-units", command.unit))
    if isinstance(command, CallWebhook):
        known = {endpoint.id for endpoint in await webhooks.endpoints()}
        if command.webhook_id not in known:
            rule = "a webhook of the company"
            found.append(FieldError(f"{path}.webhook_id", rule, "see GET /webhooks", str(command.webhook_id)))
    return found


def roles_of(policy: Policy) -> frozenset[str]:
    """Whom a command may name: the roles, and the company's posts."""
    return ROLES | {post.name for post in policy.posts}


def _problems(command: Command, path: str, policy: Policy) -> Iterator[FieldError]:
    match command:
        case SetLevel():
            yield from _among(f"{path}.level", command.level, [level.name for level in policy.complaints.levels])
        case AskDepartment():
            known = [task.name for task in policy.department_tasks if not task.upward]
            yield from _among(f"{path}.task", command.task, known)
        case OpenTask():
            yield from _among(f"{path}.role", command.role, sorted(roles_of(policy)))
        case Notify():
            for role in command.roles:
                yield from _among(f"{path}.roles", role, sorted(roles_of(policy)))
        case SendMessage():
            yield from _among(f"{path}.message", command.message, sendable(policy))
        case AskApproval():
            yield from _among(f"{path}.flow", command.flow, [flow.name for flow in policy.approvals])
        case SetField():
            known = [field.name for field in policy.fields if field.confidentiality != "confidential"]
            yield from _among(f"{path}.field", command.field, known)
        case StartSurvey():
            yield from _among(f"{path}.survey", command.survey, [survey.name for survey in policy.surveys])


def sendable(policy: Policy) -> list[str]:
    """The messages that say all by themselves: their texts have a place for nothing but how the customer is addressed."""
    said = {kind.name: policy.title(f"message.{kind.name}.text", "zh-CN") for kind in policy.messages.kinds}
    return [name for name, text in said.items() if set(_PLACE.findall(text)) <= _ADDRESSING]


def _among(path: str, value: str, known: list[str]) -> Iterator[FieldError]:
    if value not in known:
        yield FieldError(path, "a name of the company's policy", f"one of: {', '.join(known)}"[:1_000], value)
