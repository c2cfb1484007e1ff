"""Background work of care, once a day in the company's morning."""

from uuid import UUID

from guibin.cases import Case
from guibin.context import Act
from guibin.events import ConsentRecorded, OrdersOpened, at_once
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin_tenants.scope import one_at_a_time

from . import dues, renewals


@at_once(ConsentRecorded)
async def waive_at_once(happened: ConsentRecorded, act: Act) -> None:
    """Who no longer wants contact is not called today either."""
    if happened.answer != "granted":
        await dues.waive_unwanted(happened.customer_id)


@at_once(OrdersOpened)
async def withdraw_overtaken(happened: OrdersOpened, act: Act) -> None:
    """A new order may be what a reminder or a renewal was for."""
    await dues.withdraw_reminders(happened.customer_ids)
    await renewals.withdraw_stale(act, happened.customer_ids)


class PrepareCare(Job, frozen=True):
    """Reminders and occasions that come near (S07-4, S07-6)."""


class FilterRenewals(Job, frozen=True):
    """Orders about to end go up for approval (S07-18)."""


@handles(PrepareCare)
async def prepare_care(job: PrepareCare, run: Run) -> None:
    """The day is the company's; each account manager is told once a day how much there is to do."""
    await one_at_a_time("/care")
    today, care = run.today, run.policy.care
    if care.reminders is not None:
        await dues.prepare_reminders(care.reminders, today=today, now=run.now)
    for occasion in care.occasions:
        await dues.prepare_occasion(occasion, today=today, now=run.now)
    await dues.waive_unwanted()
    for manager, count in await dues.due_by_manager(today):
        notice = Notice(
            "care_due",
            Case("staff", UUID(manager)),
            staff_ids=(UUID(manager),),
            details={"count": str(count), "on": today.isoformat()},
        )
        await notify(notice, key=f"care-due/{today}", now=run.now)


@handles(FilterRenewals)
async def filter_renewals(job: FilterRenewals, run: Run) -> None:
    """Runs daily, filters by the last filter day: a Monday missed is made up for on Tuesday."""
    policy = run.policy.care.renewals
    flow = run.policy.approval(policy.approval) if policy else None
    if policy is None or flow is None:
        return
    await one_at_a_time("/care")
    today = run.today
    await renewals.put_up(policy, flow, run, today=today)
