"""What staff do with messages."""

from uuid import UUID

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin_tenants.scope import execute

from . import queries
from .posting import plan
from .queries import MessageWithAttempts
from .refusals import NotFailed


async def send_again(message_id: UUID, act: Act) -> MessageWithAttempts:
    """Try a message that failed once more now; what is left of its pauses follows. Raises NotFound, NotFailed."""
    found = await queries.message(message_id)
    changed = await execute(
        "update message set state = 'pending', because = '', next_at = $2, ended_at = null where id = $1"
        " and state = 'failed' and (not_after is null or not_after > $2)",
        message_id,
        act.now,
    )
    if not changed:
        raise NotFailed(f"Message {message_id} is {found.state}, or too late")
    await plan(message_id, found.attempts, at=act.now, now=act.now)
    note = AuditNote(
        action="message.send_again", subject="message", subject_id=message_id, customer_id=found.customer_id
    )
    await record(note, act)
    return await queries.message(message_id)
