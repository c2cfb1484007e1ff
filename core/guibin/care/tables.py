"""Reminders, renewals, care tasks, new services and their trials."""

from typing import Literal

from piccolo.columns import JSONB, Boolean, Date, Integer, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable

ReminderState = Literal["open", "done", "withdrawn", "waived"]
RenewalState = Literal["asked", "approved", "rejected", "renewed", "withdrawn"]
CareTaskState = Literal["open", "done", "cancelled", "withdrawn", "waived"]


class Reminder(TenantTable, customer=True):
    """The customer is to be told on `due_on` that an order ends on `ends_on`, the first day without it (S07-4)."""

    order_id = RowOf("product_order")
    ends_on = Date(default=None, null=True)
    lead_days = Integer()
    due_on = Date(default=None, null=True)
    state = Varchar(length=10, default="open")
    channel = Varchar(length=40, default="")
    result = Text(default="")
    done_by_name = Varchar(length=200, default="")
    done_at = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed_off="done",
        begins="open",
        erasable=("result",),
        unique=(("order_id", "ends_on", "lead_days"),),
        indexes=(Index(("state", "due_on", "id"), name="reminder_due_idx"),),
        checks={"state_known": known("state", ReminderState)},
    )


class Renewal(TenantTable, customer=True):
    """An order about to end, put up for approval (S07-18). `renewed_order_id` is the order that follows it."""

    order_id = RowOf("product_order")
    ends_on = Date(default=None, null=True)
    approval_id = UuidColumn(default=None, null=True)
    state = Varchar(length=10, default="asked")
    reason = Text(default="")
    renewed_order_id = RowOf("product_order", null=True)
    filtered_on = Date(default=None, null=True)
    created_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="open",
        erasable=("reason",),
        unique=(("order_id", "ends_on"),),
        indexes=(Index(("created_at desc", "id desc"), name="renewal_created_idx"),),
        checks={"state_known": known("state", RenewalState)},
    )


class CareTask(TenantTable, customer=True):
    """Something to be done for a customer around `occurs_on`, prepared from `prepare_on` (S07-6).

    `about` tells occasions of one customer apart, `year` is the calendar's own: a lunar birthday may fall into a solar
    year twice or not at all.
    """

    occasion = Varchar(length=60)
    about = Varchar(length=60, default="")
    year = Integer()
    occurs_on = Date(default=None, null=True)
    prepare_on = Date(default=None, null=True)
    gifts = JSONB(default="[]")
    messages = JSONB(default="[]")
    visit = Boolean(default=False)
    state = Varchar(length=10, default="open")
    result = Text(default="")
    done_by_name = Varchar(length=200, default="")
    done_at = Timestamptz(default=None, null=True)
    clause = Varchar(length=20, default="")
    created_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed_off="done",
        begins="open",
        erasable=("result",),
        unique=(("customer_id", "occasion", "about", "year"),),
        indexes=(Index(("state", "occurs_on", "id"), name="care_task_due_idx"),),
        checks={"state_known": known("state", CareTaskState)},
    )


class NewService(TenantTable):
    """A service that some customers hear of from `told_from`, everybody from `general_from` (S07-7); nobody who declined its
    `topic`, one of the policy's (S02-3)."""

    name = Varchar(length=200)
    description = Text(default="")
    topic = Varchar(length=60, default="")
    told_from = Date(default=None, null=True)
    general_from = Date(default=None, null=True)
    trial_days = Integer()
    announced_by_name = Varchar(length=200)
    announced_at = Timestamptz(default=None, null=True)

    keys = Keys(signed="announced", written_by="company", unique=(("name",),))


class ServiceTelling(TenantTable, customer=True):
    """A customer to be told of a new service, and when that happened."""

    service_id = RowOf("new_service")
    channel = Varchar(length=40, default="")
    told_by_name = Varchar(length=200, default="")
    told_at = Timestamptz(default=None, null=True)

    keys = Keys(signed_off="told", begins="open", unique=(("service_id", "customer_id"),))


class ServiceTrial(TenantTable, customer=True):
    """A free trial, until before `ends_on`. It ends by itself and never becomes a paid order (S07-7)."""

    service_id = RowOf("new_service")
    redemption_id = RowOf("redemption")
    starts_on = Date(default=None, null=True)
    ends_on = Date(default=None, null=True)
    started_by_name = Varchar(length=200)

    keys = Keys(
        signed="started",
        begins="open",
        unique=(("service_id", "customer_id"),),
        checks={"period": "starts_on is not null and ends_on > starts_on"},
    )
