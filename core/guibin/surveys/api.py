"""`/api/v1/surveys`, `/survey-rounds`, `/survey-invitations`, `/survey-answers` and `/improvement-actions`."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.policy.packs import Policy
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import may
from guibin_tenants.rate_limits import BULK

from . import actions, improvements, posting, queries, reports
from .queries import ActionState, ActionView, AnswerView, RoundView, SurveyInvitationView
from .reports import YearComparison

READ, WRITE = may("surveys:read"), may("surveys:write")
State = Annotated[ActionState | None, Parameter(query="state", default=None)]


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
    clause: str


class SurveyController(Controller):
    path = "/api/v1/surveys"
    tags = ("surveys",)

    @get("/", needs=READ, summary="The company's surveys")
    async def list_surveys(self, policy: Policy, language: str) -> list[SurveyDefinition]:
        def say(key: str, name: str) -> str:
            text = policy.texts.get(f"{key}.{name}")
            return text.in_language(language) if text else name

        return [
            SurveyDefinition(
                name=one.name,
                title=say("survey", one.name),
                questions={question: say("survey_question", question) for question in one.questions},
                sample_percent=one.sample_percent,
                floor=one.floor,
                rest_days=one.rest_days,
                answer_within_days=one.answer_within_days,
                clear_gain=one.clear_gain,
                clause=one.clause,
            )
            for one in policy.surveys
        ]

    hold = posts(
        "/{name:str}/rounds", actions.hold, needs=WRITE, cost=BULK, summary="Hold the survey once: draw whom to ask"
    )

    @get("/{name:str}/comparison", needs=READ, cost=BULK, summary="A year beside the year before, question by question")
    async def compare(self, name: str, year: int, language: str, act: Act) -> YearComparison:
        found = await reports.compare(name, year, policy=act.policy, language=language, time_zone=act.company.time_zone)
        await record(AuditNote(action="survey.compare", subject="survey", shown=len(found.questions)), act)
        return found


class SurveyRoundController(Controller):
    path = "/api/v1/survey-rounds"
    tags = ("surveys",)

    @get("/", needs=READ, summary="Rounds, the latest first")
    async def list_rounds(
        self, act: Act, survey: str | None = None, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[RoundView]:
        found = await queries.rounds(survey=survey, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.started_at, one.id))
        await record(AuditNote(action="survey_round.search", subject="survey_round", shown=len(page.items)), act)
        return page

    @get("/{round_id:uuid}", needs=READ, summary="One round: how it was drawn and how it stands")
    async def show(self, round_id: UUID, act: Act) -> RoundView:
        found = await queries.round_by_id(round_id)
        await record(AuditNote(action="survey_round.read", subject="survey_round", subject_id=round_id), act)
        return found

    send = posts(
        "/{round_id:uuid}/sendings",
        posting.send_round,
        needs=WRITE,
        status_code=HTTP_202_ACCEPTED,
        summary="Send the links by message to everybody who was not sent one yet",
    )


class SurveyInvitationController(Controller):
    path = "/api/v1/survey-invitations"
    tags = ("surveys",)

    @get("/", needs=READ, summary="Who was drawn, and whether they were sent the link and answered")
    async def list_invitations(
        self, act: Act, round_id: UUID | None = None, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[SurveyInvitationView]:
        found = await queries.invitations(round_id, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.invited_at, one.id))
        customers = tuple({one.customer_id for one in page.items})
        note = AuditNote(
            action="survey_invitation.search",
            subject="survey_invitation",
            customer_ids=customers,
            shown=len(page.items),
        )
        await record(note, act)
        return page

    take_link = posts(
        "/{invitation_id:uuid}/sendings",
        actions.take_link,
        needs=WRITE,
        summary="Take the customer's link to pass it on",
    )


class SurveyAnswerController(Controller):
    path = "/api/v1/survey-answers"
    tags = ("surveys",)

    @get("/", needs=READ, summary="Answers, the latest first")
    async def list_answers(
        self,
        act: Act,
        round_id: UUID | None = None,
        customer_id: UUID | None = None,
        under_floor: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[AnswerView]:
        found = await queries.answers(
            round_id=round_id,
            customer_id=customer_id,
            under_floor=under_floor,
            after=decode(cursor),
            limit=limit + 1,
        )
        page = page_of(found, limit, lambda one: Cursor(one.answered_at, one.id))
        customers = tuple({one.customer_id for one in page.items})
        note = AuditNote(
            action="survey_answer.search", subject="survey_answer", customer_ids=customers, shown=len(page.items)
        )
        await record(note, act)
        return page

    @get("/{answer_id:uuid}", needs=READ, summary="One answer with its comment")
    async def show(self, answer_id: UUID, act: Act) -> AnswerView:
        found = await queries.answer_by_id(answer_id)
        note = AuditNote(
            action="survey_answer.read", subject="survey_answer", subject_id=answer_id, customer_id=found.customer_id
        )
        await record(note, act)
        return found


class ImprovementActionController(Controller):
    path = "/api/v1/improvement-actions"
    tags = ("surveys",)

    @get("/", needs=READ, summary="Improvements, what is due first comes first")
    async def list_actions(
        self,
        act: Act,
        in_state: State = None,
        owner_id: UUID | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[ActionView]:
        found = await queries.actions(state=in_state, owner_id=owner_id, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.due_at, one.id))
        customers = tuple({one.customer_id for one in page.items if one.customer_id})
        note = AuditNote(
            action="improvement.search", subject="improvement", customer_ids=customers, shown=len(page.items)
        )
        await record(note, act)
        return page

    propose = posts(
        "/", improvements.propose, needs=WRITE, summary="Have somebody change something because of a round or an answer"
    )

    @get("/{action_id:uuid}", needs=READ, summary="One improvement with its steps")
    async def show(self, action_id: UUID, act: Act) -> ActionView:
        found = await queries.action_by_id(action_id)
        note = AuditNote(
            action="improvement.read", subject="improvement", subject_id=action_id, customer_id=found.customer_id
        )
        await record(note, act)
        return found

    report = posts(
        "/{action_id:uuid}/reports",
        improvements.report,
        needs=WRITE,
        status_code=HTTP_200_OK,
        summary="The owner has done it",
    )
    confirm = posts(
        "/{action_id:uuid}/confirmation",
        improvements.confirm,
        needs=WRITE,
        status_code=HTTP_200_OK,
        summary="Somebody else has seen that it works: the end",
    )
    send_back = posts(
        "/{action_id:uuid}/returns",
        improvements.send_back,
        needs=WRITE,
        status_code=HTTP_200_OK,
        summary="It is not done: owed again",
    )
