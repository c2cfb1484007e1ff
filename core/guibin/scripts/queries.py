"""The company's scripts as its admins see them: versions, test cases, what answers since when, runs, and what is left of the day."""

from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.context import Act
from guibin.web.listing import Listing, newest_first
from guibin_tenants import settings
from guibin_tenants.above import FromAbove
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import many
from guibin_tenants.scope import fetch_one, fetch_value

from . import asking
from .runner import Mistake, Outcome
from .stubs import HOOKS, completions, prelude
from .tables import FAULTLESS, Script

_ANSWERS = (
    "(select v.number from script_activation a join script_version v on v.tenant_id = a.tenant_id and v.id = a.version_id"
    " where a.tenant_id = x.tenant_id and a.script_id = x.id and {which})"
)
_LATEST = "(select max(v.number) from script_version v where v.tenant_id = x.tenant_id and v.script_id = x.id)"


class ScriptView(Struct, frozen=True, kw_only=True):
    """A script: its latest version, the one that answers and the one that waits for its approval, if any."""

    id: UUID
    name: str
    hook: str
    written_by_name: str
    written_at: datetime
    latest: int
    answers: int | None
    proposed: int | None


class VersionView(Struct, frozen=True, kw_only=True):
    """One text of a script."""

    id: UUID
    script_id: UUID
    number: int
    source: str
    note: str
    follows: str
    written_by_name: str
    written_at: datetime


class SavedVersion(Struct, frozen=True, kw_only=True):
    """A version as it was saved, and what its check finds."""

    version: VersionView
    mistakes: list[Mistake]


class CaseView(Struct, frozen=True, kw_only=True):
    """A test case: what is given and must be answered, both as JSON."""

    id: UUID
    name: str
    given: str
    expects: str


class ActivationView(Struct, frozen=True, kw_only=True):
    """Who wanted which version to answer, from when until when it did, and why it ended."""

    id: UUID
    script_id: UUID
    number: int
    note: str
    proposed_by_name: str
    proposed_at: datetime
    outcome: str | None
    begun_at: datetime | None
    ended_at: datetime | None
    ended_by_name: str
    ended_because: str | None


class RunView(Struct, frozen=True, kw_only=True):
    """A run of a script's version `number`: how it ended, at which line it failed, how long it computed, in microseconds, and how many commands it
    had carried out."""

    id: UUID
    script: str
    number: int
    hook: str
    outcome: Outcome
    line: int
    taken_us: int
    commands: int
    ran_at: datetime


class RunWhole(RunView, frozen=True, kw_only=True):
    """A run with what it was given and what it said, as JSON, about which customer, and what became of each command."""

    version_id: UUID
    customer_id: UUID | None
    given: str
    answer: str
    log: str
    error: str
    done: str


class BudgetView(Struct, frozen=True, kw_only=True):
    """Seconds of computing: what the scripts have in 24 hours, used in the last 24, and how often they were asked in them; and
    how many of `commands_max` commands were carried out."""

    seconds: float
    used_seconds: float
    runs: int
    failed: int
    commands: int
    commands_max: int


class StopView(Struct, frozen=True, kw_only=True):
    """The company's scripts are stopped."""

    id: UUID
    because: str
    by_operator: bool
    stopped_by_name: str
    stopped_at: datetime


class HookView(Struct, frozen=True, kw_only=True):
    """A hook that scripts may be for, and the line with which one begins."""

    name: str
    signature: str


class StubsView(Struct, frozen=True, kw_only=True):
    """What a script sees: the hooks, the classes they take and answer, and what an editor may offer."""

    hooks: tuple[HookView, ...]
    stubs: str
    completions: tuple[str, ...]


_VIEW: dict[str, str | FromAbove[str]] = {
    "latest": _LATEST,
    "answers": _ANSWERS.format(which="a.begun_at is not null and a.ended_at is null"),
    "proposed": _ANSWERS.format(which="a.outcome is null"),
}
SCRIPTS = Listing(view=ScriptView, source="script x", columns=_VIEW, order=newest_first("x.written_at"))
RUNS = Listing(
    view=RunView,
    source="script_run x join script s on s.tenant_id = x.tenant_id and s.id = x.script_id"
    " join script_version v on v.tenant_id = x.tenant_id and v.id = x.version_id",
    columns={"script": "s.name", "number": "v.number"},
    filters={"script": "s.name = $value", "version": "v.number = $value"},
    order=newest_first("x.ran_at"),
)
WHOLE_RUNS = Listing(
    view=RunWhole,
    source=RUNS.source + " join script_run_detail d on d.tenant_id = x.tenant_id and d.run_id = x.id",
    columns=RUNS.columns | {name: f"d.{name}" for name in ("customer_id", "given", "answer", "log", "error", "done")},
    order=RUNS.order,
)


