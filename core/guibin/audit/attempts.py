"""Entries that outlive a rollback: whoever tried something and was refused is on record for having tried.

An attempt is noted in the scope. When the transaction is undone, for whatever reason, the entry is written in one of its own
before anybody is told (docs/decisions/0015). When it commits, the entry of what was done is enough.
"""

import contextlib
from collections.abc import AsyncIterator

from guibin_tenants.principals import Signature
from guibin_tenants.refusals import Refusal
from guibin_tenants.scope import Trace, current_scope

from . import look_ups
from .actions import AuditNote, record_refused

# Why the attempt left nothing, where no refusal says it.
UNDONE = "undone"


class _Attempt:
    def __init__(self, note: AuditNote, act: Signature) -> None:
        self.note, self.act = note, act
        self.refused = UNDONE

    async def write(self) -> Refusal | None:
        return await record_refused(self.note, self.act, refused=self.refused)


@contextlib.asynccontextmanager
async def attempt(note: AuditNote, act: Signature) -> AsyncIterator[None]:
    """What is refused inside, or undone after it, leaves `note` on record with the reason.

    Raises TooManyLookUps, before anything inside happens, for a note that is `asked` once too often.
    """
    tried = _Attempt(note, act)
    trace = Trace(tried.write)
    current_scope().traces.append(trace)
    try:
        if note.asked:
            await look_ups.refuse_too_many(act)
        yield
    except Refusal as refusal:
        tried.refused, trace.undone = refusal.kind, True
        raise
    except Exception:
        trace.undone = True
        raise
