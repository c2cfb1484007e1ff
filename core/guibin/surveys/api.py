"""`/api/v1/surveys`, `/survey-rounds`, `/survey-invitations`, `/survey-answers` and `/improvement-actions`."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from guibin.audit.answering import lists, reads
from guibin.web.routing import deletes, gets, posts
from guibin_tenants.principals import may, sees_all
from guibin_tenants.rate_limits import BULK

from . import actions, benchmarks, board, improvements, posting, queries, reports
from .queries import (
    ACTIONS,
    ANSWERS,
    INVITATIONS,
    ROUNDS,
    ActionFilter,
    AnswerFilter,
    RoundFilter,
    SurveyInvitationFilter,
)

READ, WRITE = may("surveys:read"), may("surveys:write")


class SurveyController(Controller):
    path = "/api/v1/surveys"
    tags = ("surveys",)
    list_surveys = gets("/", queries.surveys, "The company's surveys")
    hold = posts("/{name:str}/rounds", actions.hold, "Hold the survey once: draw whom to ask", cost=BULK)
    compare = gets(
        "/{name:str}/comparison", reports.compare, "A year beside the year before, question by question", cost=BULK
    )


class SurveyBoardController(Controller):
    path = "/api/v1/survey-board"
    tags = ("surveys",)
    show_board = gets(
        "/", board.board, "Surveys over twelve months: asked, answered, dissatisfied and what came of it", cost=BULK
    )
    list_followed = gets("/answers", board.answers, "Answers and what came of each, the latest first")


class SurveyRoundController(Controller):
    path = "/api/v1/survey-rounds"
    tags = ("surveys",)
    list_rounds = lists("/", ROUNDS, RoundFilter, "Rounds, the latest first", recorded="survey_round")
    show = reads("/{round_id:uuid}", ROUNDS, "One round: how it was drawn and how it stands", "survey_round")
    send = posts(
        "/{round_id:uuid}/sendings",
        posting.send_round,
        "Send the links by message to everybody who was not sent one yet",
        status_code=HTTP_202_ACCEPTED,
    )


class SurveyInvitationController(Controller):
    path = "/api/v1/survey-invitations"
    tags = ("surveys",)
    list_invitations = lists(
        "/",
        INVITATIONS,
        SurveyInvitationFilter,
        "Who was drawn, and whether they were sent the link and answered",
        recorded="survey_invitation",
    )
    take_link = posts("/{invitation_id:uuid}/sendings", actions.take_link, "Take the customer's link to pass it on")


class SurveyAnswerController(Controller):
    path = "/api/v1/survey-answers"
    tags = ("surveys",)
    list_answers = lists("/", ANSWERS, AnswerFilter, "Answers, the latest first", recorded="survey_answer")
    show = reads("/{answer_id:uuid}", queries.answer_by_id, "One answer with its comment", "survey_answer")


class SurveyBenchmarkController(Controller):
    path = "/api/v1/survey-benchmarks"
    tags = ("surveys",)
    list_benchmarks = lists("/", benchmarks.LISTED, benchmarks.BenchmarkFilter, "What other units reached, by year")
    enter = posts("/", benchmarks.enter, "Enter what another unit reached in a year", needs=WRITE & sees_all)
    take_out = deletes("/{benchmark_id:uuid}", benchmarks.take_out, "It was a mistake", needs=WRITE & sees_all)


class ImprovementActionController(Controller):
    path = "/api/v1/improvement-actions"
    tags = ("surveys",)
    list_actions = lists(
        "/", ACTIONS, ActionFilter, "Improvements, what is due first comes first", recorded="improvement"
    )
    propose = posts("/", improvements.propose, "Have somebody change something because of a round or an answer")
    show = reads("/{action_id:uuid}", ACTIONS, "One improvement with its steps", "improvement")
    report = posts("/{action_id:uuid}/reports", improvements.report, "The owner has done it", status_code=HTTP_200_OK)
    confirm = posts(
        "/{action_id:uuid}/confirmation",
        improvements.confirm,
        "Somebody else has seen that it works: the end",
        status_code=HTTP_200_OK,
    )
    send_back = posts(
        "/{action_id:uuid}/returns", improvements.send_back, "It is not done: owed again", status_code=HTTP_200_OK
    )