async def scripts() -> list[ScriptView]:
    """All scripts, by name."""
    columns = ", ".join(f"{_VIEW.get(name, f'x.{name}')} as {name}" for name in ScriptView.__struct_fields__)
    return await many(ScriptView, f"from (select {columns} from script x) x order by name")


async def script(script_id: UUID) -> ScriptView:
    """Raises NotFound."""
    return await SCRIPTS.one(script_id)


async def named(name: str) -> ScriptView:
    """The script of this name. Raises NotFound."""
    found = next((each for each in await scripts() if each.name == name), None)
    if found is None:
        raise NotFound(f"No script is called {name!r}")
    return found


async def versions(script_id: UUID) -> list[VersionView]:
    """Every version, the latest first. Raises NotFound."""
    await script(script_id)
    return await many(VersionView, "from script_version where script_id = $1 order by number desc", script_id)


async def version(script_id: UUID, number: int | None = None) -> VersionView:
    """This version, the latest without a number. Raises NotFound."""
    found = await many(
        VersionView,
        "from script_version where script_id = $1 and ($2::int is null or number = $2) order by number desc limit 1",
        script_id,
        number,
    )
    if not found:
        raise NotFound(f"The script has no version {number}" if number else "No such script")
    return found[0]


async def cases(script_id: UUID) -> list[CaseView]:
    """Its test cases, by name. Raises NotFound."""
    await script(script_id)
    return await many(CaseView, "from script_case where script_id = $1 order by name", script_id)


async def activations(script_id: UUID) -> list[ActivationView]:
    """What was to answer, and did, the latest first. Raises NotFound."""
    await script(script_id)
    return await many(
        ActivationView,
        "from (select a.*, v.number from script_activation a"
        " join script_version v on v.tenant_id = a.tenant_id and v.id = a.version_id where a.script_id = $1) x"
        " order by proposed_at desc, id desc",
        script_id,
    )


async def locked_script(script_id: UUID) -> asyncpg.Record:
    """The script, until the end of the transaction this one's alone. Raises NotFound."""
    row = await fetch_one("select * from script where id = $1 for update", script_id)
    if row is None:
        raise NotFound(f"No {Script.__name__.lower()} {script_id}")
    return row


async def budget(act: Act) -> BudgetView:
    """Of the last 24 hours."""
    since = act.now - asking.DAY
    counted = await fetch_one(
        f"select count(*) as runs, count(*) filter (where outcome not in {FAULTLESS}) as failed from script_run where ran_at > $1",
        since,
    )
    assert counted is not None  # counts have a row
    used = await asking.used(act.now)
    return BudgetView(
        seconds=await settings.read(asking.BUDGET, float, asking.DAY_S),
        used_seconds=used.computed_us / 1_000_000,
        runs=counted["runs"],
        failed=counted["failed"],
        commands=used.commands,
        commands_max=asking.COMMANDS_DAY_MAX,
    )


async def stops() -> list[StopView]:
    """Who has the scripts stopped now; nobody while they answer."""
    return await many(StopView, "from script_stop where resumed_at is null order by stopped_at")


async def failed_since(version_id: UUID, since: datetime) -> int:
    """How often the version failed."""
    return int(
        await fetch_value(
            f"select count(*) from script_run where version_id = $1 and ran_at > $2 and outcome not in {FAULTLESS}",
            version_id,
            since,
        )
    )


def stubs() -> StubsView:
    """The same for every company."""
    hooks = tuple(HookView(name=hook.name, signature=hook.signature) for hook in HOOKS.values())
    return StubsView(hooks=hooks, stubs=prelude(), completions=completions())


async def version_of(version_id: UUID) -> VersionView:
    """This version. Raises NotFound."""
    found = await many(VersionView, "from script_version where id = $1", version_id)
    if not found:
        raise NotFound(f"No version {version_id}")
    return found[0]
