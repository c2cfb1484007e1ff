"""An airline's lounge programme, as somebody outside would write it: nothing but `from guibin import …`.

A whole pack: the regulation as a value, hooks that judge, and what lounges need beside it: who is in, as a table with
routes, a job, a reaction, a page, a panel, a figure and a permission of its own.
"""

from importlib.resources import files
from uuid import UUID

from guibin import (
    Act,
    ActivityKind,
    AllOf,
    AnyOf,
    ApprovalFlow,
    ApprovalStep,
    ArchiveField,
    AtLeast,
    Cadence,
    Case,
    Change,
    ComplaintDraft,
    ComplaintPolicy,
    Conflict,
    Controller,
    Created,
    Days,
    Entitlement,
    Escalation,
    Event,
    Figure,
    HeadStart,
    HotlinePolicy,
    HotlineRoute,
    Hours,
    Index,
    Job,
    Keys,
    Level,
    LevelSuggestion,
    Measure,
    MembershipStarted,
    Metric,
    Notice,
    Pack,
    PackFigure,
    PackImport,
    PackJob,
    PackPage,
    PackPermission,
    Panel,
    Proposal,
    Reaction,
    Run,
    ServiceItem,
    Setting,
    Struct,
    TenantTable,
    Tier,
    TierScheme,
    Tile,
    TimeLimit,
    add,
    change,
    column_types,
    fetch,
    fetch_value,
    get,
    hookimpl,
    load,
    load_demonstration,
    many,
    may,
    noted,
    notify,
    post,
    record,
    within,
)

CLUB, FLYER = "flyer_club", "flyer"
PLATINUM, GOLD, SILVER = "flyer_platinum", "flyer_gold", "flyer_silver"
TOLD = (Escalation("account_manager"), Escalation("manager", 30))
HERE = files("guibin_airline_lounge")
SEATS = PackPermission("airline_lounge:seats", roles=("tenant_admin", "manager", "agent"))

STAYS = PackFigure(
    name="airline_lounge.stays", rows="airline_lounge_stay s", holds=within("s.entered_at"), clause="4.1"
)

SCHEME = TierScheme(
    CLUB,
    customer_kinds=(FLYER,),
    metrics=(
        Metric("miles_1y", fact="miles", aggregate="sum", months=12, unit="miles"),
        Metric("segments_1y", fact="miles", aggregate="count", months=12, unit="segments"),
        Metric("fare_1y", fact="fare", aggregate="sum", months=12, none_is_zero=True),
    ),
    tiers=(
        Tier(PLATINUM, AllOf((AtLeast("miles_1y", "platinum_miles"), AtLeast("fare_1y", 5_000_000))), clause="3.1"),
        Tier(GOLD, AnyOf((AtLeast("miles_1y", "gold_miles"), AtLeast("segments_1y", 40))), clause="3.2"),
        Tier(SILVER, AnyOf((AtLeast("miles_1y", "silver_miles"), AtLeast("segments_1y", 20))), clause="3.3"),
    ),
    grace_days=60,
    approval="status_match",
    clause="3",
)

