"""`guibin timers`: moving a simulated company's clock."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from cyclopts import App, Parameter

from guibin.context import Company, Root, real_clock
from guibin_tenants import directory
from guibin_tenants.database import connected
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import tenant_scope
from guibin_tenants.tables import new_id

from . import environment
from .moments import aware
from .output import Json, answer, err

if TYPE_CHECKING:
    from guibin.sla.simulation import Advanced

app = App(name="timers", help="Deadlines of a company on a simulated clock.")
LEASE_S = 60.0
PROGRESS_EVERY_S = 3.0
# Thousands of small transactions, each with the clock in it: what a power cut takes away happens again.
HURRIED = {"synchronous_commit": "off"}


@app.command
async def run(
    slug: str,
    *,
    until: Annotated[
        datetime, Parameter(help="Such as 2015-07-05T18:00; in the company's zone unless it has an offset.")
    ],
    json: Json = False,
) -> None:
    """Move the company's simulated clock; everything that falls due on the way happens at its moment."""
    done = await _run(slug, until)
    count = f"{done.warnings} warnings, {done.breaches} breaches, {done.escalations} escalations, {done.others} jobs"
    answer(done, f"{slug} stands at {until}: {count}.", json=json)


async def _run(slug: str, until: datetime) -> "Advanced":
    # Whoever only asks what the command takes does not wait for every slice's jobs.
    from guibin import timetable
    from guibin.dispatch.execution import Workshop
    from guibin.dispatch.leases import Leases
    from guibin.dispatch.simulation import Background
    from guibin.sla.simulation import advance

    environment.load_root_key()
    packs = environment.packs()
    with environment.urls() as urls:
        async with connected(urls.app, pool_size=6, settings=HURRIED):
            tenant = await directory.find(slug)
            environment.refuse_frozen(tenant)
            if not tenant.simulated:
                raise Invalid.at("slug", "a company on a simulated clock", "tenant create … --simulated-from", slug)
            company = Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, True)
            shop = Workshop(
                root=Root(packs=packs, clock=real_clock),
                worker=new_id(),
                leases=Leases(),
                lease_s=LEASE_S,
                backoff_first_s=5.0,
            )
            background = Background(shop, company, timetable.everything(packs))
            return await advance(
                lambda: tenant_scope(tenant.id),
                until=aware(until, tenant.time_zone),
                sources=(background,),
                progress=_Progress(tenant.time_zone),
            )


class _Progress:
    """A line every few seconds: a year of complaints takes a while."""

    def __init__(self, time_zone: str) -> None:
        self.zone = ZoneInfo(time_zone)
        self.said_at = time.monotonic()

    def __call__(self, moment: datetime, done: "Advanced") -> None:
        if time.monotonic() - self.said_at < PROGRESS_EVERY_S:
            return
        self.said_at = time.monotonic()
        counts = f"{done.warnings} warnings, {done.breaches} breaches, {done.others} jobs"
        err.print(f"  {moment.astimezone(self.zone):%Y-%m-%d %H:%M}: {counts}", style="dim")
