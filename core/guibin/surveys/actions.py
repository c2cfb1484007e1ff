"""Holding a survey: the draw, which is random, repeatable and on record, and the links."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.packs import Policy
from guibin.policy.surveys import SurveyPolicy
from guibin_tenants import org_units
from guibin_tenants.refusals import Conflict, FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch, fetch_one
from guibin_tenants.tables import new_id

from . import links
from .queries import RoundView, round_by_id
from .refusals import NobodyToAsk
from .requests import NewRound, NewSending

# Whoever refuses this, or contact altogether, is asked nothing.
PURPOSES = ("survey", "contact")

_ELIGIBLE = """
from customer c
where c.closed_at is null and (cardinality($1::text[]) = 0 or c.kind = any ($1::text[]))
  and ($2::text is null or exists (select from membership m where m.tenant_id = c.tenant_id and m.customer_id = c.id
    and m.scheme = $2 and m.ends_on is null and ($3::text is null or m.tier = $3)))
  and not exists (select from survey_invitation i where i.tenant_id = c.tenant_id and i.customer_id = c.id
    and i.survey = $4 and i.invited_at > $5)
  and not exists (select from unnest($6::text[]) as p (purpose) where (
    select k.answer from consent k where k.tenant_id = c.tenant_id and k.customer_id = c.id and k.purpose = p.purpose
    order by k.recorded_at desc, k.id desc limit 1) in ('refused', 'withdrawn'))
"""
# Who comes first depends on the seed and the customer alone: the same draw can be made again and checked by anybody.
_DRAW = f"""
insert into survey_invitation (id, round_id, customer_id, survey, invited_at, expires_at)
select gen_random_uuid(), $8, d.id, $4, $9, $10 from (
  select c.id {_ELIGIBLE} order by sha256(convert_to($7 || '/' || c.id::text, 'UTF8')) limit $11) d
"""


class LinkTaken(Struct, frozen=True):
    """The address to pass on to this customer, and until when it may be answered."""

    path: str
    expires_at: datetime


class AlreadyAnswered(Conflict):
    """There is nothing left to send."""

    kind = "survey-answered"
    title = "The customer has answered already, or the link has expired"


def survey_named(name: str, policy: Policy) -> SurveyPolicy:
    """The survey of the policy. Raises NotFound."""
    found = next((survey for survey in policy.surveys if survey.name == name), None)
    if found is None:
        raise NotFound(f"There is no survey {name}")
    return found


async def hold(name: str, new: NewRound, act: Act) -> RoundView:
    """Draw the sample and tell each account manager whom to ask.

    Drawn are `sample_percent` of the visible customers who may be asked, rounded up. Raises NotFound, Invalid, NobodyToAsk.
    """
    survey = survey_named(name, act.policy)
    _check_members(new, act.policy)
    unit = act.by.org_unit_id or (await _head_office())
    eligible = (
        list(survey.customer_kinds),
        new.scheme,
        new.tier,
        name,
        act.now - timedelta(days=survey.rest_days),
        list(PURPOSES),
    )
    counted = await fetch_one(f"select count(*)::int as n {_ELIGIBLE}", *eligible)
    population = counted["n"] if counted else 0
    if not population:
        raise NobodyToAsk(f"Survey {name}")
    percent = new.sample_percent or survey.sample_percent
    sample = -(-population * percent // 100)
    seed = new.seed or secrets.token_hex(16)
    round_id = new_id()
    until = (act.now + timedelta(days=survey.answer_within_days)).replace(microsecond=0)
    await execute(
        "insert into survey_round (id, survey, org_unit_id, policy, policy_version, criteria, seed, population, sample,"
        " answer_until, started_by, started_by_name, started_at)"
        " values ($1, $2, $3, $4::jsonb, $5, $6::jsonb, $7, $8, $9, $10, $11, $12, $13)",
        round_id,
        name,
        unit,
        msgspec.json.encode(survey).decode(),
        act.policy.version,
        msgspec.json.encode({"sample_percent": percent, "scheme": new.scheme, "tier": new.tier}).decode(),
        seed,
        population,
        sample,
        until,
        act.by.id,
        act.by.name,
        act.now,
    )
    await execute(_DRAW, *eligible, seed, round_id, act.now, until, sample)
    await _tell(round_id, until, now=act.now)
    note = AuditNote(action="survey_round.start", subject="survey_round", subject_id=round_id, shown=sample)
    await record(note, act)
    return await round_by_id(round_id)


async def take_link(invitation_id: UUID, new: NewSending, act: Act) -> LinkTaken:
    """The link to pass on, and a record of who did. Raises NotFound, AlreadyAnswered."""
    row = await fetch_one(
        "select i.customer_id, i.expires_at, a.id as answer_id from survey_invitation i left join survey_answer a"
        " on a.tenant_id = i.tenant_id and a.invitation_id = i.id where i.id = $1",
        invitation_id,
    )
    if row is None:
        raise NotFound(f"There is no invitation {invitation_id}")
    if row["answer_id"] is not None or row["expires_at"] <= act.now:
        raise AlreadyAnswered(f"Invitation {invitation_id}")
    await execute(
        "insert into survey_sending (id, invitation_id, channel, sent_by, sent_by_name, sent_at)"
        " values ($1, $2, $3, $4, $5, $6)",
        new_id(),
        invitation_id,
        new.channel,
        act.by.id,
        act.by.name,
        act.now,
    )
    note = AuditNote(
        action="survey.send", subject="survey_invitation", subject_id=invitation_id, customer_id=row["customer_id"]
    )
    await record(note, act)
    return LinkTaken(links.PATH + await links.issue(invitation_id, row["expires_at"]), row["expires_at"])


def _check_members(new: NewRound, policy: Policy) -> None:
    scheme = next((one for one in policy.schemes if one.name == new.scheme), None)
    if new.scheme and scheme is None:
        raise Invalid(fields=(FieldError("scheme", "a scheme of the policy", value=new.scheme),))
    if new.tier and (scheme is None or scheme.tier(new.tier) is None):
        raise Invalid(fields=(FieldError("tier", "a tier of the scheme", "name the scheme too", new.tier),))


async def _head_office() -> UUID:
    head = await org_units.head_office()
    if head is None:
        raise NotFound("The company has no org unit")
    return head.id


async def _tell(round_id: UUID, until: datetime, *, now: datetime) -> None:
    rows = await fetch(
        "select c.account_manager_id as who, count(*) as n from survey_invitation i join customer c"
        " on c.tenant_id = i.tenant_id and c.id = i.customer_id"
        " where i.round_id = $1 and c.account_manager_id is not null group by 1",
        round_id,
    )
    for row in rows:
        notice = Notice(
            kind="survey_started",
            subject="survey_round",
            subject_id=round_id,
            staff_ids=(row["who"],),
            details={"count": str(row["n"]), "on": until.date().isoformat()},
        )
        await notify(notice, key=f"survey-round/{round_id}", now=now)
