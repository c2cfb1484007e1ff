"""How long the server takes for the pages people have open all day, what a visit weighs, and what rendering alone takes.

`python benchmarks/console.py` makes a company with 5,000 customers and 10,000 open complaints in a database of its own on
the embedded servers, a tenth of either an outlet's, then asks for the pages one after the other, as somebody of the head
office does and as somebody who sees that outlet alone, and for what supervisors look at as their leaders do, and prints p50 and p95.
"""

import argparse
import asyncio
import importlib.util
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import product
import pytest
from litestar.types import ASGIApp
from pack_values import all_packs
from product import PASSWORD, signed_in, timed
from serving import await_ready, free_port
from statements import counted

from guibin.complaints.intake import Origin, receive_all
from guibin.complaints.requests import NewComplaint
from guibin.console import assets
from guibin.context import Company, real_clock
from guibin.operation import embedded, provisioning
from guibin.policies.queries import act_of
from guibin.profiles.actions import open_archives
from guibin.profiles.requests import NewCustomer
from guibin_tenants import org_units, staff
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.registry import NewTenant
from guibin_tenants.scope import fetch_value, tenant_scope
from guibin_tenants.staff import NewStaff

TEXTS = ("机顶盒无信号，二次报修", "账单多扣互动包月费 38 元", "宽带与电视同断", "安装师傅没有按预约时间上门")
BATCH = 500
# Of so many customers one is the outlet's, and of so many complaints one is each agent's own.
OUTLET_EVERY, OWN_EVERY = 10, 20
# The others have the rest.
COLLEAGUES = 60
AGENTS, LEADERS = ("desk", "outlet"), ("lead", "lead-outlet")


async def fill(urls: embedded.Servers, customers: int, complaints: int) -> tuple[str, str, str]:
    """A company with so much to do: its slug, one complaint and one customer."""
    packs, now = all_packs(), real_clock()
    new = NewTenant(slug="bench-cable", name="bench", packs=("cable_tv",))
    tenant = await provisioning.provision(new, owner_url=urls.owner_url, app_url=urls.app_url, packs=packs, now=now)
    company = Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, tenant.simulated)
    by = Principal(kind="operator", id=tenant.id, name="benchmark", permissions=PERMISSIONS)
    chance = random.Random(1)
    async with tenant_scope(tenant.id):
        act = await act_of(packs, company, by=by, now=now)
        unit = await fetch_value("select id from org_unit where parent_id is null")
        outlet = (await org_units.open_unit(code="outlet", name="望京营业厅", parent="head-office")).id
        agents = [
            (
                await staff.add(
                    NewStaff(login=login, name=called, roles=("agent",), password=PASSWORD, org_unit_id=place), now=now
                )
            ).id
            for login, called, place in (("desk", "唐磊", None), ("outlet", "王敏", outlet))
        ]
        others = [
            (await staff.add(NewStaff(login=f"desk-{n}", name=f"员工{n}", roles=("agent",)), now=now)).id
            for n in range(COLLEAGUES)
        ]
        for login, place in zip(LEADERS, (None, outlet), strict=True):
            leads = NewStaff(login=login, name="白强", roles=("manager",), password=PASSWORD, org_unit_id=place)
            await staff.add(leads, now=now)
        ids = [
            archive
            for begin in range(0, customers, BATCH)
            for archive in await open_archives(
                tuple(
                    NewCustomer(
                        number=f"B{n:05}",
                        name=f"客户{n:05}",
                        kind="leader",
                        org_unit_id=outlet if n % OUTLET_EVERY == 0 else unit,
                    )
                    for n in range(begin, min(begin + BATCH, customers))
                ),
                act,
            )
        ]
    for begin in range(0, complaints, BATCH):
        async with tenant_scope(tenant.id):
            await receive_all(
                [
                    (
                        NewComplaint(
                            text=chance.choice(TEXTS),
                            channel="phone",
                            customer_id=chance.choice(ids),
                            received_at=now - timedelta(minutes=chance.randrange(1, 600)),
                            owner_id=(agents + others)[
                                n % OWN_EVERY if n % OWN_EVERY < len(agents) else len(agents) + n % COLLEAGUES
                            ],
                        ),
                        Origin("bench", str(begin + n), ""),
                    )
                    for n in range(min(BATCH, complaints - begin))
                ],
                act,
            )
    async with tenant_scope(tenant.id):
        theirs = (
            "from complaint x join customer c on c.id = x.customer_id where c.org_unit_id = $1 order by x.id limit 1"
        )
        case, whose = [await fetch_value(f"select {each} {theirs}", outlet) for each in ("x.id", "c.id")]
        return tenant.slug, str(case), str(whose)