PACK = Pack(
    name="airline_lounge",
    regulation="贵宾休息室常旅客规则",
    customer_kinds=(FLYER,),
    fields=(ArchiveField("frequent_flyer_number", "text", "confidential", searchable=True, clause="2"),),
    settings=(
        Setting("platinum_miles", 160_000, unit="miles", clause="3.1"),
        Setting("gold_miles", 80_000, unit="miles", clause="3.2"),
        Setting("silver_miles", 40_000, unit="miles", clause="3.3"),
    ),
    schemes=(SCHEME,),
    service_items=(
        ServiceItem("lounge_visit", clause="4.1"),
        ServiceItem("lounge_guest", clause="4.2"),
        ServiceItem("tasting", clause="4.4"),
        ServiceItem(
            "lost_luggage",
            steps=("trace", "return"),
            time_limits=(
                TimeLimit("elite_luggage", Hours(24), tiers=(PLATINUM, GOLD), escalations=TOLD),
                TimeLimit("other_luggage", Days(3), escalations=TOLD),
            ),
            clause="4.3",
        ),
    ),
    entitlements=(
        Entitlement(CLUB, PLATINUM, "lounge_visit", clause="4.1"),
        Entitlement(CLUB, GOLD, "lounge_visit", clause="4.1"),
        Entitlement(CLUB, SILVER, "lounge_visit", quota=4, period="membership_year", clause="4.1"),
        Entitlement(CLUB, PLATINUM, "lounge_guest", quota=2, period="stay", clause="4.2"),
        Entitlement(CLUB, GOLD, "lounge_guest", quota=6, period="year", carry_over=2, clause="4.2"),
        Entitlement(CLUB, PLATINUM, "tasting", quota=2, period="year", clause="4.4"),
    ),
    head_starts=(HeadStart(CLUB, PLATINUM, 48, clause="5"), HeadStart(CLUB, GOLD, 24, clause="5")),
    activities=(ActivityKind("wine_tasting", item="tasting", companions_max=1, clause="4.4"),),
    complaints=ComplaintPolicy(
        levels=(
            Level("delay", Hours(12), escalations=TOLD, clause="6.1"),
            Level("safety", Hours(2), escalations=TOLD, always_follow_up=True, clause="6.2"),
        ),
        default_level="delay",
        clause="6",
    ),
    approvals=(ApprovalFlow("status_match", "application", steps=(ApprovalStep("manager"),), clause="3.4"),),
    cadences=(Cadence(CLUB, PLATINUM, "quarter", clause="7"),),
    hotline=HotlinePolicy(
        routes=(HotlineRoute("elite_line", CLUB, (PLATINUM, GOLD), True, 90, greeting="welcome_aboard", clause="8"),),
    ),
    texts=load(HERE / "texts"),
)


@hookimpl
def pack() -> Pack:
    """The programme as a value."""
    return PACK


