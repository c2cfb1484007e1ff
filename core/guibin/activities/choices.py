"""What the forms and filters of activities offer."""

from collections.abc import Sequence
from uuid import UUID

from guibin.console.forms import Choice
from guibin.console.shell import Outcome, Shell
from guibin.profiles.queries import OPEN, name_of
from guibin.records.requests import channels_of
from guibin_tenants.scope import fetch

from .inviting import Invited

STATES = ("invited", "confirmed", "waiting", "declined", "attended", "absent")


async def kinds(shell: Shell) -> Sequence[Choice]:
    """The policy's kinds of events."""
    return [Choice(each.name, shell.named(f"activity_kind.{each.name}")) for each in shell.act.policy.activities]


async def customer_kinds(shell: Shell) -> Sequence[Choice]:
    """The policy's kinds of customers."""
    return [Choice(kind, shell.named(f"customer_kind.{kind}")) for kind in shell.act.policy.customer_kinds]


async def managers(shell: Shell) -> Sequence[Choice]:
    """Whoever looks after a customer in sight, by name; the reader first."""
    found = await fetch(
        f"select s.id, s.name from staff s where exists (select from {OPEN} and c.account_manager_id = s.id)"
        " order by s.id <> $1, s.name",
        shell.act.by.person,
    )
    return [Choice(str(one["id"]), one["name"]) for one in found]


async def channels(shell: Shell) -> Sequence[Choice]:
    """By which ways customers are reached."""
    return [Choice(each, channel(each, shell)) for each in channels_of(shell.act.policy)]


def channel(name: str, shell: Shell) -> str:
    """What a way of reaching somebody is called."""
    key = f"channel.{name}"
    return shell.says(key) if shell.studio.words.has(key) else name


async def yes_or_no(shell: Shell) -> Sequence[Choice]:
    """What a guest answers."""
    return [Choice("true", shell.says("activities.accepts")), Choice("false", shell.says("activities.declines"))]


def chosen(given: dict[str, list[str]], name: str) -> list[UUID]:
    """The ids that were ticked; what is none is left out."""
    found = []
    for text in given.get(name, ()):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


async def told(came: Sequence[Invited], shell: Shell) -> Outcome:
    """How many are invited, and who is not and why."""
    parts = [shell.says("activities.done.invite", invited=sum(each.invited for each in came))]
    if already := sum(each.already for each in came):
        parts.append(shell.says("activities.done.invited_before", count=already))
    left = [one for each in came for one in each.not_invited]
    if left:
        named = [
            shell.says(
                "activities.not_invited_because", who=await name_of(one.customer_id), why=_why(one.because, shell)
            )
            for one in left
        ]
        parts.append(shell.says("activities.done.not_invited", whom=shell.says("activities.and").join(named)))
    return Outcome(shell.says("activities.then").join(parts), stays=bool(left))


def _why(because: str, shell: Shell) -> str:
    key = f"activities.said.{because.replace(': ', '_')}"
    return shell.says(key if shell.studio.words.has(key) else "activities.refused")
