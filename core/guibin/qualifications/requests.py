"""What callers send about qualifications, bounded and strict."""

from datetime import date
from typing import Annotated
from uuid import UUID

from guibin.notation.plausible import Plausible
from guibin.policy.words import Code, Note, up_to


class NewQualification(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody obtained it on this day; it is good as long as the policy says, unless `valid_until` is earlier."""

    staff_id: UUID
    qualification: Code
    obtained_on: date
    valid_until: date | None = None
    certificate: Annotated[str, up_to(100)] = ""
    note: Note = ""
