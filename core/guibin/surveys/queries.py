"""Reading rounds, invitations, answers and what came of them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, structs

from guibin.cases.followed import FOLLOWED, Followed
from guibin.policy.packs import Policy
from guibin.profiles.queries import customer_of
from guibin.web.listing import Listing, earliest_first, newest_first
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.principals import may
from guibin_tenants.rows import lines
from guibin_tenants.scope import fetch_value

from .tables import SurveyAnswer, SurveyInvitation, SurveyRound

ActionState = Literal["open", "reported", "confirmed"]
# Fewer answers than these say more about single people than about the service.
FEW = 5


class RoundView(Struct, frozen=True, kw_only=True):
    """A survey held once. `invited`, `answered` and `score_avg` (0 to 100) are of the customers one may see."""

    id: UUID
    survey: str
    org_unit_id: UUID
    seed: str
    population: int
    sample: int
    answer_until: datetime
    started_by_name: str
    started_at: datetime
    invited: int
    answered: int
    under_floor: int
    near_leap: int
    at_leap: int
    score_avg: float | None


class SurveyInvitationView(Struct, frozen=True, kw_only=True):
    """A customer who was drawn; `sent_at` is the latest sending."""

    id: UUID
    round_id: UUID
    customer_id: UUID
    customer_number: str
    invited_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None


class AnswerView(Struct, frozen=True, kw_only=True):
    """What a customer answered; `comment` is filled only when one answer is read. `near` the `leap` from which loyalty jumps,
    and under it (S09-5)."""

    id: UUID
    round_id: UUID
    survey: str
    customer_id: UUID
    scores: dict[str, int]
    score: int
    floor: int
    leap: int
    near: bool
    comment: str
    answered_at: datetime


class StepLine(Struct, frozen=True):
    """One step of an improvement."""

    kind: str
    note: str
    taken_by_name: str
    taken_at: datetime


class ActionView(Struct, frozen=True, kw_only=True):
    """An improvement: open, reported by its owner, or confirmed, which ends it."""

    id: UUID
    round_id: UUID
    answer_id: UUID | None
    customer_id: UUID | None
    text: str
    owner_id: UUID
    owner_name: str
    due_at: datetime
    proposed_by_name: str
    proposed_at: datetime
    state: ActionState
    steps: list[StepLine]


class RoundFilter(Struct, frozen=True, kw_only=True):
    """Which rounds."""

    survey: str | None = None


class SurveyInvitationFilter(Struct, frozen=True, kw_only=True):
    """Which invitations."""

    round_id: UUID | None = None


class AnswerFilter(Struct, frozen=True, kw_only=True):
    """Which answers; `latest` are each customer's last to a survey."""

    round_id: UUID | None = None
    customer_id: UUID | None = None
    under_floor: bool = False
    near_leap: bool = False
    latest: bool = False


class ActionFilter(Struct, frozen=True, kw_only=True):
    """Which improvements."""

    state: ActionState | None = None
    owner_id: UUID | None = None


class SurveyDefinition(Struct, frozen=True, kw_only=True):
    """A survey of the policy, in the language asked for."""

    name: str
    title: str
    questions: dict[str, str]
    sample_percent: int
    floor: int
    rest_days: int
    answer_within_days: int
    clear_gain: int
    leap: int
    near_leap: int
    clause: str


