"""Every table, each after those it refers to: what `guibin migrate` creates."""

from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import TypeVar

from piccolo.table import Table

from guibin_tenants.catalog import TABLES as TENANCY_TABLES
from guibin_tenants.changes import Change
from guibin_tenants.tables import TenantTable

from .activities import tables as activities
from .administration import tables as administration
from .approvals import tables as approvals
from .archive_checks import tables as archive_checks
from .assignments import tables as assignments
from .audit import tables as audit
from .automations import tables as automations
from .campaigns import tables as campaigns
from .card_stock import tables as card_stock
from .cards import tables as cards
from .care import tables as care
from .complaints import tables as complaints
from .department_requests import tables as department_requests
from .desks import tables as desks
from .duties import tables as duties
from .emergencies import tables as emergencies
from .entitlements import tables as entitlements
from .evidence import tables as evidence
from .files import tables as files
from .hotline import tables as hotline
from .indicators import tables as indicators
from .insight import tables as insight
from .inspections import tables as inspections
from .jobs import tables as jobs
from .live import tables as live
from .mailbox import tables as mailbox
from .materials import tables as materials
from .messages import tables as messages
from .needs_analyses import tables as needs_analyses
from .notices import tables as notices
from .offers import tables as offers
from .oversight import tables as oversight
from .plan_reviews import tables as plan_reviews
from .plans import tables as plans
from .policies import tables as policies
from .policy_changes import tables as policy_changes
from .profiles import tables as profiles
from .qualifications import tables as qualifications
from .receptions import tables as receptions
from .records import tables as records
from .registers import tables as registers
from .relationships import tables as relationships
from .repeats import tables as repeats
from .reviews import tables as reviews
from .scim import tables as scim
from .scripts import tables as scripts
from .sealing import tables as sealing
from .service_requests import tables as service_requests
from .sign_ins import tables as sign_ins
from .signals import tables as signals
from .signatures import tables as signatures
from .sla import tables as sla
from .surveys import tables as surveys
from .tasks import tables as tasks
from .tiers import tables as tiers
from .transfers import tables as transfers
from .views import tables as views
from .visits import tables as visits
from .webhooks import tables as webhooks

Kind = TypeVar("Kind")
# The slices that keep something.
SLICES: tuple[ModuleType, ...] = (
    repeats,
    policies,
    indicators,
    policy_changes,
    plan_reviews,
    jobs,
    administration,
    profiles,
    audit,
    views,
    assignments,
    sealing,
    notices,
    webhooks,
    approvals,
    files,
    archive_checks,
    emergencies,
    tiers,
    desks,
    duties,
    qualifications,
    entitlements,
    card_stock,
    cards,
    records,
    hotline,
    signatures,
    materials,
    visits,
    messages,
    sign_ins,
    scim,
    sla,
    service_requests,
    complaints,
    mailbox,
    department_requests,
    receptions,
    reviews,
    needs_analyses,
    registers,
    plans,
    relationships,
    care,
    activities,
    offers,
    campaigns,
    surveys,
    signals,
    tasks,
    automations,
    insight,
    inspections,
    transfers,
    scripts,
    live,
    oversight,
    evidence,
)


def defined(kind: type[Kind], modules: Iterable[ModuleType]) -> Iterator[type[Kind]]:
    """The classes of this kind that the modules themselves define, in their order."""
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, kind) and value.__module__ == module.__name__:
                yield value


def _in_order(tables: Iterable[type[TenantTable]], known: set[str]) -> Iterator[type[TenantTable]]:
    """Each after those it refers to, otherwise as given. Raises ValueError for a reference that leads nowhere."""
    waiting = list(tables)
    while waiting:
        ready = next(
            (table for table in waiting if set(table.keys.references.values()) <= known | {_name(table)}), None
        )
        if ready is None:
            raise ValueError(f"these refer to each other or to no table: {', '.join(map(_name, waiting))}")
        waiting.remove(ready)
        known.add(_name(ready))
        yield ready


def _name(table: type[Table]) -> str:
    name: str = table._meta.tablename
    return name


TABLES: tuple[type[Table], ...] = (
    *TENANCY_TABLES,
    *_in_order(defined(TenantTable, SLICES), set(map(_name, TENANCY_TABLES))),
)
# What makes tables of former releases those of this one, oldest first; what was released is never taken out or written otherwise.
CHANGES: tuple[Change, ...] = (
    Change(1, "kinds_of_packs", ("transfer",), statements=("alter table transfer alter column kind type varchar(80)",)),
    # What a witness cosigned is of its key: until then it was by the name alone.
    Change(
        2,
        "receipts_by_key",
        ("evidence_receipt",),
        statements=(evidence.RECEIPTS_BY_KEY,),
    ),
)
