"""Satisfaction as account managers and leaders see it: who is under the floor, who near the leap, and the year beside others."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import Provide
from msgspec import Meta, Struct

from guibin.audit.actions import searched
from guibin.console import lists
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.moments import Deadline, Due
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.policy.words import Code, CodeIfAny, Line, Title
from guibin.profiles.queries import called
from guibin.tiers.marks import marks
from guibin.web.listing import PageAsked
from guibin_tenants.principals import may, sees_all
from guibin_tenants.rate_limits import BULK

from . import benchmarks, board, reports
from .benchmarks import YEARS, BenchmarkFilter, NewBenchmark
from .board import FollowedAnswer, FollowedFilter
from .queries import ANSWERS, AnswerFilter, AnswerView
from .reports import OVERALL

READ, WRITE = may("surveys:read"), may("surveys:write")
PATH, NAME, BOARD = f"{PREFIX}/satisfaction", "surveys", f"{PREFIX}/survey-board"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="heart", needs=READ, order=48),)
_SHOWN = 50


class AnswerLine(AnswerView, frozen=True, kw_only=True):
    """An answer with its customer's name."""

    customer_name: str | None


class EnteredBenchmark(Struct, frozen=True, kw_only=True):
    """What another unit reached, as a page asks for it."""

    survey: Code
    year: Annotated[int, Meta(ge=YEARS[0], le=YEARS[1])]
    unit: Title
    score: Annotated[float, Meta(ge=0, le=100)]
    source: Line = ""
    question: CodeIfAny = ""


_LINES = ANSWERS.wider(AnswerLine, customer_name=called("x.customer_id"))


async def enter(company_id: UUID, new: EnteredBenchmark, act: Act) -> None:
    """As `benchmarks.enter`, for the company itself."""
    said = {name: getattr(new, name) for name in ("survey", "year", "unit", "score", "source")}
    await benchmarks.enter(NewBenchmark(**said, question=new.question or OVERALL), act)


async def _surveys(shell: Shell) -> Sequence[Choice]:
    return [Choice(survey.name, shell.named(f"survey.{survey.name}")) for survey in shell.act.policy.surveys]


async def _questions(shell: Shell) -> Sequence[Choice]:
    names = dict.fromkeys(question for survey in shell.act.policy.surveys for question in survey.questions)
    return [Choice(name, shell.named(f"survey_question.{name}")) for name in names]


async def _begun(shell: Shell, _: UUID) -> dict[str, str]:
    surveys = shell.act.policy.surveys
    return {"year": str(shell.act.today.year), "survey": surveys[0].name if len(surveys) == 1 else ""}


ENTERED = Commands(
    NAME,
    "company_id",
    f"{PATH}/benchmarks",
    Command(
        name="enter",
        action=enter,
        icon="plus",
        main=True,
        key="n",
        given=_begun,
        choices={"survey": _surveys, "question": _questions},
    ),
    needs=WRITE & sees_all,
)


class SatisfactionScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def satisfaction(self, shell: Shell) -> Response[str]:
        act = shell.act
        low = await _answers(AnswerFilter(under_floor=True, latest=True), shell)
        near = await _answers(AnswerFilter(near_leap=True, latest=True), shell)
        entered = await benchmarks.LISTED.page(BenchmarkFilter(), PageAsked(_SHOWN), act)
        compared = [await reports.compare(survey.name, act.today.year, act) for survey in act.policy.surveys]
        return shell.page(
            "surveys/satisfaction.html",
            low=low,
            near=near,
            compared=compared,
            entered=entered.items,
            marks=await marks([one.customer_id for one in (*low, *near)], act),
            commands=ENTERED.allowed(shell, "enter"),
            address=lambda name: ENTERED.address(act.company.id, name),
        )

    ask, do = ENTERED.handlers("/benchmarks/{company_id:uuid}", needs=WRITE & sees_all)


async def _answers(asked: AnswerFilter, shell: Shell) -> list[AnswerLine]:
    found = await _LINES.page(asked, PageAsked(_SHOWN), shell.act)
    return (await searched("survey_answer", found, shell.act)).items


class SurveyBoardScreens(Controller):
    path = BOARD
    include_in_schema = False

    @get(
        "/",
        needs=READ,
        cost=BULK,
        dependencies={"filters": lists.asks(FollowedFilter), "page": Provide(lists.page_asked)},
    )
    async def board(self, filters: FollowedFilter, page: PageAsked, shell: Shell) -> Response[str]:
        asked = filters if filters != FollowedFilter() else FollowedFilter(low=True)
        found = await board.answers(asked, PageAsked(_SHOWN, page.cursor), shell.act)
        return shell.page(
            "surveys/board.html",
            lines=await board.board(shell.act),
            found=found,
            asked=asked,
            address=_address,
            more=_address(asked, cursor=found.next) if found.next else "",
            marks=await marks([one.customer_id for one in found.items], shell.act),
            due_of=lambda one: _due(one, shell),
        )


def _address(asked: FollowedFilter | None = None, **more: str | None) -> str:
    given = {name: getattr(asked, name) for name in FollowedFilter.__struct_fields__} if asked else {}
    said = {name: "true" if value is True else str(value) for name, value in (given | more).items() if value}
    return f"{BOARD}?{urlencode(said)}"


def _due(one: FollowedAnswer, shell: Shell) -> Due | None:
    return shell.clock.due(Deadline(due_at=one.answer_by, warn_at=one.warn_at, paused_at=one.paused_at))
