"""`/api/v1/surveys`, `/survey-rounds`, `/survey-invitations`, `/survey-answers` and `/improvement-actions`."""

from uuid import UUID

from litestar import Controller, get
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from guibin.audit.actions import AuditNote, done, record, searched
from guibin.context import Act
from guibin.sla.milestones import Case
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may
from guibin_tenants.rate_limits import BULK

from . import actions, improvements, posting, queries, reports
from .queries import (
    ACTIONS,
    ANSWERS,
    INVITATIONS,
    ROUNDS,
    ActionFilter,
    ActionView,
    AnswerFilter,
    AnswerView,
    RoundFilter,
    RoundView,
    SurveyInvitationFilter,
    SurveyInvitationView,
)

READ, WRITE = may("surveys:read"), may("surveys:write")


class SurveyController(Controller):
    path = "/api/v1/surveys"
    tags = ("surveys",)

    list_surveys = gets("/", queries.surveys, needs=READ, summary="The company's surveys")
    hold = posts(
        "/{name:str}/rounds", actions.hold, needs=WRITE, cost=BULK, summary="Hold the survey once: draw whom to ask"
    )

    compare = gets(
        "/{name:str}/comparison",
        reports.compare,
        needs=READ,
        cost=BULK,
        summary="A year beside the year before, question by question",
    )


class SurveyRoundController(Controller):
    path = "/api/v1/survey-rounds"
    tags = ("surveys",)

    @get("/", needs=READ, summary="Rounds, the latest first", dependencies={"filters": from_query(RoundFilter)})
    async def list_rounds(self, filters: RoundFilter, page: PageAsked, act: Act) -> Page[RoundView]:
        rounds = await ROUNDS.page(filters, page, act)
        await record(AuditNote(action="survey_round.search", subject="survey_round", shown=len(rounds.items)), act)
        return rounds

    @get("/{round_id:uuid}", needs=READ, summary="One round: how it was drawn and how it stands")
    async def show(self, round_id: UUID, act: Act) -> RoundView:
        survey_round = await ROUNDS.one(round_id)
        await record(AuditNote(action="survey_round.read", subject="survey_round", subject_id=round_id), act)
        return survey_round

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

    @get(
        "/",
        needs=READ,
        summary="Who was drawn, and whether they were sent the link and answered",
        dependencies={"filters": from_query(SurveyInvitationFilter)},
    )
    async def list_invitations(
        self, filters: SurveyInvitationFilter, page: PageAsked, act: Act
    ) -> Page[SurveyInvitationView]:
        return await searched("survey_invitation", await INVITATIONS.page(filters, page, act), act)

    take_link = posts(
        "/{invitation_id:uuid}/sendings",
        actions.take_link,
        needs=WRITE,
        summary="Take the customer's link to pass it on",
    )


class SurveyAnswerController(Controller):
    path = "/api/v1/survey-answers"
    tags = ("surveys",)

    @get("/", needs=READ, summary="Answers, the latest first", dependencies={"filters": from_query(AnswerFilter)})
    async def list_answers(self, filters: AnswerFilter, page: PageAsked, act: Act) -> Page[AnswerView]:
        return await searched("survey_answer", await ANSWERS.page(filters, page, act), act)

    @get("/{answer_id:uuid}", needs=READ, summary="One answer with its comment")
    async def show(self, answer_id: UUID, act: Act) -> AnswerView:
        answer = await queries.answer_by_id(answer_id)
        await done("read", Case("survey_answer", answer_id, answer.customer_id), act)
        return answer


class ImprovementActionController(Controller):
    path = "/api/v1/improvement-actions"
    tags = ("surveys",)

    @get(
        "/",
        needs=READ,
        summary="Improvements, what is due first comes first",
        dependencies={"filters": from_query(ActionFilter)},
    )
    async def list_actions(self, filters: ActionFilter, page: PageAsked, act: Act) -> Page[ActionView]:
        return await searched("improvement", await ACTIONS.page(filters, page, act), act)

    propose = posts(
        "/", improvements.propose, needs=WRITE, summary="Have somebody change something because of a round or an answer"
    )

    @get("/{action_id:uuid}", needs=READ, summary="One improvement with its steps")
    async def show(self, action_id: UUID, act: Act) -> ActionView:
        action = await ACTIONS.one(action_id)
        await done("read", Case("improvement", action_id, action.customer_id), act)
        return action

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
