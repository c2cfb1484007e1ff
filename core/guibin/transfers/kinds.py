"""What can be imported and exported: the same functions as the command line's, and the fields of each."""

from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from msgspec import Struct

from guibin.complaints.exporting import export_complaints
from guibin.complaints.importing import COLUMNS as COMPLAINT_COLUMNS
from guibin.complaints.importing import import_complaints
from guibin.context import Act
from guibin.hookspecs import PackImport
from guibin.profiles.exporting import ORDER_COLUMNS, export_orders
from guibin.profiles.importing import export_customers, import_customers, import_orders
from guibin.profiles.sheet_rows import DERIVED, columns_out, fields_out
from guibin.records.importing import COLUMNS as INTERACTION_COLUMNS
from guibin.records.importing import export_interactions, import_interactions
from guibin.spreadsheets.importing import Imported
from guibin.tiers.exporting import FACT_COLUMNS, export_facts
from guibin.tiers.importing import import_facts
from guibin_tenants.principals import Predicate, anyone
from guibin_tenants.refusals import Invalid

from . import materials, merchants, of_packs, offers, particulars, qualifications, rosters, venues


def _archive(act: Act) -> tuple[str, ...]:
    return (*columns_out(), *DERIVED, *(field.name for field in fields_out(act.policy)))


class Kind(Struct, frozen=True):
    """How rows of a kind go in and out, and which fields they have; `of_outlets` where an outlet's people take in their own. `needs` is
    asked for beside the right to import or export."""

    take_in: Callable[..., Awaitable[Imported]]
    put_out: Callable[[Path, Act], Awaitable[int]]
    fields: Callable[[Act], tuple[str, ...]]
    of_outlets: bool = False
    needs: Predicate = anyone


async def _customers(file: Path, act: Act) -> int:
    return await export_customers(file, act)


# What other systems call a field at the head of its column.
ALSO_CALLED = {
    "number": ("customer id", "customer no", "id", "客户号", "客户代码"),
    "name": ("customer name", "full name", "客户姓名", "客户名称"),
    "sex": ("gender",),
    "birthday": ("date of birth", "dob", "出生日期", "出生年月日"),
    "mobile": ("mobile phone", "cell phone", "手机号", "手机号码", "移动电话"),
    "phone": ("telephone", "tel", "固定电话", "座机"),
    "email": ("e-mail", "email address", "电子邮箱", "电子邮件"),
    "address": ("联系地址", "通讯地址", "住址"),
    "employer": ("company", "工作单位", "单位名称"),
    "identity_number": ("id card", "id number", "身份证号", "身份证"),
    "account_manager": ("manager", "经理", "专属经理"),
}
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


def kinds_of(act: Act) -> dict[str, Kind]:
    """Those of the core, and of the packs that the company has."""
    return KINDS | {each.name: _of_pack(each) for each in act.hooks.imports()}


def kind_of(name: str, act: Act) -> Kind:
    """The one of this name. Raises Invalid, with what there is."""
    known = kinds_of(act)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        fix = f"did you mean {near[0]}?" if near else f"one of: {', '.join(known)}"
        raise Invalid.at("kind", "what can be imported and exported", fix, name)
    return known[name]


def _of_pack(declared: PackImport) -> Kind:
    take_in, put_out = partial(of_packs.take_in, declared), partial(of_packs.put_out, declared)
    return Kind(take_in, put_out, partial(of_packs.columns, declared), needs=declared.needs)
