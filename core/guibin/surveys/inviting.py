"""Asking one customer a survey, outside of any draw."""

import secrets
from datetime import timedelta
from uuid import UUID

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin_tenants import org_units
from guibin_tenants.rows import add
from guibin_tenants.scope import fetch_value

from .actions import ELIGIBLE, PURPOSES, survey_named, tell
from .refusals import NobodyToAsk
from .tables import SurveyInvitation, SurveyRound


async def invite(name: str, customer_id: UUID, act: Act) -> UUID:
    """A round of this customer alone; its id. Whoever looks after them is told. Raises NotFound, and NobodyToAsk for a customer
    who rests from the survey, is none of those it is for, or asked not to be asked."""
    survey = survey_named(name, act.policy)
    eligible = await fetch_value(
        f"select true {ELIGIBLE} and c.id = $7",
        list(survey.customer_kinds),
        None,
        None,
        name,
        act.now - timedelta(days=survey.rest_days),
        list(PURPOSES),
        customer_id,
    )
    if not eligible:
        raise NobodyToAsk(f"Survey {name}")
    until = (act.now + timedelta(days=survey.answer_within_days)).replace(microsecond=0)
    round_id = await add(
        SurveyRound,
        act,
        survey=name,
        org_unit_id=await org_units.or_head_office(act.by.org_unit_id),
        policy=survey,
        policy_version=act.policy.version,
        criteria={"sample_percent": 100, "scheme": None, "tier": None},
        seed=secrets.token_hex(16),
        population=1,
        sample=1,
        answer_until=until,
    )
    await add(
        SurveyInvitation,
        None,
        round_id=round_id,
        customer_id=customer_id,
        survey=name,
        invited_at=act.now,
        expires_at=until,
    )
    await tell(round_id, until, now=act.now)
    await done("start", Case("survey_round", round_id, customer_id), act, shown=1)
    return round_id
