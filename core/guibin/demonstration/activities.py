"""What a demonstration company invites to and recommends: two events with answers, and a campaign with its first responses."""

import contextlib
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from guibin.activities import actions, answering, inviting
from guibin.activities.requests import NewActivity, NewActivityAnswer, NewInvitations
from guibin.campaigns import actions as campaigns
from guibin.campaigns.requests import NewCampaign, NewCampaignResponse
from guibin.cases.requests import NewSending
from guibin.profiles.queries import OPEN
from guibin.tiers.segments import Segment
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Refusal
from guibin_tenants.scope import fetch, fetch_column, savepoint

from .days import Scene

_EVENTS = (("新春客户答谢会", "一楼多功能厅", 9), ("新业务体验日", "旗舰营业厅", 16))
_TEXT = "请携带本邀请，凭二维码签到。"
_GUESTS, _SEATS, _CONTACTED = 14, 12, 6
# In whole units of the company's currency: what goes by the amount to its review says one.
_BUDGET = 8_000
_OFFER = ("年末升级专属优惠", "老客户升级到更高一级，首年优惠。")


async def invite_and_recommend(scene: Scene, people: Sequence[Principal]) -> None:
    """Inside the company's scope, when its customers hold their tiers."""
    if not people:
        return
    scene = Scene(replace(scene.act, by=people[0]), scene.chance)
    kinds = scene.act.policy.activities
    for place, (kind, (title, where, days)) in enumerate(zip(kinds, _EVENTS, strict=False)):
        at = datetime.combine(scene.today + timedelta(days=days), time(14), ZoneInfo(scene.act.company.time_zone))
        new = NewActivity(
            kind=kind.name,
            title=title,
            text=_TEXT,
            place=where,
            starts_at=at,
            ends_at=at + timedelta(hours=3),
            capacity=_SEATS,
            budget=_BUDGET,
        )
        planned = await actions.plan(new, scene.act)
        await _answers(planned.id, await _customers(place * _GUESTS), scene)
    await _campaign(scene)


async def _customers(offset: int) -> list[UUID]:
    return await fetch_column(f"select c.id from {OPEN} order by c.number offset $1 limit $2", offset, _GUESTS)


async def _answers(activity_id: UUID, customers: Sequence[UUID], scene: Scene) -> None:
    """Most come, some do not, some have not said."""
    if not customers:
        return
    await inviting.invite(activity_id, NewInvitations(customer_ids=tuple(customers)), scene.act)
    rows = await fetch("select id from activity_invitation where activity_id = $1 order by id", activity_id)
    for place, row in enumerate(rows):
        if place % 4 == 3:
            continue
        said = NewActivityAnswer(accepted=place % 5 != 2)
        # Whoever is not entitled to it cannot accept.
        with contextlib.suppress(Refusal):
            async with savepoint():
                await answering.answer(row["id"], said, scene.act)


async def _campaign(scene: Scene) -> None:
    scheme = next(iter(scene.act.policy.schemes), None)
    if scheme is None:
        return
    title, text = _OFFER
    new = NewCampaign(title=title, text=text, segment=Segment(scheme=scheme.name), seed="demonstration", budget=_BUDGET)
    started = await campaigns.start(new, scene.act)
    # Where the policy has it reviewed first, it waits.
    with contextlib.suppress(Refusal):
        async with savepoint():
            rows = await fetch(
                "select id from campaign_member where campaign_id = $1 and part = 'contacted' order by id limit $2",
                started.id,
                _CONTACTED,
            )
            for place, row in enumerate(rows):
                await campaigns.contact(row["id"], NewSending(channel="phone"), scene.act)
                if place % 2 == 0:
                    interested = NewCampaignResponse(kind="interested", note="愿意了解细节")
                    await campaigns.respond(row["id"], interested, scene.act)
