"""Forty broken variants of the example pack: each is refused by name, and every other company is served."""

import asyncio
import sys
import time
from importlib.metadata import EntryPoint

import guibin_airline_lounge
import guibin_marina
import pytest
from pack_values import plugins
from variants import CONTAINED, REFUSED, made

from guibin import Proposal
from guibin.conformance.soundness import problems_of, sound
from guibin.jobs import kinds
from guibin.packs import Packs, loaded
from guibin.watch import hook_runs
from support import World, make_app

NAME = "airline_lounge"


@pytest.fixture
def broken(request, tmp_path, monkeypatch):
    """The plugin of a variant, as an installation would find it."""
    package = f"guibin_broken_{abs(hash(request.param.name))}"
    made(request.param, tmp_path, package)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield loaded(EntryPoint(NAME, package, "guibin.packs"))
    for module in [each for each in sys.modules if each.startswith(package)]:
        del sys.modules[module]


def test_there_are_forty_of_them():
    assert len({one.name for one in REFUSED}) == len(REFUSED) >= 40


def test_the_good_one_is_sound():
    assert problems_of(NAME, guibin_airline_lounge, beside={}) == ()


@pytest.mark.parametrize(
    ("broken", "named"), [(one, one.named) for one in REFUSED], indirect=["broken"], ids=[one.name for one in REFUSED]
)
def test_a_broken_pack_is_refused_by_name_and_the_others_start(broken, named):
    packs = sound({NAME: broken, "marina": guibin_marina})

    told = "\n".join(map(str, packs.aside[NAME]))
    assert packs.names == ("marina",)
    assert [word for word in named if word not in told] == [], told
    assert told.startswith(f"pack {NAME!r}")


@pytest.fixture
async def harmed(broken, world, database, monkeypatch):
    """A world in which the variant runs."""
    monkeypatch.setattr(hook_runs, "LIMIT_S", 0.5)
    # In a process of its own there would be no other variant.
    others = {kind: handler for kind, handler in kinds._handlers.items() if handler.pack != NAME}
    monkeypatch.setattr(kinds, "_handlers", others)
    packs = sound({**plugins(), NAME: broken})
    assert NAME in packs.names, packs.aside
    await packs.runs.warm()
    yield World(make_app(database.app, packs, world.clock), packs, world.clock, *database_of(world))
    await packs.runs.close()


def database_of(world):
    return world.owner_url, world.app_url, world.redis_url


async def asked(client, calls=5):
    """How long each of these took."""
    took = []
    for _ in range(calls):
        began = time.monotonic()
        assert (await client.get("/api/v1/customers")).status_code == 200
        took.append(time.monotonic() - began)
    return took


@pytest.mark.parametrize(
    ("broken", "named"),
    [(one, one.named) for one in CONTAINED],
    indirect=["broken"],
    ids=[one.name for one in CONTAINED],
)
async def test_what_fails_as_it_runs_is_contained_and_the_others_do_not_wait(broken, named, harmed):
    company, other = await harmed.tenant(packs=(NAME,)), await harmed.tenant(packs=("cable_tv",))
    client, neighbour = await company.client(), await other.client()
    person = (await client.post("/api/v1/customers", json={"number": "1", "name": "Z", "kind": "flyer"})).json()
    await neighbour.get("/api/v1/customers")
    complaint = {"customer_id": person["id"], "channel": "phone", "text": "客舱有烟雾"}
    wanted = {"customer_id": person["id"], "scheme": "flyer_club", "tier": "flyer_gold", "reason": "match"}
    hooks = harmed.packs.hooks_of((NAME,))

    taken, applied, measures, waited = await asyncio.gather(
        client.post("/api/v1/complaints", json=complaint),
        client.post("/api/v1/applications", json=wanted),
        hooks.derived_measures({"segments_1y": 2, "miles_1y": 10}, None),
        asked(neighbour),
    )

    hook = named[0] if named else "suggest_level"
    states = {state.hook: state for state in harmed.packs.runs.states()}
    assert taken.status_code == 201
    assert taken.json()["level"] == ("delay" if hook == "suggest_level" else "safety")
    assert applied.json().get("type", "") == ("/problems/pack-failed" if hook == "objections" else "")
    assert (measures == ()) is (hook == "derived_measures")
    assert max(waited) < 1.0
    assert set(states) == ({hook} if named else set())
    assert [word for word in named[1:] if word not in states[hook].last] == []


async def test_what_an_author_wrote_is_logged_and_what_a_customer_wrote_is_not(tmp_path, monkeypatch, caplog):
    lines = {"said": "raise RuntimeError('no chart today')", "quoted": "raise RuntimeError(proposal.action)"}
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, line in lines.items():
        code = "from guibin import Pack, hookimpl\n\n\n@hookimpl\ndef pack():\n"
        code += (
            f"    return Pack(name='{name}', regulation='x')\n\n\n@hookimpl\ndef objections(proposal):\n    {line}\n"
        )
        (tmp_path / f"guibin_{name}.py").write_text(code)
    packs = sound({name: loaded(EntryPoint(name, f"guibin_{name}", "guibin.packs")) for name in lines})

    for name in lines:
        with pytest.raises(Exception, match="objections"):
            await packs.hooks_of((name,)).objections(Proposal("my secret", None, {}))
    await packs.runs.close()

    assert [message for message in caplog.messages if "objections" in message] == [
        "pack said, hook objections: RuntimeError at guibin_said.py:11: no chart today",
        "pack quoted, hook objections: RuntimeError at guibin_quoted.py:11",
    ]


async def test_a_hook_within_another_function_is_asked_as_in_a_thread(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "guibin_wrapped.py").write_text(
        "from functools import wraps\nfrom guibin import Pack, hookimpl\n\n\n"
        "def strict(function):\n    @wraps(function)\n    def within(*given):\n        return function(*given)\n\n"
        "    return within\n\n\n@hookimpl\ndef pack():\n    return Pack(name='wrapped', regulation='x')\n\n\n"
        "@hookimpl\n@strict\ndef objections(proposal):\n    return [f'no {proposal.action}']\n"
    )
    plugin = loaded(EntryPoint("wrapped", "guibin_wrapped", "guibin.packs"))
    apart, here = sound({"wrapped": plugin}), Packs({"wrapped": plugin})

    found = [await packs.hooks_of(("wrapped",)).objections(Proposal("move", None, {})) for packs in (here, apart)]
    await apart.runs.close()

    assert found == [("no move",)] * 2
