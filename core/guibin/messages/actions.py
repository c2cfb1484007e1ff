"""What staff do with messages."""

from uuid import UUID

from guibin.audit.actions import recorded
from guibin.cases import Case
from guibin.context import Act
from guibin_tenants.scope import execute

from . import queries
from .posting import plan
from .queries import MessageWithAttempts
from .refusals import NotFailed


async def send_again(message_id: UUID, act: Act) -> MessageWithAttempts:
    """Try a message that failed once more now; what is left of its pauses follows. Raises NotFound, NotFailed."""
    message = await queries.WITH_ATTEMPTS.one(message_id)
    changed = await execute(
        "update message set state = 'pending', because = '', next_at = $2, ended_at = null where id = $1"
        " and state = 'failed' and (not_after is null or not_after > $2)",
        message_id,
        act.now,
    )
    if not changed:
        raise NotFailed(f"Message {message_id} is {message.state}, or too late")
    await plan(message_id, message.attempts, at=act.now, now=act.now)
    return await recorded("send_again", Case("message", message_id, message.customer_id), queries.WITH_ATTEMPTS, act)
