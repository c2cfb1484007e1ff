"""A pack that cannot start is put aside with its reason: its companies go on without it, all others notice nothing."""

import json
import logging
import os
import shutil
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import guibin_marina
import pytest
from pack_values import plugins

from guibin import packs as packs_module
from guibin import timetable
from guibin.conformance.soundness import problems_of, sound
from guibin.operation.checks import _packs
from guibin.packs import loaded
from support import TestClock, make_app

BROKEN = "import guibin_marina\nfrom guibin_marina import *\nraise RuntimeError('no berth left')\n"
BERTHS = "/api/v1/packs/harbour/berths"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outside")
    (folder / "guibin_harbour.py").write_text(BROKEN)
    sys.path.append(str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def packs(folder):
    """The packs of the run, and one that raises at its import."""
    harbour = loaded(EntryPoint("harbour", "guibin_harbour", "guibin.packs"))
    return sound({**plugins(), "marina": guibin_marina, "harbour": harbour})


@pytest.fixture(scope="module")
def application(database, packs):
    clock = TestClock()
    return make_app(database.app, packs, clock), clock


@pytest.fixture
async def company(world):
    return await world.tenant(packs=("cable_tv", "harbour", "marina"))


@pytest.fixture
async def other(world):
    return await world.tenant(packs=("cable_tv",))


def test_why_is_told_with_pack_file_and_line(packs):
    (problem,) = packs.aside["harbour"]

    assert str(problem) == (
        "pack 'harbour', guibin_harbour.py:3: its import raises RuntimeError: no berth left (mend that line)"
    )
    assert "harbour" not in packs.names
    assert "marina" in packs.names


def test_it_is_logged_and_the_doctor_says_the_same(packs, folder, caplog):
    caplog.set_level(logging.ERROR, "guibin.packs")
    harbour = loaded(EntryPoint("harbour", "guibin_harbour", "guibin.packs"))

    sound({"harbour": harbour})

    findings = _packs(packs)
    assert caplog.messages == [f"put aside: {packs.aside['harbour'][0]}"]
    assert [(one.ok, one.detail) for one in findings][1:] == [(False, str(packs.aside["harbour"][0]))]
    assert findings[0].ok is False


async def test_its_company_goes_on_without_it_and_is_told_so(company):
    client, person = await company.client(), await company.staff("admin", "tenant_admin", "manager")
    person.headers["Accept-Language"] = "en"

    customer = await client.post("/api/v1/customers", json={"number": "1", "name": "Zhao", "kind": "leader"})
    taken = await client.post("/api/v1/complaints", json={"channel": "phone", "text": "the boat is wet"})
    marina = await client.get("/api/v1/packs/marina/berths")
    asked = [await client.request(method, BERTHS) for method in ("GET", "POST", "DELETE")]
    states = {one["name"]: one["put_aside"] for one in (await client.get("/api/v1/packs")).json()}
    policy = (await client.get("/api/v1/policy")).json()
    listed, page = await person.get("/console/packs"), await person.get("/console/packs/harbour/berths")

    assert (customer.status_code, taken.status_code, marina.status_code) == (201, 201, 200)
    assert [(one.status_code, one.json()["type"]) for one in asked] == [(503, "/problems/pack-put-aside")] * 3
    assert states == {"cable_tv": False, "harbour": True, "marina": False}
    assert policy["packs"] == ["cable_tv", "marina"]
    assert "This pack could not start and is put aside" in listed.text
    assert (page.status_code, "This industry pack could not start" in page.text) == (503, True)


async def test_what_it_might_object_to_does_not_happen_meanwhile(company, other):
    answers = []
    for one in (company, other):
        client = await one.client()
        customer = (await client.post("/api/v1/customers", json={"number": "1", "name": "Z", "kind": "leader"})).json()
        wanted = {"customer_id": customer["id"], "scheme": "cable_leaders", "tier": "silver", "reason": "merger"}
        policy = (await client.get("/api/v1/policy")).json()
        scheme = next(one for one in policy["schemes"] if one["approval"])
        wanted |= {"scheme": scheme["name"], "tier": scheme["tiers"][0]["name"]}
        answers.append((await client.post("/api/v1/applications", json=wanted)).json())

    assert answers[0]["type"] == "/problems/pack-failed"
    assert answers[1].get("type", "") != "/problems/pack-failed"


async def test_others_notice_nothing_of_it(other):
    client = await other.client()

    assert (await client.get(BERTHS)).status_code == 404
    assert (await client.get("/api/v1/packs")).json()[0]["put_aside"] is False
    assert timetable.everything(other.world.packs)


def test_a_pack_that_never_ends_its_import_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(packs_module, "LOADED_WITHIN_S", 0.2)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "guibin_asleep.py").write_text("import time\ntime.sleep(2)\n")

    (problem,) = problems_of("asleep", loaded(EntryPoint("asleep", "guibin_asleep", "guibin.packs")), beside={})

    assert (problem.pack, problem.rule) == ("asleep", "takes longer than 0 s")


@pytest.fixture
def guibin(folder):
    """The command line, where a pack of this code is installed beside the shipped ones."""

    def run(pack, code, *words):
        info = folder / f"guibin_{pack}-1.0.dist-info"
        info.mkdir()
        (folder / f"guibin_{pack}.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: guibin-{pack}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[guibin.packs]\n{pack} = guibin_{pack}\n")
        paths = (str(folder), str(Path(guibin_marina.__file__).parents[1]))
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        command = [sys.executable, "-m", "guibin.cli", "pack", "list", "--json"]
        asked = [
            subprocess.run([*command, *each], env=environment, capture_output=True, text=True, timeout=120, check=False)
            for each in words
        ]
        shutil.rmtree(info)
        return asked

    return run


def test_the_command_line_serves_the_others_and_says_why(guibin):
    """As installed beside the shipped packs."""
    listed, health = guibin("harbour", BROKEN, (), ("--health",))

    names = [one["name"] for one in json.loads(listed.stdout)]
    assert ("cable_tv" in names, "harbour" in names) == (True, False)
    told = {one["name"]: one for one in json.loads(health.stdout)}
    assert health.returncode == 1
    assert (told["cable_tv"]["sound"], told["harbour"]["sound"]) == (True, False)
    assert told["harbour"]["problems"][0]["rule"] == "raises RuntimeError: no berth left"


def test_a_pack_that_ends_the_process_as_it_is_read_ends_no_command(guibin):
    (listed,) = guibin("jetty", "raise SystemExit(0)\n", ())

    assert (listed.returncode, "cable_tv" in listed.stdout, "jetty" in listed.stdout) == (0, True, False)
    assert "put aside: pack 'jetty'" in listed.stderr
