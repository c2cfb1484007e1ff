"""Assessments as pages: who moves from which tier to which, tried beforehand or put into effect, and who they are."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import Provide
from msgspec import Meta, Struct, structs

from guibin.audit.actions import noted
from guibin.console import forms
from guibin.console.commands import Command, Sent, page_of
from guibin.console.forms import Choice, Form
from guibin.console.lists import page_asked
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.policy.criteria import VALUE_SCORE
from guibin.policy.tiers import TierScheme
from guibin.profiles.queries import names_of
from guibin.web.listing import PageAsked, from_query
from guibin_tenants.principals import may, sees_all
from guibin_tenants.rate_limits import BULK
from guibin_tenants.refusals import Refusal

from . import assessment, queries, simulation
from .assessment import MoveCount, is_assessable
from .drawing import Flow, drawn, migration
from .marks import Mark, mark_of
from .moves import Move
from .queries import ASSESSMENTS, ResultFilter, ResultView, SchemeFilter
from .requests import NewAssessment
from .simulation import Against, Mover, NewSimulation

READ = may("tiers:assess")
RUN = READ & sees_all
PATH, NAME = f"{PREFIX}/assessments", "tiers"
ENTRIES = (Entry(title="tiers.title", path=PATH, icon="stairs-up", needs=READ, group="lead", order=15),)
_RUN = Command(name="assess", action=assessment.assess, needs=RUN, icon="check", main=True)
_SHOWN = 20
# The last assessment of each scheme.
_LATEST = "x.id in (select distinct on (scheme) id from assessment order by scheme, recorded_at desc, id desc)"


class FlowAsked(Struct, frozen=True, kw_only=True):
    """Whom of those who move; everybody without."""

    move: Move | None = None
    held: Annotated[str, Meta(max_length=60)] | None = None
    becomes: Annotated[str, Meta(max_length=60)] | None = None


class SimulationAsked(FlowAsked, frozen=True, kw_only=True):
    """Of which scheme, as of which day, against what; the first scheme, today and what is held without."""

    scheme: Annotated[str, Meta(max_length=60)] = ""
    as_of: date | None = None
    against: Against = "held"


class Line(Struct, frozen=True):
    """A customer who moves, as the page shows it."""

    customer_id: UUID
    name: str
    held: Mark | None
    becomes: Mark | None
    move: str
    value_score: int | None
    objection: str


class _Shown(Struct, frozen=True):
    """What a page of a migration is made from."""

    scheme: str
    moves: tuple[MoveCount, ...]
    movers: Sequence[Mover | ResultView]
    address: str
    asked: FlowAsked
    next: str | None


class AssessmentScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ, dependencies={"page": Provide(page_asked)})
    async def overview(self, page: PageAsked, shell: Shell) -> Response[str]:
        found = await ASSESSMENTS.page(SchemeFilter(), PageAsked(_SHOWN, page.cursor), shell.act)
        last = {row.scheme: row for row in await ASSESSMENTS.where(_LATEST)}
        return shell.page(
            "tiers/assessments.html",
            schemes=[(scheme, last.get(scheme.name)) for scheme in _schemes(shell)],
            rows=found.items,
            more=found.next,
            runs=RUN(shell.act.by),
            may_run=_RUN,
        )

    @get(
        "/simulation",
        needs=RUN,
        cost=BULK,
        dependencies={"at": from_query(SimulationAsked), "page": Provide(page_asked)},
    )
    async def simulate(self, at: SimulationAsked, page: PageAsked, shell: Shell) -> Response[str]:
        first = next((scheme.name for scheme in _schemes(shell)), "")
        scheme = assessment.assessable(shell.act.policy, at.scheme or first)
        asked = NewSimulation(
            scheme=scheme.name,
            against=at.against,
            move=at.move,
            held=at.held,
            becomes=at.becomes,
            limit=_SHOWN,
            cursor=page.cursor,
        )
        as_of = at.as_of or shell.act.today
        found = await simulation.simulate(asked, shell.act, as_of=as_of)
        given = {"scheme": scheme.name, "as_of": str(at.as_of or ""), "against": at.against}
        address = f"{PATH}/simulation?{urlencode(given)}&"
        return await _migrated(
            "tiers/simulation.html",
            shell,
            _Shown(scheme.name, found.moves, found.movers, address, at, found.next),
            found=found,
            schemes=_schemes(shell),
            at=at,
            as_of=as_of,
        )

    @get("/new", needs=RUN)
    async def ask(self, shell: Shell) -> Response[str]:
        return _form(shell, Sent({"scheme": [shell.request.query_params.get("scheme", "")]}))

    @post("/new", needs=RUN, cost=BULK, status_code=200)
    async def assess(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            new = forms.taken(NewAssessment, given, shell)
            view = await assessment.assess(new.scheme, shell.act, as_of=new.as_of or shell.act.today)
        except Refusal as refusal:
            return _form(shell, Sent(given, *forms.wrong(refusal, shell)))
        return shell.done(shell.says("tiers.done.assess"), goes_to=f"{PATH}/{view.id}")

    @get(
        "/{assessment_id:uuid}",
        needs=READ,
        cost=BULK,
        dependencies={"at": from_query(FlowAsked), "page": Provide(page_asked)},
    )
    async def show(self, assessment_id: UUID, at: FlowAsked, page: PageAsked, shell: Shell) -> Response[str]:
        row = await ASSESSMENTS.one(assessment_id)
        moves = tuple(await assessment.moves_of(assessment_id))
        asked = ResultFilter(move=at.move, held=at.held, becomes=at.becomes)
        results = await queries.results(assessment_id, asked, PageAsked(_SHOWN, page.cursor), shell.act)
        ids = tuple(result.customer_id for result in results.items)
        await noted(
            "assessment.read",
            shell.act,
            subject="assessment",
            customer_ids=ids,
            fields=("tier", "measures"),
            shown=len(ids),
        )
        shown = _Shown(row.scheme, moves, results.items, f"{PATH}/{assessment_id}?", at, results.next)
        return await _migrated("tiers/assessment.html", shell, shown, row=row)


def _schemes(shell: Shell) -> list[TierScheme]:
    return [scheme for scheme in shell.act.policy.schemes if is_assessable(scheme)]


async def _migrated(template: str, shell: Shell, of: _Shown, **more: Any) -> Response[str]:
    """The page of a migration, or more of its rows."""
    mark = _marker(of.scheme, shell)
    names = await names_of([mover.customer_id for mover in of.movers])
    found = migration(of.moves, shell.act.policy.scheme(of.scheme))
    return shell.page(
        "tiers/lines.html" if shell.is_part and "cursor" in shell.request.query_params else template,
        scheme=of.scheme,
        flows=found.flows,
        drawing=drawn(found),
        lines=[_line(mover, names, mark) for mover in of.movers],
        mark=mark,
        leads=lambda flow: of.address + urlencode(_whom(flow)),
        everybody=of.address.rstrip("?&"),
        chosen=of.asked,
        next=of.address + urlencode(_given(of.asked) | {"cursor": of.next}) if of.next else "",
        **more,
    )


def _marker(scheme: str, shell: Shell) -> Callable[[str | None], Mark | None]:
    policy, language = shell.act.policy, shell.act.language
    return lambda tier: mark_of(policy, scheme, tier, language) if tier else None


def _line(mover: Mover | ResultView, names: Mapping[UUID, str], mark: Callable[[str | None], Mark | None]) -> Line:
    return Line(
        mover.customer_id,
        names.get(mover.customer_id, ""),
        mark(mover.held),
        mark(mover.becomes),
        mover.move,
        mover.measures.get(VALUE_SCORE),
        getattr(mover, "objection", None) or "",
    )


def _whom(flow: Flow) -> dict[str, str]:
    """Who is in a flow: whoever comes from outside begins, whoever goes there ends."""
    if flow.held is None:
        return {"move": "start", "becomes": str(flow.becomes)}
    return {"held": flow.held, **({"becomes": flow.becomes} if flow.becomes else {"move": "end"})}


def _given(asked: FlowAsked) -> dict[str, str]:
    return {name: value for name in ("move", "held", "becomes") if (value := getattr(asked, name))}


def _form(shell: Shell, sent: Sent) -> Response[str]:
    schemes = [Choice(scheme.name, shell.named(f"scheme.{scheme.name}")) for scheme in _schemes(shell)]
    left_out = frozenset({"dry_run", "proposal", "known_at"})
    form = Form(kind=NewAssessment, slice_name=NAME, choices={"scheme": schemes}, left_out=left_out)
    return page_of(_RUN, form, shell, structs.replace(sent, about=(shell.says("tiers.about.assess"),)))
