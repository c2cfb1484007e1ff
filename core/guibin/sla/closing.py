"""Deadlines about a customer end with the archive, unless somebody still sees the matter through (S07-35)."""

from typing import Literal

from guibin.context import Act
from guibin.events import ArchiveEnds, at_once
from guibin_tenants.above import NamedFromAbove
from guibin_tenants.scope import execute

End = Literal["closed", "erased"]
# After which end of an archive clocks about its customer run on: by subject, or by subject and milestone. All others end.
RUNS_ON: NamedFromAbove[tuple[End, ...]] = NamedFromAbove()


@at_once(ArchiveEnds)
async def end_with_archive(ends: ArchiveEnds, act: Act) -> None:
    """Nothing is waited for any more from or for somebody who is served no more, or whom nobody knows any more."""
    how = ends.reason.removeprefix("archive_")
    runs_on = [name for name, until in RUNS_ON.items() if how in until]
    await execute(
        "update timer set cancelled_at = $2, next_at = null, version = version + 1 where customer_id = $1"
        " and completed_at is null and cancelled_at is null"
        " and subject <> all ($3::text[]) and subject || ' ' || milestone <> all ($3::text[])",
        ends.customer_id,
        act.now,
        runs_on,
    )
