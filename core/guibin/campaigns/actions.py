"""Starting a campaign: the segment, the control group, and those who are left alone; then contacts and responses."""

import secrets
from uuid import UUID

from guibin.audit.actions import done, noted
from guibin.care.consents import refusal
from guibin.cases import Case
from guibin.cases.requests import NewSending
from guibin.context import Act
from guibin.plan_reviews.actions import Plan, put_up, refuse_unreviewed
from guibin.policy.criteria import Metric
from guibin.policy.packs import Policy
from guibin.profiles.queries import preferred_channel
from guibin.profiles.subjects import refuse_unless_served
from guibin.tiers import segments
from guibin.tiers.queries import tier_held
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, add_all, given
from guibin_tenants.scope import ALL_UNITS, execute, fetch_value

from . import queries
from .queries import MEMBERS, CampaignView, MemberView
from .refusals import AlreadyContacted, NobodyToContact, NotContacted, NotToContact
from .requests import MEMBERS_MAX, NewCampaign, NewCampaignResponse
from .tables import Campaign, CampaignContact, CampaignResponse

# Whoever has said no to this purpose, or to any contact, is left out and named so.
PURPOSE = "marketing"

# Who is control depends on the seed and the customer alone: the same draw can be made again and checked by anybody.
_DRAW = f"""
insert into campaign_member (id, campaign_id, customer_id, part, because, channel, tier)
select gen_random_uuid(), $1, d.id, case when d.refused is not null then 'excluded'
    when d.place <= $5 * d.willing / 100 then 'control' else 'contacted' end,
  coalesce(d.refused, ''), d.channel,
  {tier_held("d", "d.id", "$6", "$7")}
from (
  select s.*, count(*) filter (where s.refused is null) over () as willing,
    row_number() over (partition by s.refused is null order by sha256(convert_to($4 || '/' || s.id::text, 'UTF8'))) as place
  from (select c.tenant_id, c.id, {refusal("c", PURPOSE, wish="'topic:' || $8::text")} as refused,
      {preferred_channel("c", "$3")} as channel
    from customer c where c.id = any ($2::uuid[])) s) d
"""

_TOPIC = "select 'topic:' || p.topic from campaign p where p.id = $2"
_MEANWHILE = f"select {refusal('c', PURPOSE, wish=_TOPIC)} from customer c where c.id = $1"


async def start(new: NewCampaign, act: Act) -> CampaignView:
    """Select the segment, draw the control group, and write down who is contacted, who is not, and why. Where the policy wants
    a review, nobody is contacted before it (S04-7).

    Raises Invalid with every wrong field, and NobodyToContact.
    """
    today = act.today
    starts_on = new.starts_on or today
    metric = _checked(new, act.policy, starts_on < today, str(starts_on))
    chosen = await segments.members(
        new.segment, policy=act.policy, as_of=today, known_at=act.now, limit=MEMBERS_MAX + 1
    )
    if len(chosen) > MEMBERS_MAX:
        raise Invalid.at("segment", f"at most {MEMBERS_MAX:,} customers", "narrow it")
    seed = new.seed or secrets.token_hex(16)
    campaign_id = await add(
        Campaign,
        act,
        title=new.title,
        text=new.text,
        channel=new.channel,
        topic=new.topic,
        segment=new.segment,
        scheme=new.segment.scheme,
        fact=metric.fact if metric else "",
        unit=metric.unit if metric else "",
        starts_on=starts_on,
        window_days=new.window_days,
        control_percent=new.control_percent,
        budget=new.budget,
        seed=seed,
        policy_version=act.policy.version,
        org_unit_id=None if act.by.units == ALL_UNITS else act.by.org_unit_id,
    )
    await execute(
        _DRAW, campaign_id, chosen, new.channel, seed, new.control_percent, new.segment.scheme, starts_on, new.topic
    )
    campaign = await queries.CAMPAIGNS.one(campaign_id)
    if not campaign.to_contact:
        raise NobodyToContact(f"{campaign.excluded} want no contact, {campaign.control} would be the control group")
    await done("start", Case("campaign", campaign_id), act, shown=len(chosen))
    facts = {"scheme": new.segment.scheme, "topic": new.topic, "members": campaign.to_contact + campaign.control}
    facts["budget"] = new.budget
    await put_up(Plan(subject="campaign", id=campaign_id, title=new.title, facts=facts), act)
    return await queries.CAMPAIGNS.one(campaign_id)


async def contact(member_id: UUID, new: NewSending, act: Act) -> MemberView:
    """The member was contacted. Raises NotFound, NotReviewed, NotToContact, AlreadyContacted, ArchiveClosed.

    A no that came after the draw holds: it is looked at once more.
    """
    member = await MEMBERS.one(member_id)
    await refuse_unreviewed("campaign", member.campaign_id)
    if member.part != "contacted":
        raise NotToContact(f"The member is {member.part}" + (f": {member.because}" if member.because else ""))
    await refuse_unless_served(member.customer_id)
    said = await fetch_value(_MEANWHILE, member.customer_id, member.campaign_id)
    if said is not None:
        raise NotToContact(f"The customer said meanwhile: {said}")
    contacted = {"member_id": member_id, "channel": new.channel}
    if not await add_all(CampaignContact, act, [contacted], unless=("member_id",)):
        raise AlreadyContacted()
    return await _noted("campaign.contact", member_id, act)


async def respond(member_id: UUID, new: NewCampaignResponse, act: Act) -> MemberView:
    """What the member did about it. Raises NotFound, NotContacted, Invalid."""
    member = await MEMBERS.one(member_id)
    if member.contacted_at is None:
        raise NotContacted()
    responded_at = new.responded_at or act.now
    if not member.contacted_at <= responded_at <= act.now:
        raise Invalid.at("responded_at", f"from the contact, {member.contacted_at}, until now", "", str(responded_at))
    await add(CampaignResponse, act, member_id=member_id, **given(new) | {"responded_at": responded_at})
    return await _noted("campaign.response", member_id, act)


def _checked(new: NewCampaign, policy: Policy, too_early: bool, starts_on: str) -> Metric | None:
    """The metric by which spending is measured. Raises Invalid with everything wrong."""
    wrong = segments.problems(new.segment, policy)
    if too_early:
        wrong.append(FieldError("starts_on", "today or later", "results are measured from the start", starts_on))
    if new.topic and new.topic not in policy.topics:
        wrong.append(FieldError("topic", "a topic of the policy", f"one of: {', '.join(policy.topics)}", new.topic))
    scheme = policy.scheme(new.segment.scheme)
    money = [each for each in scheme.metrics if len(each.unit) == 3 and each.unit.isupper()] if scheme else []
    metric = next((each for each in money if each.name == new.metric), None)
    if new.metric and metric is None:
        known = ", ".join(each.name for each in money) or "name a scheme that has one"
        wrong.append(FieldError("metric", "a metric in money of the segment's scheme", f"one of: {known}", new.metric))
    if wrong:
        raise Invalid("The campaign was not started", fields=tuple(wrong))
    return metric


async def _noted(action: str, member_id: UUID, act: Act) -> MemberView:
    member = await MEMBERS.one(member_id)
    await noted(action, act, subject="campaign_member", subject_id=member_id, customer_id=member.customer_id)
    return member
