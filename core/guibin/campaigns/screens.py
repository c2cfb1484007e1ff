"""Campaigns as people work through them: whom to contact, what they said, and what it changed (S06-4)."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import Provide
from msgspec import Meta

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.console import choices as shared
from guibin.console import forms, lists
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.lists import Column, Filter, Table, View
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.plan_reviews.costs import CostView, Spent
from guibin.policy.words import Channel, Code, CodeIfAny, Page, Title
from guibin.profiles.queries import called
from guibin.records.requests import channels_of
from guibin.tiers.marks import marks
from guibin.tiers.segments import Segment
from guibin.web.listing import PageAsked
from guibin_tenants.principals import may
from guibin_tenants.rate_limits import BULK
from guibin_tenants.refusals import Refusal

from . import actions, board, queries, reports
from .queries import CAMPAIGNS, OF_CAMPAIGN, MemberFilter, MemberView
from .requests import Budget, NewCampaign

READ, WRITE, START = may("activities:read"), may("activities:write"), may("campaigns:write")
PATH = f"{PREFIX}/campaigns"
ENTRIES = (Entry(title="campaigns.title", path=PATH, icon="speakerphone", needs=READ, order=65),)


class MemberLine(MemberView, frozen=True, kw_only=True):
    """A member with the customer's name."""

    customer_name: str | None


_MEMBERS = OF_CAMPAIGN.wider(MemberLine, customer_name=called("x.customer_id"))


