"""What is known of a guest is sealed under the guest's own key: erasing the archive closes it everywhere."""

from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin_tenants.keyring import Place, Unshown, seal, subject_key, unseal
from guibin_tenants.scope import fetch_value

from .requests import Particulars, PlanContent

Content = TypeVar("Content", bound=Struct)


class TaskLine(Struct, frozen=True):
    """A department's task as the notice says it; an ISO moment."""

    department: str
    name: str
    due_at: str


class NoticeContent(Struct, frozen=True, kw_only=True):
    """Everything a department needs to know of the visit, as it went out. `needs` are those of the guest's archive that are this
    department's to know; a notice, which all read, has none."""

    guest: str
    party_size: int
    leaves_at: str
    host: str
    text: str
    channel: str
    etiquette: tuple[str, ...]
    tasks: tuple[TaskLine, ...]
    particulars: Particulars | None = None
    plan: PlanContent | None = None
    needs: dict[str, tuple[str, ...]] = {}


async def sealed(content: Struct, *, guest_id: UUID, table: str, row: UUID) -> bytes:
    """As it is stored in this row."""
    return seal(await subject_key(guest_id), Place(table, "sealed", row), msgspec.json.encode(content).decode())


async def opened(
    row: asyncpg.Record, kind: type[Content], *, table: str, unshown: Unshown | None = None
) -> Content | None:
    """What is `sealed` in a row under the key of its `guest_id`; None once that key is destroyed.

    Raises KeyringError for a row that was moved.
    """
    # Looked up first: asking the keyring for a destroyed key would make a new one.
    if not await fetch_value("select true from subject_key where subject_id = $1", row["guest_id"]):
        return None
    key = await subject_key(row["guest_id"])
    text = unseal(key, Place(table, "sealed", row["id"]), bytes(row["sealed"]), unshown=unshown)
    return msgspec.json.decode(text, type=kind)
