"""Every hook is documented and tested; packs that should not run do not start."""

import asyncio
import inspect
import re
import sys
import threading
import time
import types
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace
from pack_values import all_packs
from piccolo.columns import Text

from guibin import hookspecs
from guibin.hookspecs import ComplaintDraft, LevelSuggestion, Measure, PackJob, Proposal, Reaction, hookimpl
from guibin.packs import BadPack, HookFailed, Objected, Packs
from guibin.policy.demonstrations import Demonstration
from guibin.policy.packs import Pack
from guibin.watch import hook_runs
from guibin_tenants.changes import Change
from guibin_tenants.principals import anyone
from guibin_tenants.refusals import Invalid
from guibin_tenants.tables import TenantTable

ROOT = Path(__file__).parents[2]
HOOKS = sorted(
    name for name, value in vars(hookspecs).items() if callable(value) and hasattr(value, f"{hookspecs.PROJECT}_spec")
)


def plugin(name, **hooks):
    """A pack of this name that implements these hooks."""
    module = types.SimpleNamespace(__name__=name)
    value = replace(a_pack(), name=name)

    @hookimpl
    def pack():
        return value

    module.pack = pack
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    return module


def a_pack():
    return all_packs().value("cable_tv")


def hooks_of(**hooks):
    return Packs({"lounge": plugin("lounge", **hooks)}).hooks_of(["lounge"])


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_stands_in_the_docs_with_its_signature(hook):
    specification = inspect.signature(getattr(hookspecs, hook), eval_str=False)
    text = re.sub(
        r"guibin(?:_tenants)?\.[a-z_.]*\.|importlib\.[a-z_.]*\.|collections\.abc\.|piccolo\.table\.|litestar\.[a-z_.]*\.|msgspec\.",
        "",
        str(specification),
    )
    wanted = f"`{hook}{text}`".replace(" | ", r" \| ").replace("'", "")

    assert wanted in (ROOT / "docs/hooks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test(hook):
    assert f"def test_{hook}_" in Path(__file__).read_text(encoding="utf-8")


def test_pack_returns_the_value():
    assert isinstance(Packs({"lounge": plugin("lounge")}).value("lounge"), Pack)


async def test_derived_measures_are_collected_from_all_packs():
    packs = Packs(
        {
            "b": plugin("b", derived_measures=lambda measures: [Measure("double", 2 * measures["spent"])]),
            "a": plugin("a", derived_measures=lambda measures: [Measure("half", measures["spent"] // 2)]),
        }
    )

    found = await packs.hooks_of(["a", "b"]).derived_measures({"spent": 10}, None)

    assert found == (Measure("half", 5), Measure("double", 20))


async def test_suggest_level_takes_the_first_answer():
    hooks = hooks_of(suggest_level=lambda draft: LevelSuggestion("3", because=draft.channel))

    assert await hooks.suggest_level(ComplaintDraft("no signal", "phone")) == LevelSuggestion("3", because="phone")


async def test_suggest_level_of_a_pack_that_is_not_enabled_is_not_asked():
    packs = Packs({"a": plugin("a"), "b": plugin("b", suggest_level=lambda draft: LevelSuggestion("3", because=""))})

    assert await packs.hooks_of(["a"]).suggest_level(ComplaintDraft("no signal", "phone")) is None


async def test_objections_stop_with_their_sentences():
    hooks = hooks_of(objections=lambda proposal: ["The guest list is closed"])

    with pytest.raises(Objected, match="The guest list is closed"):
        await hooks.refuse_objected(Proposal("application", None, {}))


def test_permissions_are_collected_by_name():
    seats = hookspecs.PackPermission("lounge:seats", ("agent",))

    hooks = hooks_of(permissions=lambda: [seats])

    assert hooks.permissions() == {"lounge:seats": seats}
    assert hooks.permissions_of(("agent", "manager")) == {"agent": {"lounge:seats"}, "manager": frozenset()}


def test_reactions_are_collected():
    class Happened(Struct, frozen=True):
        """An event."""

    reaction = Reaction(Happened, print)

    assert hooks_of(reactions=lambda: [reaction]).reactions() == (reaction,)


def test_demonstration_is_the_packs_own_company():
    company = Demonstration(slug="lounge", name="", units=(), kinds=(), employers=(), positions=())

    assert hooks_of(demonstration=lambda: company).demonstration() == company
    assert hooks_of().demonstration() is None


def test_events_are_collected():
    class Entered(Struct, frozen=True):
        """An event."""

    assert hooks_of(events=lambda: [Entered]).events() == (Entered,)


def test_figures_are_collected():
    stays = hookspecs.PackFigure(name="lounge.stays", rows="lounge_stay s")

    assert hooks_of(figures=lambda: [stays]).figures() == (stays,)


def test_imports_are_collected():
    class Row(Struct, frozen=True):
        """A row of a file."""

    stays = hookspecs.PackImport(name="lounge.stays", row=Row, takes=print, rows=print, needs=anyone)

    assert hooks_of(imports=lambda: [stays]).imports() == (stays,)


def test_jobs_are_collected():
    class Sweep(Struct, frozen=True):
        """A payload."""

    job = PackJob(Sweep, print, every="daily 08:00")

    assert hooks_of(jobs=lambda: [job]).jobs() == (job,)


def test_controllers_are_collected():
    from litestar import Controller

    class Lounge(Controller):
        path = "/api/v1/packs/lounge"

    assert hooks_of(controllers=lambda: [Lounge]).controllers() == (Lounge,)


def test_templates_are_named_with_their_pack(tmp_path):
    assert hooks_of(templates=lambda: tmp_path).templates() == {"lounge": tmp_path}


def test_scenarios_are_named_with_their_pack(tmp_path):
    assert hooks_of(scenarios=lambda: tmp_path).scenarios() == {"lounge": tmp_path}


def named_with_their_pack(hook):
    packs = Packs({"a": plugin("a", **{hook: lambda: ["one", "two"]}), "b": plugin("b", **{hook: lambda: ["three"]})})
    found = [getattr(packs.hooks_of(names), hook)() for names in (["a", "b"], ["b"])]
    return found == [(("a", "one"), ("a", "two"), ("b", "three")), (("b", "three"),)]


def test_pages_are_named_with_their_pack():
    assert named_with_their_pack("pages")


def test_panels_are_named_with_their_pack():
    assert named_with_their_pack("panels")


def test_tiles_are_named_with_their_pack():
    assert named_with_their_pack("tiles")


def test_columns_are_named_with_their_pack():
    assert named_with_their_pack("columns")


def test_tables_are_collected():
    class Locker(TenantTable, tablename="lounge_locker"):
        number = Text()

    assert hooks_of(tables=lambda: [Locker]).tables() == (Locker,)


def test_changes_stand_with_the_tables_of_their_pack():
    change = Change(1, "wider", ("lounge_locker",), statements=("select 1",))

    packs = Packs({"lounge": plugin("lounge", changes=lambda: [change]), "other": plugin("other")})

    assert [(one.owner, one.tables, one.changes) for one in packs.schemas()] == [
        ("lounge", (), (change,)),
        ("other", (), ()),
    ]


def test_a_misspelt_hook_stops_the_start():
    with pytest.raises(BadPack, match="sugest_level"):
        Packs({"lounge": plugin("lounge", sugest_level=lambda draft: None)})


def test_a_wrong_argument_stops_the_start():
    with pytest.raises(BadPack, match="complaint"):
        Packs({"lounge": plugin("lounge", suggest_level=lambda complaint: None)})


def test_two_packs_with_one_table_stop_the_start():
    class Locker(TenantTable, tablename="club_house_locker"):
        number = Text()

    with pytest.raises(BadPack, match="both bring a table 'club_house_locker'"):
        Packs({name: plugin(name, tables=lambda: [Locker]) for name in ("club", "club_house")})


def test_a_table_under_another_name_than_the_packs_stops_the_start():
    class Locker(TenantTable, tablename="customer"):
        number = Text()

    with pytest.raises(BadPack, match="table 'customer' must be called lounge_customer"):
        hooks_of(tables=lambda: [Locker])


@pytest.mark.parametrize("path", ["/api/v1/customers", "/api/v1/packs/other", "/", "/api/v1/packs/lounger"])
def test_a_route_outside_of_the_packs_own_stops_the_start(path):
    from litestar import Controller

    elsewhere = type("Elsewhere", (Controller,), {"path": path})

    with pytest.raises(BadPack, match="must lie under /api/v1/packs/lounge/"):
        hooks_of(controllers=lambda: [elsewhere])


def test_a_route_that_says_itself_whose_it_is_stops_the_start():
    """It would answer the companies of another pack."""
    from litestar import Controller, get

    @get("/", opt={"pack": "cable_tv"})
    async def seats(self) -> None:
        """Nothing."""

    own = {"path": "/api/v1/packs/lounge"}
    for members in (own | {"seats": seats}, own | {"opt": {"pack": "cable_tv"}}):
        with pytest.raises(BadPack, match="the option 'pack' is not a pack's to set"):
            hooks_of(controllers=lambda members=members: [type("Seats", (Controller,), members)])


def test_a_pack_without_a_value_stops_the_start():
    with pytest.raises(BadPack, match="no `pack` hook"):
        Packs({"empty": types.SimpleNamespace(__name__="empty")})


def test_a_pack_under_another_name_stops_the_start():
    with pytest.raises(BadPack, match="calls itself 'lounge'"):
        Packs({"club": plugin("lounge")})


def raising(*_, **__):
    raise ZeroDivisionError


def sleeping(*_, **__):
    time.sleep(1.5)


def looping(*_, **__):
    while True:
        pass


DRAFT, PROPOSAL = ComplaintDraft("no signal", "phone"), Proposal("application", None, {})
BROKEN = {
    "raising": (lambda draft: raising(), "ZeroDivisionError"),
    "exiting": (lambda draft: sys.exit(3), "RuntimeError"),
    "of another kind": (lambda draft: "3", "TypeError"),
    "sleeping": (lambda draft: sleeping(), "TookTooLong"),
    "looping": (lambda draft: looping(), "TookTooLong"),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_pack_whose_level_cannot_be_had_leaves_it_to_the_next(how, monkeypatch, caplog):
    monkeypatch.setattr(hook_runs, "LIMIT_S", 0.2)
    function, named = BROKEN[how]
    packs = Packs(
        {
            "a": plugin("a", suggest_level=function),
            "b": plugin("b", suggest_level=lambda draft: LevelSuggestion("3", "")),
        }
    )

    found = await packs.hooks_of(["a", "b"]).suggest_level(DRAFT)

    assert found == LevelSuggestion("3", "")
    (state,) = packs.runs.states()
    assert (state.pack, state.hook, state.failures, state.off) == ("a", "suggest_level", 1, False)
    assert state.last.startswith(f"{named} at ")
    assert [record.getMessage() for record in caplog.records] == [f"pack a, hook suggest_level: {state.last}"]


async def test_an_objection_that_cannot_be_had_stops_what_it_was_asked_about():
    with pytest.raises(HookFailed, match="'lounge', hook 'objections': ZeroDivisionError"):
        await hooks_of(objections=lambda proposal: raising()).refuse_objected(PROPOSAL)
    with pytest.raises(HookFailed, match="TypeError"):
        await hooks_of(objections=lambda proposal: "no").objections(PROPOSAL)


async def test_measures_that_cannot_be_had_are_left_out():
    hooks = hooks_of(derived_measures=lambda measures: [Measure("ratio", 1), "two"])

    assert await hooks.derived_measures({}, None) == ()


async def test_a_hook_that_fails_too_often_is_not_asked_again_and_the_others_are(caplog):
    asked = []

    def failing(draft):
        asked.append(draft)
        raise ZeroDivisionError

    packs = Packs({"lounge": plugin("lounge", suggest_level=failing, objections=lambda proposal: ["no"])})
    hooks = packs.hooks_of(["lounge"])

    for _ in range(8):
        assert await hooks.suggest_level(DRAFT) is None

    assert len(asked) == hook_runs.FAILURES_MAX
    assert [(state.hook, state.off) for state in packs.runs.states()] == [("suggest_level", True)]
    assert "pack lounge, hook suggest_level is off in this process after 5 failures" in caplog.messages
    assert await hooks.objections(PROPOSAL) == ("no",)


async def test_failures_long_ago_do_not_switch_a_hook_off():
    now = [0.0]
    packs = Packs({"lounge": plugin("lounge", suggest_level=lambda draft: raising())})
    packs.runs.seconds = lambda: now[0]

    for _ in range(20):
        await packs.hooks_of(["lounge"]).suggest_level(DRAFT)
        now[0] += hook_runs.WINDOW_S / 4

    assert [state.off for state in packs.runs.states()] == [False]


@pytest.mark.parametrize("how", ["sleeping", "looping"])
async def test_nobody_else_waits_for_a_hook_that_does_not_end(how, monkeypatch):
    monkeypatch.setattr(hook_runs, "LIMIT_S", 0.5)
    hooks = hooks_of(suggest_level=BROKEN[how][0])
    waits = []

    async def neighbour():
        while not asked.done():
            before = time.monotonic()
            await asyncio.sleep(0.001)
            waits.append(time.monotonic() - before)

    asked = asyncio.create_task(hooks.suggest_level(DRAFT))
    await neighbour()

    assert asked.result() is None
    assert len(waits) > 10
    assert max(waits) < 0.3


async def test_a_hook_that_loops_is_stopped(monkeypatch):
    monkeypatch.setattr(hook_runs, "LIMIT_S", 0.1)

    await hooks_of(suggest_level=lambda draft: looping()).suggest_level(DRAFT)
    for _ in range(100):
        left = [thread for thread in threading.enumerate() if thread.name == "hook lounge.suggest_level"]
        if not left:
            break
        await asyncio.sleep(0.02)

    assert left == []


def test_an_unknown_pack_is_refused_with_the_known_ones():
    with pytest.raises(Invalid) as refused:
        Packs({"lounge": plugin("lounge")}).hooks_of(["lunge"])

    assert refused.value.fields[0].fix == "one of: lounge"