class StartedCampaign(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A campaign to the holders of some tiers."""

    title: Title
    tiers: Annotated[tuple[Code, ...], Meta(min_length=1, max_length=50)]
    kinds: Annotated[tuple[Code, ...], Meta(max_length=50)] = ()
    text: Page = ""
    channel: Channel = "phone"
    topic: CodeIfAny = ""
    window_days: Annotated[int, Meta(ge=1, le=366)] = 90
    control_percent: Annotated[int, Meta(ge=0, le=50)] = 10
    budget: Budget | None = None


async def spend(campaign_id: UUID, new: Spent, act: Act) -> list[CostView]:
    """As `board.add_cost`."""
    return await board.add_cost(campaign_id, new.cost(), act)


async def _channels(shell: Shell) -> list[Choice]:
    return [Choice(each, shell.says(f"channel.{each}")) for each in channels_of(shell.act.policy) if _has(shell, each)]


def _has(shell: Shell, channel: str) -> bool:
    return shell.studio.words.has(f"channel.{channel}")


TABLE = Table(
    slice_name="campaigns",
    path=PATH,
    follows=("campaign",),
    columns=(
        Column(name="campaign"),
        Column(name="starts", width=200, labelled=True),
        Column(name="contacted", width=144, labelled=True),
        Column(name="responded", width=112, labelled=True),
        Column(name="control", width=112, labelled=True),
    ),
    new=f"{PATH}/new",
    new_needs=START,
)
COMMANDS = Commands(
    "campaigns",
    "member_id",
    f"{PATH}/members",
    Command(name="contact", action=actions.contact, icon="phone", choices={"channel": _channels}),
    Command(
        name="respond",
        action=actions.respond,
        icon="message",
        choices={"kind": shared.words_of("campaigns.response", ("interested", "bought", "declined"))},
    ),
    needs=WRITE,
)


SPENDING = Commands(
    "campaigns", "campaign_id", PATH, Command(name="spend", action=spend, icon="receipt", key="p"), needs=START
)
_BOARD = 10


class CampaignScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ, dependencies={"page": Provide(lists.page_asked)})
    async def campaigns(self, page: PageAsked, shell: Shell) -> Response[str]:
        found = await queries.campaigns(page, shell.act)
        return shell.page(
            "console/rows.html" if shell.is_part and page.cursor else "campaigns/campaigns.html",
            shown=await lists.shown(TABLE, shell),
            rows=found.items,
            next=found.next,
            cells="campaigns/cells.html",
        )

    @get("/new", needs=START)
    async def new(self, shell: Shell) -> Response[str]:
        return await _intake(shell, {}, {}, 200)

    @post("/new", needs=START, status_code=200)
    async def start(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            started = await actions.start(_campaign(forms.taken(StartedCampaign, given, shell), shell), shell.act)
        except Refusal as refusal:
            faults, status = forms.wrong(refusal, shell)
            named = {name.removeprefix("segment."): said for name, said in faults.items()}
            return await _intake(shell, given, named, status)
        return shell.done(
            shell.says("campaigns.done.start", count=started.to_contact), goes_to=f"{PATH}/{started.id}?open_only=true"
        )

    @get(
        "/{campaign_id:uuid}",
        needs=READ,
        dependencies={"filters": lists.asks(MemberFilter), "page": Provide(lists.page_asked)},
    )
    async def campaign(self, campaign_id: UUID, filters: MemberFilter, page: PageAsked, shell: Shell) -> Response[str]:
        campaign = await CAMPAIGNS.one(campaign_id)
        members = await _MEMBERS.page(filters, page, shell.act, campaign_id=campaign_id)
        ids = tuple(each.customer_id for each in members.items)
        if ids:
            case = Case("campaign", campaign_id)
            await done("members", case, shell.act, customer_ids=ids, fields=("tier",), shown=len(ids))
        table = Table(
            slice_name="campaigns",
            path=f"{PATH}/{campaign_id}",
            columns=(
                Column(name="customer"),
                Column(name="part", width=176),
                Column(name="channel", width=120),
                Column(name="came", width=176),
                Column(name="act", width=128),
            ),
            filters=(
                Filter(name="part", choices=shared.words_of("campaigns.part", ("contacted", "control", "excluded"))),
            ),
            views=(View(name="open", asks={"open_only": "true"}), View(name="all", asks={})),
        )
        return shell.page(
            "console/rows.html" if shell.is_part and page.cursor else "campaigns/campaign.html",
            shown=await lists.shown(table, shell),
            rows=members.items,
            next=members.next,
            campaign=campaign,
            marks=await marks(list(ids), shell.act),
            cells="campaigns/cells.html",
            may_write=WRITE(shell.act.by),
            address=COMMANDS.address,
        )

    @get("/{campaign_id:uuid}/results", needs=READ)
    async def results(self, campaign_id: UUID, shell: Shell) -> Response[str]:
        found = await reports.results(campaign_id, shell.act)
        return shell.page(
            "campaigns/results.html",
            found=found,
            campaign=await CAMPAIGNS.one(campaign_id),
            costs=await board.costs(campaign_id),
            commands=SPENDING.allowed(shell, "spend"),
            address=lambda name: SPENDING.address(campaign_id, name),
        )

    @get("/board", needs=READ, cost=BULK, dependencies={"page": Provide(lists.page_asked)})
    async def board(self, page: PageAsked, shell: Shell) -> Response[str]:
        found = await board.board(PageAsked(_BOARD, page.cursor), shell.act)
        return shell.page("campaigns/board.html", lines=found.items, next=found.next, leads=_leads)

    ask_cost, spend = SPENDING.handlers("/{campaign_id:uuid}", needs=START)

    ask, do = COMMANDS.handlers("/members/{member_id:uuid}", needs=WRITE, asks=READ)


def _campaign(given: StartedCampaign, shell: Shell) -> NewCampaign:
    """In the scheme that has the first of the tiers; a tier of another one is refused by its name."""
    schemes = [each for each in shell.act.policy.schemes if each.tier(given.tiers[0]) is not None]
    scheme = schemes[0].name if schemes else ""
    return NewCampaign(
        title=given.title,
        segment=Segment(scheme=scheme, tiers=given.tiers, kinds=given.kinds),
        text=given.text,
        channel=given.channel,
        topic=given.topic,
        window_days=given.window_days,
        control_percent=given.control_percent,
        budget=given.budget,
    )


async def _intake(shell: Shell, given: dict[str, list[str]], errors: dict[str, str], status: int) -> Response[str]:
    kinds = [Choice(each, shell.named(f"customer_kind.{each}")) for each in shell.act.policy.customer_kinds]
    form = forms.Form(
        kind=StartedCampaign,
        slice_name="campaigns",
        choices={
            "tiers": await shared.tiers(shell),
            "kinds": kinds,
            "channel": await _channels(shell),
            "topic": [Choice(each, shell.named(f"topic.{each}")) for each in shell.act.policy.topics],
        },
        left_out=frozenset() if shell.act.policy.topics else frozenset({"topic"}),
    )
    return shell.page(
        "campaigns/intake.html",
        status=int(status),
        fields=form.fields(shell, given, errors),
        problem=errors.get("", ""),
    )


def _leads(campaign_id: UUID, **asked: str) -> str:
    """The members behind a figure."""
    return f"{PATH}/{campaign_id}?{urlencode(asked)}"