async def measure(app: ASGIApp, slug: str, login: str, paths: dict[str, str], times: int) -> None:
    """Ask for each page so often, as this agent, and print what it took."""
    async with signed_in(app, slug, login) as client:
        print(f"{login + ':':28} {'p50 ms':>8} {'p95 ms':>8} {'kB':>8} {'statements':>11}")
        for name, path in paths.items():
            took = []
            for _ in range(times):
                milliseconds, answer = await timed(client, path)
                took.append(milliseconds)
            with pytest.MonkeyPatch.context() as patch, counted(patch) as sent:
                await client.get(path)
            cuts, kilobytes = statistics.quantiles(took, n=20), len(answer.content) / 1000
            print(
                f"{name:28} {statistics.median(took):8.1f} {cuts[18]:8.1f} {kilobytes:8.1f} {len(sent):11}", flush=True
            )


def weight() -> None:
    """What a first visit brings along beside the page, compressed."""
    files = {
        name: len((assets.FOLDER / f"{hashed}.gz").read_bytes()) for name, hashed in assets.manifest().files.items()
    }
    print(f"assets of a first visit: {sum(files.values()) / 1000:.1f} kB compressed in {len(files)} files")


async def other_screen(servers: embedded.Servers, home: Path, place: tuple[str, str], times: int) -> None:
    """From a note that somebody sends to its words on the screen of another browser, through the product as it is served.

    `place` is the company and a complaint of it. Needs playwright and a browser; says so where there is none.
    """
    found = next((path for name in ("chromium-headless-shell", "chromium") if (path := shutil.which(name))), None)
    if found is None or importlib.util.find_spec("playwright") is None:
        print("an event to another screen: not measured, there is no browser")
        return
    from playwright.async_api import async_playwright  # only where it is installed

    (slug, complaint), port = place, free_port()
    environment = os.environ | {
        "GUIBIN_HOME": str(home),
        "GUIBIN_DATABASE_URL": servers.app_url,
        "GUIBIN_PRESENCE_URL": servers.presence_url,
    }
    command = [sys.executable, "-m", "guibin.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)  # noqa: ASYNC220  # before anything else runs
    url, who = f"http://127.0.0.1:{port}", {"company": slug, "login": "desk", "password": PASSWORD}
    try:
        await_ready(process, port)
        async with async_playwright() as playwright, httpx.AsyncClient(base_url=url, timeout=60) as client:
            answer = await client.post("/api/v1/sessions", json=who)
            client.headers["X-CSRF-Token"] = answer.json()["csrf"]
            browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
            page = await browser.new_page()
            await page.goto(f"{url}/console/sign-in?next=/console/complaints/{complaint}")
            for name, text in who.items():
                await page.fill(f"#{name}", text)
            await page.press("#password", "Enter")
            await page.wait_for_selector("body[data-stream=open]")
            took = []
            for number in range(times):
                begun, words = time.perf_counter(), f"seen {number} of {times}"
                path = f"/api/v1/complaints/{complaint}/notes"
                assert (await client.post(path, json={"text": words, "kind": "note"})).status_code == 201
                await page.get_by_text(words, exact=True).first.wait_for(timeout=10_000)
                took.append((time.perf_counter() - begun) * 1000)
            await browser.close()
        cuts = statistics.quantiles(took, n=20)
        print(f"{'a note on another screen':28} {statistics.median(took):8.1f} {cuts[18]:8.1f}   (bound 2000)")
    finally:
        process.terminate()
        process.wait(20)


async def main(customers: int, complaints: int, times: int) -> None:
    """Everything, on servers of its own that end with it."""
    async with product.served() as running:
        begun = datetime.now(UTC)
        slug, complaint, customer = await fill(running.servers, customers, complaints)
        print(f"{customers} customers, {complaints} open complaints, made in {(datetime.now(UTC) - begun).seconds} s")
        paths = {
            "workbench": "/console/",
            "beside the menu": "/console/work/counts",
            "queue, due first": "/console/complaints?running=true",
            "queue, words": "/console/complaints?running=true&q=宽带",
            "requests": "/console/requests?running=true",
            "case": f"/console/complaints/{complaint}",
            "customers": "/console/customers",
            "customer": f"/console/customers/{customer}",
        }
        there = {name: path for name, path in paths.items() if _there(running.litestar, path)}
        for login in AGENTS:
            await measure(running.app, slug, login, there, times)
        board = {"live board": "/console/board", "on a wall": "/console/board/wall", "as data": "/api/v1/board"}
        board |= {
            "team": "/console/team",
            "supervision": "/console/supervision",
            "receptions": "/console/reception-board",
        }
        for login in LEADERS:
            await measure(running.app, slug, login, board, times)
        weight()
        await other_screen(running.servers, running.home, (slug, complaint), times)


def _there(litestar: object, path: str) -> bool:
    asked = path.partition("?")[0].rstrip("/")
    parts, first = asked.count("/"), [*asked.split("/"), ""][2]
    return any(
        route.path.startswith(f"/console/{first}".rstrip("/")) and route.path.count("/") == parts
        for route in litestar.routes  # type: ignore[attr-defined]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--complaints", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=60)
    given = parser.parse_args()
    asyncio.run(main(given.customers, given.complaints, given.times))
