"""Holding a survey: the draw, which is random, repeatable and on record, and the links."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from guibin.audit.actions import noted, recorded
from guibin.cases import Case
from guibin.cases.requests import NewSending
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.packs import Policy
from guibin.policy.surveys import SurveyPolicy
from guibin.profiles.queries import customer_of, refused
from guibin.profiles.subjects import refuse_unless_served
from guibin.tiers.queries import in_scheme
from guibin.web.signed_links import LinkTaken
from guibin_tenants import org_units
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.rows import add, row_of
from guibin_tenants.scope import execute, fetch, fetch_one

from . import links
from .queries import ROUNDS, RoundView
from .refusals import AlreadyAnswered, NobodyToAsk
from .requests import NewRound
from .tables import SurveyInvitation, SurveyRound, SurveySending

# Whoever refuses this, or contact altogether, is asked nothing.
PURPOSES = ("survey", "contact")

ELIGIBLE = f"""
from customer c
where c.closed_at is null and (cardinality($1::text[]) = 0 or c.kind = any ($1::text[]))
  and ($2::text is null or {in_scheme("c", "$2", "$3")})
  and not exists (select from survey_invitation i where i.tenant_id = c.tenant_id and i.customer_id = c.id
    and i.survey = $4 and i.invited_at > $5)
  and not exists (select from unnest($6::text[]) as p (purpose) where {refused("c", "c.id", "p.purpose")})
"""
# Who comes first depends on the seed and the customer alone: the same draw can be made again and checked by anybody.
_DRAW = f"""
insert into survey_invitation (id, round_id, customer_id, survey, invited_at, expires_at)
select gen_random_uuid(), $8, d.id, $4, $9, $10 from (
  select c.id {ELIGIBLE} order by sha256(convert_to($7 || '/' || c.id::text, 'UTF8')) limit $11) d
"""


def survey_named(name: str, policy: Policy) -> SurveyPolicy:
    """The survey of the policy. Raises NotFound."""
    survey = next((survey for survey in policy.surveys if survey.name == name), None)
    if survey is None:
        raise NotFound(f"There is no survey {name}")
    return survey


async def hold(name: str, new: NewRound, act: Act) -> RoundView:
    """Draw the sample and tell each account manager whom to ask.

    Drawn are `sample_percent` of the visible customers who may be asked, rounded up. Raises NotFound, Invalid, NobodyToAsk.
    """
    survey = survey_named(name, act.policy)
    _check_members(new, act.policy)
    unit = await org_units.or_head_office(act.by.org_unit_id)
    eligible = (
        list(survey.customer_kinds),
        new.scheme,
        new.tier,
        name,
        act.now - timedelta(days=survey.rest_days),
        list(PURPOSES),
    )
    counted = await fetch_one(f"select count(*)::int as n {ELIGIBLE}", *eligible)
    population = counted["n"] if counted else 0
    if not population:
        raise NobodyToAsk(f"Survey {name}")
    percent = new.sample_percent or survey.sample_percent
    sample = -(-population * percent // 100)
    seed = new.seed or secrets.token_hex(16)
    until = (act.now + timedelta(days=survey.answer_within_days)).replace(microsecond=0)
    round_id = await add(
        SurveyRound,
        act,
        survey=name,
        org_unit_id=unit,
        policy=survey,
        policy_version=act.policy.version,
        criteria={"sample_percent": percent, "scheme": new.scheme, "tier": new.tier},
        seed=seed,
        population=population,
        sample=sample,
        answer_until=until,
    )
    await execute(_DRAW, *eligible, seed, round_id, act.now, until, sample)
    await tell(round_id, until, now=act.now)
    return await recorded("start", Case("survey_round", round_id), ROUNDS, act, shown=sample)


async def take_link(invitation_id: UUID, new: NewSending, act: Act) -> LinkTaken:
    """The link to pass on, and a record of who did. Raises NotFound, AlreadyAnswered, ArchiveClosed."""
    invitation = await row_of(
        SurveyInvitation,
        invitation_id,
        "select i.customer_id, i.expires_at, a.id as answer_id from survey_invitation i left join survey_answer a"
        " on a.tenant_id = i.tenant_id and a.invitation_id = i.id where i.id = $1",
    )
    expires_at = invitation["expires_at"]
    if invitation["answer_id"] is not None or expires_at <= act.now:
        raise AlreadyAnswered(f"Invitation {invitation_id}")
    await refuse_unless_served(invitation["customer_id"])
    await add(SurveySending, act, invitation_id=invitation_id, channel=new.channel)
    await noted(
        "survey.send", act, subject="survey_invitation", subject_id=invitation_id, customer_id=invitation["customer_id"]
    )
    return LinkTaken(links.PATH + await links.issue(invitation_id, expires_at), expires_at)


def _check_members(new: NewRound, policy: Policy) -> None:
    scheme = policy.scheme(new.scheme) if new.scheme else None
    if new.scheme and scheme is None:
        raise Invalid.at("scheme", "a scheme of the policy", value=new.scheme)
    if new.tier and (scheme is None or scheme.tier(new.tier) is None):
        raise Invalid.at("tier", "a tier of the scheme", "name the scheme too", new.tier)


async def tell(round_id: UUID, until: datetime, *, now: datetime) -> None:
    """Each account manager hears whom to ask."""
    rows = await fetch(
        f"select c.account_manager_id as who, count(*) as n from survey_invitation i {customer_of('c', 'i')}"
        " where i.round_id = $1 and c.account_manager_id is not null group by 1",
        round_id,
    )
    for row in rows:
        notice = Notice(
            "survey_started",
            Case("survey_round", round_id),
            staff_ids=(row["who"],),
            details={"count": str(row["n"]), "on": until.date().isoformat()},
        )
        await notify(notice, key=f"survey-round/{round_id}", now=now)
