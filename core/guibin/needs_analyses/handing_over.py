"""Needs to follow up go to whoever takes over."""

from guibin.assignments.handing_over import Rows, charge_rows

from .tables import NeedsAnalysis

charge_rows(
    Rows(
        what="needs to follow up",
        table=NeedsAnalysis,
        owners=("owner_id",),
        open="followed_up_at is null",
    )
)
