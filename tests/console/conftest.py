"""Pages in a real browser, against the product as it is served: nothing of the test reaches the API."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from hands import Hands

TEMPLATE = "guibin"
COMPANY = "sunrise-cable"
PASSWORD = "guibin-demo-2026"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
READY_WITHIN_S, LARGE_WITHIN_S = 300, 300
LARGE = "chengdu-cable"
HERE = Path(__file__).parent
AXE = HERE.parents[1] / "assets/node_modules/axe-core/axe.min.js"
# What a page must not do, noted from its first byte on.
NOTED = (
    "window.__violations = []; document.addEventListener('securitypolicyviolation',"
    " e => window.__violations.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))"
)


def browser_path() -> str | None:
    """The machine's browser: GUIBIN_TEST_BROWSER, else Debian's headless shell or Chromium."""
    named = os.environ.get("GUIBIN_TEST_BROWSER")
    return named or next((found for name in BROWSERS if (found := shutil.which(name))), None)


class Site(str):
    """The address of a product; `home` and `environment` are what others need to reach its database."""

    home: Path
    # Where an OpenID provider may be that the product asks.
    provider_port: int
    environment: dict[str, str]
    # What the product's background work needs beside it.
    work: dict[str, str]


@pytest.fixture(scope="session")
def site(servers, tmp_path_factory) -> Iterator[Site]:
    """A product with the demonstration companies, in a database and a process of its own; GUIBIN_TEST_SITE is the address of one
    that runs already, for whoever writes such a test."""
    if browser_path() is None:
        pytest.skip("no browser: install Debian's chromium-headless-shell, or set GUIBIN_TEST_BROWSER")
    if running := os.environ.get("GUIBIN_TEST_SITE"):
        yield Site(running)
        return
    name = f"guibin_pages_{os.getpid()}"
    asyncio.run(_database(servers["superuser"], name))
    urls = {role: servers[role].replace("/guibin?", f"/{name}?") for role in ("owner", "app")}
    home, port, provider_port = tmp_path_factory.mktemp("site"), _free_port(), _free_port()
    environment = os.environ | {
        "GUIBIN_OWNER_URL": urls["owner"],
        "GUIBIN_DATABASE_URL": urls["app"],
        "GUIBIN_PRESENCE_URL": servers["presence"],
        "GUIBIN_DEMONSTRATION": "1",
        "GUIBIN_API_CONFIRM_MINUTES": "240",
        "GUIBIN_OUTBOUND_ALLOWED": f"127.0.0.1:{provider_port}",
        "PYTHONPATH": str(HERE.parent / "support"),
    }
    log = (home / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-P", str(HERE / "site.py"), str(home), str(port)],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/health/ready", process, home / "log")
        served = Site(f"http://127.0.0.1:{port}")
        served.home, served.environment, served.provider_port = home, environment, provider_port
        relay = servers["relay"].replace("/guibin?", f"/{name}?")
        served.work = {"GUIBIN_RELAY_URL": relay, "GUIBIN_REDIS_URL": servers["redis"], "GUIBIN_HOME": str(home)}
        yield served
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def background(site) -> Iterator[None]:
    """The product's jobs are done while it is served. A product that runs already does its own."""
    if os.environ.get("GUIBIN_TEST_SITE"):
        yield
        return
    log = (site.home / "worker").open("w")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "guibin.cli", "worker"],
        env=site.environment | site.work,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def large(site) -> str:
    """A company of five thousand customers: its name at sign-in. A product that runs already has one."""
    if os.environ.get("GUIBIN_TEST_SITE"):
        return LARGE
    subprocess.run(
        [sys.executable, "-P", str(HERE / "large.py"), str(site.home)],
        env=site.environment,
        check=True,
        timeout=LARGE_WITHIN_S,
    )
    return LARGE


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the product answers. Raises with what it said when it ends before, or takes too long."""
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(address, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    raise AssertionError(f"the product did not start:\n{log.read_text()[-3000:]}")


async def _database(superuser: str, name: str) -> None:
    connection = await asyncpg.connect(superuser)
    try:
        await connection.execute(f"create database {name} template {TEMPLATE} owner guibin_owner")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def chromium(site) -> Iterator[Any]:
    """One browser for the run. The site is there before it: its loop runs as long as it does."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path(),
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@dataclass
class Window:
    """Somebody at a browser; `wrong` collects what pages must not do."""

    page: Any
    wrong: list[str]
    site: str

    def sign_in(self, login: str, company: str = COMPANY) -> "Window":
        """By keyboard, as people do."""
        self.page.goto(f"{self.site}/console/sign-in")
        self.page.locator("#company").focus()
        for text in (company, login, PASSWORD):
            self.page.keyboard.type(text)
            self.page.keyboard.press("Tab")
        self.page.locator("#password").press("Enter")
        self.page.wait_for_selector(".g-shell")
        return self

    def open(self, path: str) -> Any:
        """A page, by its address."""
        return self.page.goto(f"{self.site}{path}")

    def press(self, *keys: str) -> None:
        """Keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def violations(self) -> list[str]:
        """What the page's policy refused."""
        return list(self.page.evaluate("window.__violations"))

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def axe(self) -> list[str]:
        """Serious and critical findings of axe-core."""
        self.page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
        found = self.page.evaluate("() => axe.run({resultTypes: ['violations']})")
        return [
            f"{one['id']}: {node['html'][:120]}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]


class Windows:
    """Windows of one browser, each of somebody of their own; closing them says what went wrong in them."""

    def __init__(self, chromium: Any, site: str) -> None:
        self.chromium, self.site = chromium, site
        self.opened: list[tuple[Any, Any, list[str]]] = []

    def __call__(
        self, *, language: str = "zh-CN", theme: str = "light", width: int = 1366, height: int = 768
    ) -> Window:
        context = self.chromium.new_context(
            viewport={"width": width, "height": height}, locale=language, reduced_motion="reduce"
        )
        context.add_init_script(NOTED)
        context.add_cookies(
            [
                {"name": "guibin_language", "value": language, "url": str(self.site)},
                {"name": "guibin_theme", "value": theme, "url": str(self.site)},
            ]
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(f"{page.url} {error}"))
        page.on(
            "console",
            lambda told: (
                wrong.append(f"{page.url} {told.text}")
                if told.type == "error" and "status of 4" not in told.text
                else None
            ),
        )
        self.opened.append((context, page, wrong))
        return Window(page, wrong, self.site)

    def close(self) -> None:
        """All of them."""
        for context, page, wrong in self.opened:
            left = page.evaluate("window.__violations") if page.url.startswith(self.site) else []
            context.close()
            assert not wrong
            assert not left


@pytest.fixture
def window_of(site, chromium) -> Iterator[Windows]:
    """Opens windows: `window_of(language="en", theme="dark", width=390, height=844)`."""
    windows = Windows(chromium, site)
    yield windows
    windows.close()


@pytest.fixture(scope="module")
def hands_of(site, chromium) -> Iterator[Any]:
    """Somebody's hands for a whole day: `hands_of(login, company)` signs them in, by keyboard too."""
    windows = Windows(chromium, site)
    yield lambda login, company, **more: Hands(windows(**more).sign_in(login, company))
    windows.close()


@pytest.fixture(scope="module")
def hands(request, hands_of, large) -> Hands:
    """Those of the module's `LOGIN`, for a whole day in the large company."""
    return hands_of(request.module.LOGIN, large)


@pytest.fixture
def day(hands) -> Hands:
    """At the first page, where each task of a day begins."""
    hands.window.open("/console/")
    return hands


@pytest.fixture
def window(window_of) -> Window:
    """A window in Chinese, light, of an ordinary size."""
    return window_of()
