"""Background work of activities."""

from datetime import timedelta

from guibin.cases import Case
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.periods.spans import window_of
from guibin.policy.activities import InvitationRhythm
from guibin.records.dues import AsOf
from guibin_tenants.scope import fetch_one

from .actions import locked
from .places import FillPlaces, fill
from .refusals import ActivityCancelled
from .regularly import ManagerCount, manager_counts, plan_by, planned


class TellInvitations(Job, frozen=True):
    """Which regular event nobody planned in time, and whose customers nobody invited in the span that ended (S13-7)."""


@handles(FillPlaces)
async def fill_places(job: FillPlaces, run: Run) -> None:
    """Let the waiting of all org units move up."""
    try:
        await locked(job.activity_id)
    except ActivityCancelled:
        return
    await fill(job.activity_id, now=run.now)


@handles(TellInvitations)
async def tell_invitations(job: TellInvitations, run: Run) -> None:
    """The day after an event was to be planned, and the day after a span ended."""
    day, zone = run.at(run.due_at or run.now).today, run.company.time_zone
    for rhythm in run.policy.invitations:
        window = window_of(rhythm.span, day, zone)
        late = plan_by(rhythm, window) + timedelta(days=1) == day and not await planned(rhythm, window)
        # An event for nobody is owed by nobody.
        if late and await manager_counts((rhythm,), AsOf(day, zone, run.now)):
            await _tell_unplanned(rhythm, window.name, run)
    ended = [each for each in run.policy.invitations if window_of(each.span, day, zone).first_on == day]
    for count in await manager_counts(ended, AsOf(day - timedelta(days=1), zone, run.now)) if ended else []:
        if count.missed:
            name = window_of(ended[count.place].span, day - timedelta(days=1), zone).name
            await _tell_uninvited(ended[count.place], count, name, run)


async def _tell_unplanned(rhythm: InvitationRhythm, window: str, run: Run) -> None:
    notice = Notice(
        "invitation_unplanned",
        Case("company", run.company.id),
        roles=(rhythm.planned_by, "tenant_admin"),
        details={"invitation": rhythm.name, "span": window},
    )
    await notify(notice, key=f"invitation-unplanned/{rhythm.name}/{window}", now=run.now)


async def _tell_uninvited(rhythm: InvitationRhythm, count: ManagerCount, window: str, run: Run) -> None:
    staff_id = count.account_manager_id
    place = await fetch_one("select org_unit_id from staff where id = $1", staff_id) if staff_id else None
    notice = Notice(
        "invitations_missed",
        Case("staff" if staff_id else "company", staff_id or run.company.id),
        org_unit_id=place["org_unit_id"] if place else None,
        roles=("manager",),
        staff_ids=(staff_id,) if staff_id else (),
        details={
            "invitation": rhythm.name,
            "span": window,
            "count": str(count.missed),
            "who": count.account_manager_name or "-",
        },
    )
    await notify(notice, key=f"invitations-missed/{rhythm.name}/{rhythm.scheme}/{window}/{staff_id}", now=run.now)