# SQL: the answer `{0}` is under the level from which loyalty jumps, and near it (S09-5).
_NEAR = "({0}.score < {0}.leap and {0}.score >= {0}.leap - {0}.near_leap)"
ROUNDS = Listing(
    view=RoundView,
    source="survey_round x, lateral (select count(*)::int as answered,"
    " (count(*) filter (where s.score < s.floor))::int as under_floor,"
    f" (count(*) filter (where {_NEAR.format('s')}))::int as near_leap,"
    " (count(*) filter (where s.leap > 0 and s.score >= s.leap))::int as at_leap, round(avg(s.score), 1)::float8 as score_avg"
    " from survey_answer s where s.tenant_id = x.tenant_id and s.round_id = x.id) a",
    order=newest_first("x.started_at"),
    columns={
        "invited": "(select count(*)::int from survey_invitation i where i.tenant_id = x.tenant_id and i.round_id = x.id)",
        "answered": "a.answered",
        "under_floor": "a.under_floor",
        "near_leap": "a.near_leap",
        "at_leap": "a.at_leap",
        "score_avg": "a.score_avg",
    },
)
INVITATIONS = Listing(
    view=SurveyInvitationView,
    source=f"survey_invitation x {customer_of('c', 'x')}"
    " left join survey_answer a on a.tenant_id = x.tenant_id and a.invitation_id = x.id",
    order=earliest_first("x.invited_at"),
    columns={
        "customer_number": "c.number",
        "sent_at": "(select max(s.sent_at) from survey_sending s where s.tenant_id = x.tenant_id and s.invitation_id = x.id)",
        "answered_at": "a.answered_at",
    },
)
ANSWERS = Listing(
    view=AnswerView,
    source="survey_answer x",
    order=newest_first("x.answered_at"),
    columns={"comment": "''", "near": _NEAR.format("x")},
    filters={
        "under_floor": "x.score < x.floor",
        "near_leap": _NEAR.format("x"),
        "latest": "not exists (select from survey_answer n where n.tenant_id = x.tenant_id and n.customer_id = x.customer_id"
        " and n.survey = x.survey and (n.answered_at, n.id) > (x.answered_at, x.id))",
    },
)
STATE = (
    "coalesce((select case s.kind when 'sent_back' then 'open' else s.kind end from improvement_step s"
    " where s.tenant_id = x.tenant_id and s.action_id = x.id order by s.taken_at desc, s.id desc limit 1), 'open')"
)
ACTIONS = Listing(
    view=ActionView,
    source="improvement_action x",
    order=earliest_first("x.due_at"),
    columns={
        "state": STATE,
        "steps": lines(StepLine, "from improvement_step where action_id = x.id order by taken_at, id"),
    },
    filters={"state": f"{STATE} = $value"},
)


# SQL: each answer `a` with the score `before` it of the same survey and customer, and its `place`, 1 for the last.
IN_A_ROW = """(select x.*, lag(x.score) over earlier as before,
    row_number() over (partition by x.customer_id, x.survey order by x.answered_at desc, x.id desc) as place
    from survey_answer x window earlier as (partition by x.customer_id, x.survey order by x.answered_at, x.id)) a"""


async def surveys(policy: Policy, language: str) -> list[SurveyDefinition]:
    """The surveys of the policy."""

    def say(key: str, name: str) -> str:
        text = policy.texts.get(f"{key}.{name}")
        return text.in_language(language) if text else name

    return [
        SurveyDefinition(
            name=survey.name,
            title=say("survey", survey.name),
            questions={question: say("survey_question", question) for question in survey.questions},
            sample_percent=survey.sample_percent,
            floor=survey.floor,
            rest_days=survey.rest_days,
            answer_within_days=survey.answer_within_days,
            clear_gain=survey.clear_gain,
            leap=survey.leap,
            near_leap=survey.near_leap,
            clause=survey.clause,
        )
        for survey in policy.surveys
    ]


async def answer_by_id(answer_id: UUID) -> AnswerView:
    """One answer with its comment. Raises NotFound."""
    answer = await ANSWERS.one(answer_id)
    sealed = await fetch_value("select comment_sealed from survey_answer where id = $1", answer_id)
    if sealed is None:
        return answer
    key = await keyring.subject_key(answer.customer_id)
    return structs.replace(answer, comment=keyring.unseal(key, comment_place(answer_id), bytes(sealed)))


def comment_place(answer_id: UUID) -> Place:
    """Where an answer's comment is sealed."""
    return Place("survey_answer", "comment_sealed", answer_id)


FOLLOWED.give("survey_round", Followed(may("surveys:read"), SurveyRound))
FOLLOWED.give("survey_invitation", Followed(may("surveys:read"), SurveyInvitation))
FOLLOWED.give("survey_answer", Followed(may("surveys:read"), SurveyAnswer))
