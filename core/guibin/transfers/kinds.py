"""What can be imported and exported: the same functions as the command line's, and the fields of each."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import Struct

from guibin.complaints.exporting import export_complaints
from guibin.complaints.importing import COLUMNS as COMPLAINT_COLUMNS
from guibin.complaints.importing import import_complaints
from guibin.context import Act
from guibin.profiles.exporting import ORDER_COLUMNS, export_orders
from guibin.profiles.importing import export_customers, import_customers, import_orders
from guibin.profiles.sheet_rows import DERIVED, columns_out, fields_out
from guibin.records.importing import COLUMNS as INTERACTION_COLUMNS
from guibin.records.importing import export_interactions, import_interactions
from guibin.spreadsheets.importing import Imported
from guibin.tiers.exporting import FACT_COLUMNS, export_facts
from guibin.tiers.importing import import_facts

from . import materials, merchants, offers, particulars, qualifications, rosters, venues


def _archive(act: Act) -> tuple[str, ...]:
    return (*columns_out(), *DERIVED, *(field.name for field in fields_out(act.policy)))


class Kind(Struct, frozen=True):
    """How rows of a kind go in and out, and which fields they have; `of_outlets` where an outlet's people take in their own."""

    take_in: Callable[..., Awaitable[Imported]]
    put_out: Callable[[Path, Act], Awaitable[int]]
    fields: Callable[[Act], tuple[str, ...]]
    of_outlets: bool = False


async def _customers(file: Path, act: Act) -> int:
    return await export_customers(file, act)


KINDS: dict[str, Kind] = {
    "customers": Kind(import_customers, _customers, _archive, of_outlets=True),
    "relatives": Kind(
        particulars.import_relatives, particulars.export_relatives, lambda act: particulars.RELATIVE_COLUMNS
    ),
    "occasions": Kind(
        particulars.import_occasions, particulars.export_occasions, lambda act: particulars.OCCASION_COLUMNS
    ),
    "links": Kind(particulars.import_links, particulars.export_links, lambda act: particulars.LINK_COLUMNS),
    "facts": Kind(import_facts, export_facts, lambda act: FACT_COLUMNS, of_outlets=True),
    "interactions": Kind(
        import_interactions, export_interactions, lambda act: tuple(INTERACTION_COLUMNS), of_outlets=True
    ),
    "complaints": Kind(import_complaints, export_complaints, lambda act: COMPLAINT_COLUMNS),
    "venues": Kind(venues.import_venues, venues.export_venues, lambda act: venues.VENUE_COLUMNS),
    "materials": Kind(materials.import_givings, materials.export_givings, lambda act: materials.GIVING_COLUMNS),
    "merchants": Kind(merchants.import_merchants, merchants.export_merchants, lambda act: merchants.MERCHANT_COLUMNS),
    "shifts": Kind(rosters.import_shifts, rosters.export_shifts, lambda act: rosters.SHIFT_COLUMNS),
    "offers": Kind(offers.import_offers, offers.export_offers, lambda act: offers.OFFER_COLUMNS),
    "qualifications": Kind(
        qualifications.import_qualifications,
        qualifications.export_qualifications,
        lambda act: qualifications.QUALIFICATION_COLUMNS,
    ),
    "orders": Kind(import_orders, export_orders, lambda act: ORDER_COLUMNS),
}
