"""Reading what is to be done for customers."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.profiles.orders import followed
from guibin.profiles.queries import looked_after
from guibin.web.listing import Listing, Order, by_day
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import read

from .tables import CareTaskState, ReminderState, RenewalState

# A follower begins at most so long before the end of what it follows: an order that ran beside it is another one.
OVERLAP_DAYS_MAX = 31


# SQL: order `o` is followed by another of the same product, or its renewal was carried out.
FOLLOWED = f"""({followed(OVERLAP_DAYS_MAX)}
  or exists (select from renewal n where n.tenant_id = o.tenant_id and n.order_id = o.id and n.ends_on = o.ends_on
    and n.state = 'renewed'))"""


# SQL: order `o` runs, its customer `c` is there, and nothing follows it.
RUNS_OUT = f"o.ended_at is null and c.closed_at is null and not {FOLLOWED}"


class ReminderView(Struct, frozen=True, kw_only=True):
    """One reminder: which order ends when, and whether the customer has been told."""

    id: UUID
    customer_id: UUID
    order_id: UUID
    ends_on: date
    lead_days: int
    due_on: date
    state: ReminderState
    channel: str
    result: str
    done_by_name: str
    done_at: datetime | None


class RenewalView(Struct, frozen=True, kw_only=True):
    """One renewal on its way from approval to the order that follows."""

    id: UUID
    customer_id: UUID
    order_id: UUID
    ends_on: date
    approval_id: UUID | None
    state: RenewalState
    reason: str
    renewed_order_id: UUID | None
    filtered_on: date


class CareTaskView(Struct, frozen=True, kw_only=True):
    """One thing to do for a customer. `occurs_on` of a birthday is this year's day, not the date of birth."""

    id: UUID
    customer_id: UUID
    occasion: str
    about: str
    occurs_on: date
    prepare_on: date
    gifts: tuple[str, ...]
    messages: tuple[str, ...]
    visit: bool
    state: CareTaskState
    result: str
    done_by_name: str
    done_at: datetime | None
    clause: str


class NewServiceView(Struct, frozen=True, kw_only=True):
    """A new service, and how many of those who hear of it first have."""

    id: UUID
    name: str
    description: str
    topic: str
    told_from: date
    general_from: date
    trial_days: int
    to_tell: int
    told: int
    trials: int


class TellingView(Struct, frozen=True, kw_only=True):
    """A customer to be told of a new service."""

    customer_id: UUID
    channel: str
    told_by_name: str
    told_at: datetime | None


class TrialView(Struct, frozen=True, kw_only=True):
    """A free trial, until before `ends_on`."""

    id: UUID
    service_id: UUID
    customer_id: UUID
    redemption_id: UUID
    starts_on: date
    ends_on: date


_Manager = Annotated[UUID | None, Meta(description="Customers of this account manager only.")]
_MINE = looked_after("x.customer_id", "$value")


class ReminderFilter(Struct, frozen=True, kw_only=True):
    """Which reminders; those due on `due_by` are among them."""

    state: ReminderState | None = None
    account_manager_id: _Manager = None
    due_by: date | None = None


class RenewalFilter(Struct, frozen=True, kw_only=True):
    """Which renewals."""

    state: RenewalState | None = None


class CareTaskFilter(Struct, frozen=True, kw_only=True):
    """Which tasks; those that occur on `until` are among them."""

    state: CareTaskState | None = None
    account_manager_id: _Manager = None
    until: date | None = None


REMINDERS = Listing(
    view=ReminderView,
    source="reminder x",
    order=by_day("x.due_on"),
    filters={"account_manager_id": _MINE, "due_by": "x.due_on <= $value"},
)
RENEWALS = Listing(view=RenewalView, source="renewal x", order=by_day("x.ends_on"))
TASKS = Listing(
    view=CareTaskView,
    source="care_task x",
    order=by_day("x.occurs_on"),
    filters={"account_manager_id": _MINE, "until": "x.occurs_on <= $value"},
)
# Who is to be told of a service, those who have not heard first.
TELLINGS = Listing(
    view=TellingView,
    source="service_telling x",
    order=Order({"(x.told_at is not null)::int": int, "x.customer_id": UUID}),
    holds="x.service_id = $service",
)
TRIALS = Listing(view=TrialView, source="service_trial x", order=by_day("x.starts_on"))


async def services() -> list[NewServiceView]:
    """The latest first."""
    return await read(
        NewServiceView,
        "select s.id, s.name, s.description, s.topic, s.told_from, s.general_from, s.trial_days,"
        " (select count(*) from service_telling t where t.tenant_id = s.tenant_id and t.service_id = s.id) as to_tell,"
        " (select count(t.told_at) from service_telling t where t.tenant_id = s.tenant_id and t.service_id = s.id)"
        " as told,"
        " (select count(*) from service_trial t where t.tenant_id = s.tenant_id and t.service_id = s.id) as trials"
        " from new_service s order by s.announced_at desc, s.id",
    )


async def service(service_id: UUID) -> NewServiceView:
    """Raises NotFound."""
    for found in await services():
        if found.id == service_id:
            return found
    raise NotFound(f"There is no new service {service_id}")
