"""Analysing what a customer needs, unasked, and recording what came of it (S01-12)."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.events import ArchiveEnds, at_once
from guibin.notices.actions import Notice, notify
from guibin.profiles.subjects import refuse_unless_served
from guibin_tenants.keys import ids_of
from guibin_tenants.principals import may
from guibin_tenants.receivers import colleague, refuse_unfit
from guibin_tenants.refusals import Conflict, Forbidden, Invalid
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import fetch_column, fetch_one

from .queries import LISTED, NeedsAnalysisView
from .requests import DAYS_MAX, NewNeedsAnalysis, NewNeedsOutcome
from .tables import NeedsAnalysis

SUBJECT: Final = "needs_analysis"
_DAYS = 14


class AlreadyFollowedUp(Conflict):
    """The needs were followed up already."""


class NotYourFollowUp(Forbidden):
    """These needs are for somebody else to follow up. Their owner does, or who leads."""


async def analyse(new: NewNeedsAnalysis, act: Act) -> NeedsAnalysisView:
    """A department analyses a customer of its own accord: whoever follows it up is told, and the account manager.

    Raises NotFound, ArchiveClosed, Invalid.
    """
    await refuse_unless_served(new.customer_id)
    customer = await fetch_one("select account_manager_id, org_unit_id from customer where id = $1", new.customer_id)
    owner_id = new.owner_id or (customer["account_manager_id"] if customer else None)
    if customer is None or owner_id is None:
        raise Invalid.at("owner_id", "somebody who follows it up", "the customer has no account manager: name somebody")
    await colleague(owner_id, field="owner_id")
    if new.owner_id is not None:
        await refuse_unfit(new.owner_id, customer["org_unit_id"])
    follow_up_on = new.follow_up_on or act.today + timedelta(days=_DAYS)
    if not 0 <= (follow_up_on - act.today).days <= DAYS_MAX:
        raise Invalid.at("follow_up_on", "from today to a year ahead", value=follow_up_on.isoformat())
    analysis_id = await add(
        NeedsAnalysis,
        act,
        customer_id=new.customer_id,
        department_id=act.by.org_unit_id,
        situation=new.situation,
        needs=new.needs,
        offers=new.offers,
        owner_id=owner_id,
        follow_up_on=follow_up_on,
    )
    case = Case(SUBJECT, analysis_id, new.customer_id)
    notice = Notice(
        "needs_analysed",
        case,
        roles=("account_manager",),
        staff_ids=(owner_id,),
        details={"who": act.by.name, "on": follow_up_on.isoformat()},
    )
    await notify(notice, key=f"needs-analysed/{analysis_id}", now=act.now)
    await done("analyse", case, act)
    return await LISTED.one(analysis_id)


async def follow_up(analysis_id: UUID, new: NewNeedsOutcome, act: Act) -> NeedsAnalysisView:
    """What came of it; whoever analysed hears. Raises NotFound, NotYourFollowUp, AlreadyFollowedUp."""
    await LISTED.one(analysis_id)
    row = await locked(NeedsAnalysis, analysis_id)
    if row["owner_id"] not in await ids_of(act.by) and not may("approvals:decide")(act.by):
        raise NotYourFollowUp()
    if row["followed_up_at"] is not None:
        raise AlreadyFollowedUp()
    await change(NeedsAnalysis, analysis_id, act, outcome=new.outcome)
    case = Case(SUBJECT, analysis_id, row["customer_id"])
    notice = Notice("needs_followed_up", case, staff_ids=(row["analysed_by"],))
    await notify(notice, key=f"needs-followed-up/{analysis_id}", now=act.now)
    await done("follow_up", case, act)
    return await LISTED.one(analysis_id)


@at_once(ArchiveEnds)
async def end_with_archive(ends: ArchiveEnds, act: Act) -> None:
    """Nobody follows up what a customer needs who is served no more, or erased (S07-35)."""
    waiting = await fetch_column(
        "select id from needs_analysis where customer_id = $1 and followed_up_at is null order by id", ends.customer_id
    )
    for analysis_id in waiting:
        await change(NeedsAnalysis, analysis_id, act, outcome=ends.reason)
