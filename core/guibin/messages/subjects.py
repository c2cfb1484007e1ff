"""What messages are about: the slices above say whether one is still wanted, what it says, and what follows from it."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from msgspec import Struct

from guibin.jobs.kinds import Run
from guibin_tenants.above import NamedFromAbove


class Values(Struct, frozen=True):
    """What fills a text. `hidden` are names whose values the interaction history does not keep, such as a link.

    `to` is the address, where it is not the customer's own, opened and put on record by whoever gives it. `thread` are the
    mails it answers, by their Message-IDs, the last of them directly. `to_staff` is the text by which a colleague is told.
    """

    values: dict[str, str] = {}
    hidden: tuple[str, ...] = ()
    to: str = ""
    thread: tuple[str, ...] = ()
    to_staff: str = ""


class Settled(Struct, frozen=True):
    """What became of a message: `sent`, or why not. `text` is what the customer was told."""

    message_id: UUID
    subject_id: UUID
    customer_id: UUID | None
    means: str
    sent: bool
    because: str
    text: str


class Subject(Struct, frozen=True):
    """`values_of` is None when the message is not wanted any more; `settled` runs in the transaction of its end."""

    values_of: Callable[[UUID, Run], Awaitable[Values | None]]
    settled: Callable[[Settled, Run], Awaitable[None]]


SUBJECTS: NamedFromAbove[Subject] = NamedFromAbove()
