"""What confidential left: shown in clear, written to a file, given as a copy; to whom, on which basis, by whom."""

import re
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guibin.audit.actions import noted
from guibin.audit.kinds import COPIED, DEPARTED, FILED, REVEALED, title_of
from guibin.audit.queries import LISTED, OF_CUSTOMER, AuditEntryView, among
from guibin.context import Act
from guibin.profiles.disclosures import LEFT_TO
from guibin.web.listing import Listing, PageAsked
from guibin.web.paging import Page

from .looks import LINES
from .spans import Span, bounded

How = Literal["reveal", "file", "copy"]
_HOW: dict[How, frozenset[str]] = {"reveal": REVEALED, "file": FILED, "copy": COPIED}
# The purpose, to whom it left, and on which basis, as they are written down together.
_SAID = re.compile(rf"(?P<purpose>.*?){LEFT_TO}(?P<recipient>.*?)(?: \((?P<basis>[^()]*)\))?", re.DOTALL)


class DepartureFilter(Struct, frozen=True, kw_only=True):
    """Which departures; `outside`: only what was given to somebody who is named, or only what stayed in the house."""

    how: How | None = None
    outside: bool | None = None
    customer_id: UUID | None = None
    actor_id: UUID | None = None
    org_unit_id: UUID | None = None
    span: Span | None = None
    since: datetime | None = None
    until: datetime | None = None


class DepartureView(AuditEntryView, frozen=True):
    """One departure. `recipient` got it, empty where it stayed in the house; `basis` is the law, order or consent it rests on."""

    how: How
    unit_name: str
    customer_names: tuple[str, ...]
    recipient: str
    basis: str


DEPARTURES: Listing[DepartureView] = Listing(
    view=DepartureView,
    source=LISTED.source,
    order=LISTED.order,
    holds=f"{among(DEPARTED)} and coalesce(x.refused, '') = ''",
    columns=LISTED.columns
    | {
        "how": f"case when {among(FILED)} then 'file' when {among(COPIED)} then 'copy' else 'reveal' end",
        "unit_name": LINES.columns["unit_name"],
        "customer_names": LINES.columns["customer_names"],
        "recipient": "''",
        "basis": "''",
    },
    filters={
        "how": {how: among(actions) for how, actions in _HOW.items()},
        "outside": f"(position('{LEFT_TO}' in x.purpose) > 0) = $value",
        "customer_id": OF_CUSTOMER,
        "since": "x.happened_at >= $value",
        "until": "x.happened_at < $value",
    },
)


async def departures(filters: DepartureFilter, page: PageAsked, act: Act) -> Page[DepartureView]:
    """A page of what left, newest first; that it was read is on record."""
    asked = bounded(filters, act)
    found = await DEPARTURES.page(asked, page, act)
    about = filters.customer_id
    await noted("audit.departures", act, subject="audit", customer_id=about, shown=len(found.items))
    return Page([told(each, act) for each in found.items], found.next)


def told(each: DepartureView, act: Act) -> DepartureView:
    said = _SAID.fullmatch(each.purpose)
    parts = said.groupdict() if said else {"purpose": each.purpose, "recipient": "", "basis": ""}
    return replace(
        each,
        title=title_of(each.action, act.policy, act.language),
        purpose=parts["purpose"],
        recipient=parts["recipient"] or "",
        basis=parts["basis"] or "",
    )
