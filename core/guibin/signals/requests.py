"""What callers send about signals and outages, bounded and strict."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.policy.words import Code, CodeIfAny, Line, Paragraph, Reason

Moment = Annotated[datetime, Meta(tz=True)]


class NewOutage(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is out, where and for whom: customers of `org_unit_id` and under it, by default one's own unit; of one of `kinds`;
    whose archive has `value` in `field`; who have `product`. What is left out narrows nothing. It began now by default.
    """

    text: Reason
    org_unit_id: UUID | None = None
    kinds: Annotated[tuple[Code, ...], Meta(max_length=50)] = ()
    field: CodeIfAny = ""
    value: Line = ""
    product: Line = ""
    began_at: Moment | None = None
    expected_until: Moment | None = None


class NewOutageEnd(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It is over, and what was done about it."""

    remedy: Paragraph = ""


class NewSignalEnd(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done about it."""

    text: Reason
