"""A marina's pack, with one of everything a pack may bring: a table, routes, a job, a reaction, a page, panel, tile and column."""

from importlib.resources import files
from typing import Any

from litestar import Controller, get, post
from piccolo.columns import Text

from guibin import Figure, Pack, PackColumn, PackJob, PackPage, Panel, Reaction, ServiceItem, Tile, hookimpl
from guibin import Text as Said
from guibin.context import Act
from guibin.events import MembershipStarted
from guibin.jobs.kinds import Job, Run
from guibin_tenants.principals import may
from guibin_tenants.rows import add
from guibin_tenants.scope import fetch, fetch_value
from guibin_tenants.tables import Keys, TenantTable

READS, WRITES = may("customers:read"), may("customers:write")


class Berth(TenantTable, tablename="marina_berth"):
    """A place for a boat."""

    name = Text()
    keys = Keys()


class BerthController(Controller):
    path = "/api/v1/packs/marina/berths"
    tags = ("marina",)

    @get("/", needs=READS, summary="All berths")
    async def list_berths(self, act: Act) -> list[str]:
        return [row["name"] for row in await fetch("select name from marina_berth order by name")]

    @post("/{name:str}", needs=WRITES, summary="A berth more")
    async def add_berth(self, name: str, act: Act) -> None:
        await add(Berth, name=name)


class CountBerths(Job, frozen=True):
    """How many berths are there?"""


async def count_berths(job: CountBerths, run: Run) -> None:
    """Write down that it was counted."""
    await add(Berth, name=f"counted {await fetch_value('select count(*) from marina_berth')}")


async def greet(event: Any, run: Run) -> None:
    """Write down that somebody joined."""
    await add(Berth, name="greeted")


@hookimpl
def pack() -> Pack:
    return Pack(
        name="marina",
        regulation="游艇码头服务办法",
        service_items=(ServiceItem("mooring", clause="1"),),
        texts={
            f"service_item.mooring.{part}": Said("停泊", "Mooring")
            for part in ("title", "content", "standard", "channel", "process")
        },
    )


@hookimpl
def tables():
    return [Berth]


@hookimpl
def controllers():
    return [BerthController]


@hookimpl
def jobs():
    return [PackJob(CountBerths, count_berths, every="daily 05:00")]


@hookimpl
def reactions():
    return [Reaction(MembershipStarted, greet)]


@hookimpl
def templates():
    return files("guibin_marina") / "templates"


async def every_berth(asked, act):
    return {"rows": await fetch("select name from marina_berth order by name")}


async def beside(customer_id, act):
    return {"rows": []}


async def counted(act):
    return Figure(await fetch_value("select count(*) from marina_berth"))


async def moored(customer_ids, act):
    return dict.fromkeys(customer_ids, "moored")


@hookimpl
def pages():
    return [PackPage(name="berths", needs=READS, shows=every_berth, template="berths.html", icon="users")]


@hookimpl
def panels():
    return [Panel(name="mooring", on="customer", needs=READS, shows=beside, template="berths.html")]


@hookimpl
def tiles():
    return [Tile(name="berths", needs=READS, shows=counted)]


@hookimpl
def columns():
    return [PackColumn(name="moored", on="customers", needs=READS, shows=moored)]