@hookimpl
def derived_measures(measures: dict[str, int]) -> list[Measure]:
    """How far somebody flies at a time: who flies short and often is asked about the commuter card."""
    segments = measures.get("segments_1y", 0)
    return [Measure("miles_a_segment", measures["miles_1y"] // segments)] if segments and "miles_1y" in measures else []


@hookimpl
def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:
    """6.2: whatever concerns the flight's safety does not wait."""
    words = [word for word in ("safety", "smoke", "安全", "烟雾") if word in draft.text.lower()]
    return LevelSuggestion("safety", because=f"says {words[0]}") if words else None


@hookimpl
def objections(proposal: Proposal) -> list[str]:
    """3.5: the highest tier is flown for, not matched."""
    matched = proposal.action == "application" and proposal.details["tier"] == PLATINUM
    return ["白金卡只凭飞行取得，不接受匹配申请"] if matched else []


class AlreadyIn(Conflict):
    """The guest is in a lounge already. Let them out there first."""


class Stay(TenantTable, tablename="airline_lounge_stay", customer=True, signed="entered"):
    """A guest is in a lounge, until `left_at`. `wish` is in their own words."""

    lounge = column_types.Varchar(length=60)
    wish = column_types.Text(default="")
    left_at = column_types.Timestamptz(default=None, null=True)
    keys = Keys(
        indexes=(Index(("customer_id",), unique=True, where="left_at is null", name="inside"),), erasable=("wish",)
    )


class GuestEntered(Event, frozen=True, tag="airline_lounge.guest_entered"):
    """A guest came into a lounge."""

    customer_id: UUID


class NewStay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody comes in."""

    customer_id: UUID
    lounge: str
    wish: str = ""


class StayRow(Struct, frozen=True, kw_only=True):
    """A guest who is in, as a row of a file: a night's list from the desk's own book."""

    customer_number: str
    lounge: str
    wish: str = ""


class StayView(Struct, frozen=True):
    """Who is in which lounge."""

    id: UUID
    customer_id: UUID
    lounge: str


class StayController(Controller):
    """Who is in: seen by whoever sees customers, written by whoever works at the door."""

    path = "/api/v1/packs/airline_lounge/stays"
    tags = ("airline_lounge",)

    @get("/", needs=may("customers:read"), summary="Who is in a lounge")
    async def list_stays(self, act: Act) -> list[StayView]:
        rows = await many(StayView, "from airline_lounge_stay where left_at is null order by id")
        await noted("stay.list", act, subject="stay", customer_ids=tuple(row.customer_id for row in rows))
        return rows

    @post("/", needs=SEATS.needs, summary="A guest comes in")
    async def enter(self, data: NewStay, act: Act) -> Created:
        return Created(await let_in(data, data.customer_id, act))


async def let_in(data, customer_id, act):
    """Somebody comes in, at the door or by a file."""
    inside = "select true from airline_lounge_stay where customer_id = $1 and left_at is null"
    if await fetch_value(inside, customer_id):
        raise AlreadyIn()
    stay_id = await add(Stay, act, customer_id=customer_id, lounge=data.lounge, wish=data.wish)
    await record(GuestEntered(customer_id), now=act.now)
    await noted("stay.enter", act, subject="stay", subject_id=stay_id, customer_id=customer_id)
    return stay_id


async def stay_rows(act):
    """Who is in, as the file says it."""
    sql = "from airline_lounge_stay s join customer c on c.tenant_id = s.tenant_id and c.id = s.customer_id"
    rows = await fetch(f"select c.number, s.lounge, s.wish {sql} where s.left_at is null order by s.id")
    return [StayRow(customer_number=row["number"], lounge=row["lounge"], wish=row["wish"]) for row in rows]


class CloseLounges(Job, frozen=True):
    """The last flight has left."""


async def close_lounges(job: CloseLounges, run: Run) -> None:
    """7.2: nobody stays overnight; the managers hear how many had to be let out."""
    left = await fetch("select id from airline_lounge_stay where left_at is null")
    for row in left:
        await change(Stay, row["id"], left_at=run.now)
    if left:
        told = Notice("lounge_closed", Case("company", run.company.id), at_head_office=True, roles=("manager",))
        await notify(told, key=f"lounge/{run.today}", now=run.now)


async def welcome(event: MembershipStarted, run: Run) -> None:
    """5.1: whoever becomes a platinum flyer is told by the account manager."""
    if event.tier == PLATINUM:
        about = Case("customer", event.customer_id, customer_id=event.customer_id)
        told = Notice("lounge_welcome", about, roles=("account_manager",))
        await notify(told, key=f"welcome/{event.membership_id}", now=run.now)


async def all_stays(asked, act):
    """Who is in, lounge by lounge."""
    sql = "select s.lounge, count(*) as guests from airline_lounge_stay s where s.left_at is null group by 1 order by 1"
    return {"rows": await fetch(sql)}


async def stays_of(customer_id, act):
    """Where the customer was lately; nothing for who never came."""
    sql = "select lounge, entered_at from airline_lounge_stay where customer_id = $1 order by id desc limit 5"
    rows = await fetch(sql, customer_id)
    return {"rows": rows} if rows else None


async def inside(act):
    """How many are in."""
    return Figure(await fetch_value("select count(*) from airline_lounge_stay where left_at is null"))


@hookimpl
def changes():
    """What it was before: version 1 called the wish a remark."""
    said = ("alter table airline_lounge_stay rename column remark to wish",)
    return [Change(1, "wish", ("airline_lounge_stay",), statements=said)]


@hookimpl
def pages():
    """The lounges by page."""
    needs = may("customers:read")
    return [PackPage(name="lounges", needs=needs, shows=all_stays, template="lounges.html", icon="users")]


@hookimpl
def panels():
    """Beside the customer."""
    return [Panel(name="stays", on="customer", needs=may("customers:read"), shows=stays_of, template="stays.html")]


IMPORT = PackImport(name="airline_lounge.stays", row=StayRow, takes=let_in, rows=stay_rows, needs=SEATS.needs)

# What is declared, and nothing else.
controllers = hookimpl(lambda: [StayController])
imports = hookimpl(lambda: [IMPORT])
permissions = hookimpl(lambda: [SEATS])
tables = hookimpl(lambda: [Stay])
jobs = hookimpl(lambda: [PackJob(CloseLounges, close_lounges, every="daily 23:30")])
reactions = hookimpl(lambda: [Reaction(MembershipStarted, welcome)])
templates = hookimpl(lambda: HERE / "templates")
tiles = hookimpl(lambda: [Tile(name="inside", needs=may("customers:read"), shows=inside)])
demonstration = hookimpl(lambda: load_demonstration(HERE / "demonstration.toml"))
scenarios = hookimpl(lambda: HERE / "scenarios")
events = hookimpl(lambda: [GuestEntered])
figures = hookimpl(lambda: [STAYS])
