"""The auditor's first page: what is new since they last looked, and where it stands."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Response
from msgspec import Struct
from msgspec.structs import replace

from guibin.audit.actions import noted
from guibin.audit.kinds import title_of
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.emergencies import queries as emergencies
from guibin.web.listing import PageAsked
from guibin_tenants.principals import may
from guibin_tenants.scope import fetch_value

from .departures import DEPARTURES, DepartureFilter, told
from .looks import LINES, LookFilter
from .rights import CHANGES, RightsFilter, RightsView
from .telling import Teller
from .unusual import LISTED as UNUSUAL
from .unusual import UnusualLookFilter

# Whoever looks for the first time sees what a week brought.
AT_FIRST = timedelta(days=7)
SHOWN = 8
UNUSUAL_AT, REVIEWS_AT = f"{PREFIX}/unusual-looks", f"{PREFIX}/emergency-accesses"


class News(Struct, frozen=True):
    """How much of one kind is new since `since`, counted up to a thousand, and where it stands."""

    name: str
    count: int
    tone: str
    href: str


class Since(Struct, frozen=True):
    """When the reader last opened this page; `first` where they never did, and what a week brought is shown."""

    at: datetime
    first: bool


async def last_look(act: Act) -> Since:
    """By the record: opening the page stands in it."""
    found = await fetch_value(
        "select max(happened_at) from audit_entry where actor_id = $1 and action = 'audit.home' and happened_at < $2",
        act.by.id,
        act.now,
    )
    return Since(found or act.now - AT_FIRST, found is None)


async def news(since: datetime, act: Act) -> list[News]:
    """What came since, kind by kind."""
    looked = await LINES.counts(
        {
            "looks": LookFilter(looked=True, since=since),
            "clear": LookFilter(clear=True, since=since),
            "refused": LookFilter(refused=True, since=since),
        },
        act,
    )
    left = await DEPARTURES.counts(
        {"files": DepartureFilter(how="file", since=since), "outside": DepartureFilter(outside=True, since=since)}, act
    )
    drawn = await UNUSUAL.counts({"unusual": UnusualLookFilter(state="open")}, act)
    changed = await CHANGES.counts(
        {
            "trouble": RightsFilter(trouble=True, since=since),
            "roles": RightsFilter(kind="role", since=since),
            "policy": RightsFilter(kind="policy", since=since),
        },
        act,
    )
    places: dict[str, tuple[str, dict[str, str]]] = {
        "unusual": ("unusual-looks", {"state": "open"}),
        "reviews": ("emergency-accesses", {"review": "owed"}),
        "reviews_late": ("emergency-accesses", {"review": "late"}),
        "looks": ("looks", {"looked": "true"}),
        "clear": ("looks", {"clear": "true"}),
        "refused": ("looks", {"refused": "true"}),
        "files": ("departures", {"how": "file"}),
        "outside": ("departures", {"outside": "true"}),
        "trouble": ("rights", {"trouble": "true"}),
        "roles": ("rights", {"kind": "role"}),
        "policy": ("rights", {"kind": "policy"}),
    }
    tones = {
        "unusual": "late",
        "reviews": "warn",
        "reviews_late": "late",
        "refused": "warn",
        "outside": "warn",
        "trouble": "late",
    }
    return [
        News(name, count, tones.get(name, "") if count else "", _address(*places[name], since))
        for name, count in {**drawn, **await _reviews(act), **looked, **left, **changed}.items()
    ]


async def _reviews(act: Act) -> dict[str, int]:
    """Emergency accesses whose review is owed: those past their time where there are any."""
    owed = await emergencies.owed(act)
    return {"reviews_late": owed["late"]} if owed["late"] else {"reviews": owed["owed"]}


def _address(place: str, asked: dict[str, str], since: datetime) -> str:
    """What is open stays so until an auditor said something of it, however old it is."""
    more = {} if place in ("unusual-looks", "emergency-accesses") else {"since": since.isoformat()}
    return f"{PREFIX}/{place}?{urlencode({**asked, **more})}"


async def page(shell: Shell) -> Response[str]:
    """The page; that it was opened is on record, and the next one counts from there."""
    act = shell.act
    since = await last_look(act)
    shown: dict[str, Any] = {
        "since": since,
        "news": await news(since.at, act),
        "left": [told(each, act) for each in (await DEPARTURES.page(DepartureFilter(), PageAsked(SHOWN), act)).items],
        "changes": await _changes(act),
        "unusual": (await UNUSUAL.page(UnusualLookFilter(state="open"), PageAsked(SHOWN), act)).items,
        "tell": Teller(shell),
    }
    await noted("audit.home", act, subject="audit", shown=0)
    return shell.page("oversight/home.html", **shown)


async def _changes(act: Act) -> list[RightsView]:
    """The latest changes that are no signing in."""
    found: list[RightsView] = []
    for kind in ("role", "key", "policy"):
        found += (await CHANGES.page(RightsFilter(kind=kind), PageAsked(SHOWN), act)).items
    latest = sorted(found, key=lambda each: each.happened_at, reverse=True)[:SHOWN]
    return [replace(each, title=title_of(each.action, act.policy, act.language)) for each in latest]


async def unreviewed(act: Act) -> dict[str, int]:
    """How many reviews of emergency accesses are owed, and how many of them are late, each up to a hundred."""
    found = await emergencies.owed(act)
    return {"count": found["owed"] + found["late"], "late": found["late"]}


async def unseen(act: Act) -> int:
    """How many unusual looks nobody has looked into, up to a hundred."""
    return await UNUSUAL.count(UnusualLookFilter(state="open"), act, most=100)


READ = may("audit:read")
