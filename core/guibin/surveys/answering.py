"""Taking an answer by its link: once, in time, and heard at once when it is low (S09-2)."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin import events
from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.events import SurveyAnswered
from guibin.notices.actions import Notice, notify
from guibin.policy.surveys import SurveyPolicy
from guibin.profiles.queries import customer_of
from guibin.records.answering import owe_answer
from guibin.web.signed_links import SpentLink
from guibin_tenants import keyring
from guibin_tenants.rows import add_all
from guibin_tenants.tables import new_id

from . import links
from .links import Link
from .queries import comment_place
from .tables import SurveyAnswer

COMMENT_CHARS_MAX = 1_000


class Asked(Struct, frozen=True):
    """An invitation that may be answered now: the survey as it was when the round began."""

    invitation_id: UUID
    round_id: UUID
    customer_id: UUID
    survey: SurveyPolicy


async def asked(link: Link, *, now: datetime) -> Asked:
    """Whom and what a link asks. Raises UnknownLink, and SpentLink to whoever truly holds it."""
    row = await links.behind(
        link,
        "select i.round_id, i.customer_id, i.expires_at as until_at, r.policy::text as policy, false as cancelled, exists (select from survey_answer a"
        " where a.tenant_id = i.tenant_id and a.invitation_id = i.id) as used from survey_invitation i"
        " join survey_round r on r.tenant_id = i.tenant_id and r.id = i.round_id"
        f" {customer_of('c', 'i')} and c.erased_at is null where i.id = $1",
        now=now,
    )
    survey = msgspec.json.decode(row["policy"], type=SurveyPolicy)
    return Asked(link.invitation_id, row["round_id"], row["customer_id"], survey)


async def answer(to: Asked, scores: Mapping[str, int], comment: str, act: Act) -> UUID:
    """Keep the answer; its id. `scores` has every question, 0 to 100. Under the floor, and near the level from which
    loyalty jumps, the account manager is told.

    The floor is the one in force now (S09-2). Raises SpentLink when somebody answered meanwhile.
    """
    now_asked = next((survey for survey in act.policy.surveys if survey.name == to.survey.name), to.survey)
    score = round(sum(scores.values()) / len(scores))
    answer_id = new_id()
    sealed = None
    if comment:
        sealed = keyring.seal(await keyring.subject_key(to.customer_id), comment_place(answer_id), comment)
    row = {
        "id": answer_id,
        "invitation_id": to.invitation_id,
        "round_id": to.round_id,
        "customer_id": to.customer_id,
        "survey": to.survey.name,
        "scores": dict(scores),
        "score": score,
        "floor": now_asked.floor,
        "leap": now_asked.leap,
        "near_leap": now_asked.near_leap,
        "comment_sealed": sealed,
        "answered_at": act.now,
    }
    if not await add_all(SurveyAnswer, None, [row], unless=("invitation_id",)):
        raise SpentLink("used")
    await noted("survey.answer", act, subject="survey_answer", subject_id=answer_id, customer_id=to.customer_id)
    await events.happen(SurveyAnswered(answer_id, to.customer_id, to.survey.name, score), act)
    case = Case("survey_answer", answer_id, to.customer_id)
    if sum(scores.values()) < now_asked.floor * len(scores):
        details = {"score": str(score), "floor": str(now_asked.floor)}
        low = Notice("survey_low", case, roles=("account_manager",), details=details)
        await notify(low, key=f"survey-low/{answer_id}", now=act.now)
    elif now_asked.leap - now_asked.near_leap <= score < now_asked.leap:
        details = {"score": str(score), "leap": str(now_asked.leap)}
        near = Notice("survey_near_leap", case, roles=("account_manager",), details=details)
        await notify(near, key=f"survey-near-leap/{answer_id}", now=act.now)
    if comment.strip():
        await owe_answer(case, act.policy.title(f"survey.{to.survey.name}", act.company.language), act)
    return answer_id
