"""A message that the product sent, as an entry in the customer's history. It meets no cadence: nobody spoke with the customer."""

from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.profiles.queries import hold
from guibin_tenants import keyring
from guibin_tenants.scope import execute
from guibin_tenants.tables import new_id

from .sealing import SealedNumber, sealed_number

# The `source` of such entries.
SOURCE = "message"


class SentMessage(Struct, frozen=True):
    """What was told, through what, and whether the provider took it."""

    message_id: UUID
    customer_id: UUID
    channel: str
    content: str
    number: str
    reached: bool


async def record_message(sent: SentMessage, act: Act) -> None:
    """Once per message, with its last outcome: a failed one that is sent later becomes reached.

    Of a customer who was erased while the message was under way the history keeps nothing.
    """
    if not await hold(sent.customer_id):
        return
    interaction_id, number = new_id(), SealedNumber()
    if sent.number:
        number = sealed_number(sent.number, key=await keyring.subject_key(sent.customer_id), row=interaction_id)
    await execute(
        "insert into interaction (id, customer_id, channel, direction, outcome, happened_at, place, number_sealed,"
        " number_masked, content, need, handling_state, staff_id, staff_name, recorded_by, recorded_by_name,"
        " recorded_at, source, source_number) values ($1, $2, $3, 'out', $4, $5, '', $6, $7, $8, '', 'none', $9, $10,"
        " $9, $10, $5, $11, $12) on conflict (tenant_id, source, source_number) where source is not null"
        " do update set outcome = excluded.outcome, happened_at = excluded.happened_at",
        interaction_id,
        sent.customer_id,
        sent.channel,
        "reached" if sent.reached else "not_reached",
        act.now,
        number.sealed,
        number.masked,
        sent.content,
        act.by.id,
        act.by.name,
        SOURCE,
        str(sent.message_id),
    )
