"""Putting right what was written about a contact: what stood there stays on record (S07-10)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.profiles.corrections import Subject, put_right
from guibin.profiles.queries import customer_of
from guibin.profiles.refusals import ArchiveErased
from guibin_tenants.refusals import FieldError, refuse
from guibin_tenants.rows import change, row_of

from . import queries
from .queries import InteractionForm
from .requests import InteractionCorrection
from .tables import Interaction

_COLUMNS = ("content", "need", "place", "happened_at", "duration_minutes")


async def correct_interaction(interaction_id: UUID, new: InteractionCorrection, act: Act) -> InteractionForm:
    """Raises NotFound, ArchiveErased, or Invalid when nothing differs. An open need cannot be emptied: handle it."""
    contact = await row_of(
        Interaction,
        interaction_id,
        f"select i.*, c.erased_at from interaction i {customer_of('c', 'i')} where i.id = $1 for update of i",
    )
    if contact["erased_at"] is not None:
        raise ArchiveErased(f"The archive of customer {contact['customer_id']} was erased")
    before = {name: contact[name] for name in _COLUMNS}
    after = before | {name: getattr(new, name) for name in _COLUMNS if getattr(new, name) is not UNSET}
    _refuse_wrong(before, after, act.now)
    subject = Subject("interaction", interaction_id, contact["customer_id"])
    fields = await put_right(subject, (before, after), new.reason, act)
    await change(
        Interaction,
        interaction_id,
        content=after["content"],
        need=after["need"],
        place=after["place"],
        happened_at=after["happened_at"],
        duration_minutes=after["duration_minutes"],
    )
    await done("correct", Case("interaction", interaction_id, contact["customer_id"]), act, fields=fields)
    return await queries.FORM.one(interaction_id)


def _refuse_wrong(before: Mapping[str, Any], after: Mapping[str, Any], now: datetime) -> None:
    problems = []
    if after["happened_at"] > now:
        problems.append(FieldError("happened_at", "not in the future", value=after["happened_at"].isoformat()))
    if bool(before["need"].strip()) != bool(after["need"].strip()):
        rule = "a need stays a need" if before["need"].strip() else "a new need is a new interaction"
        problems.append(FieldError("need", rule, value=after["need"][:60]))
    refuse(problems, "Nothing was corrected")
