"""What the forms of complaints offer: levels, causes, channels, states."""

from collections.abc import Mapping, Sequence
from typing import get_args
from uuid import UUID

from guibin.console.choices import words_of
from guibin.console.commands import Asks
from guibin.console.forms import Choice
from guibin.console.shell import Shell
from guibin.signatures import actions as signing
from guibin_tenants.rows import row_of

from .queries import FORM, LISTED, others_of
from .signed import asks_for, occasion
from .tables import Complaint, State


async def levels(shell: Shell) -> Sequence[Choice]:
    """The policy's levels, each with its time limit."""
    found = shell.act.policy.complaints.levels
    return [Choice(level.name, shell.named(f"complaint_level.{level.name}")) for level in found]


async def causes(shell: Shell) -> Sequence[Choice]:
    """The causes that the policy knows."""
    return [Choice(cause, shell.named(f"complaint_cause.{cause}")) for cause in shell.act.policy.complaints.causes]


async def channels(shell: Shell) -> Sequence[Choice]:
    """By which ways complaints come in."""
    known = shell.studio.words
    return [
        Choice(each, shell.says(f"channel.{each}") if known.has(f"channel.{each}") else each)
        for each in shell.act.policy.complaints.channels
    ]


# What a complaint can be.
states = words_of("complaints.state", get_args(State))


async def others(shell: Shell) -> Sequence[Choice]:
    """The customer's other complaints that still run: what can be the same matter."""
    form = await LISTED.one(UUID(str(shell.request.path_params["complaint_id"])))
    if form.customer_id is None:
        return []
    running = [other for other in await others_of(form, most=20) if other.state in ("open", "waiting")]
    return [Choice(str(other.id), f"{other.number} {other.matter[:30]}") for other in running]


async def outward(_: Shell, __: UUID) -> Mapping[str, str]:
    """What is written is a reply unless somebody says otherwise."""
    return {"direction": "out"}


async def handled(_: Shell, complaint_id: UUID) -> Mapping[str, str]:
    """Who works on it now; its owner, where nobody else does."""
    form = await LISTED.one(complaint_id)
    staff_id = form.handler_id or (None if form.handler_unit_id else form.owner_id)
    return {
        name: str(value) for name, value in (("to_staff_id", staff_id), ("to_unit_id", form.handler_unit_id)) if value
    }


async def analysed(_: Shell, complaint_id: UUID) -> Mapping[str, str]:
    """The cause that was found before, if one was."""
    found = (await FORM.one(complaint_id)).analyses
    return {"cause": found[-1].cause} if found else {}


async def of_callback(shell: Shell) -> Asks:
    """Why nobody signed is asked only where a signature may be owed, and there is none yet."""
    complaint_id = UUID(str(shell.request.path_params["complaint_id"]))
    row = await row_of(Complaint, complaint_id, "select * from complaint where id = $1")
    signed_for = occasion(row, shell.act).name
    owed = asks_for(row["customer_id"], shell.act) and signed_for not in await signing.signed(complaint_id)
    return Asks(left_out=frozenset() if owed else frozenset({signing.FIELD}))


async def judged(_: Shell, complaint_id: UUID) -> Mapping[str, str]:
    """At which level it is now."""
    return {"level": (await LISTED.one(complaint_id)).level}


async def leadership(shell: Shell, complaint_id: UUID) -> Mapping[str, str]:
    """The plan is reported to those who heard of the complaint."""
    names = [one.name for one in (await FORM.one(complaint_id)).leadership_told]
    return {"reported_to": shell.joined(names)} if names else {}
