"""The example pack whole: what it keeps, answers, does by itself and shows, from nothing but `from guibin import …`."""

import subprocess
import sys
from pathlib import Path

import guibin_airline_lounge
import pytest
from desk import open_desk
from running import work_off

import guibin
from guibin import timetable
from guibin.conformance.soundness import problems_of
from guibin_tenants import keys
from guibin_tenants.keys import NewKey
from guibin_tenants.principals import Principal, permissions_of
from guibin_tenants.scope import fetch_column
from guibin_tenants.tables import new_id

HERE = Path(__file__).parent
STAYS = "/api/v1/packs/airline_lounge/stays"
SEATS = "airline_lounge:seats"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "airline_lounge")


@pytest.fixture
async def guest(desk):
    return await desk.customer("1", "flyer")


def test_it_is_sound():
    assert problems_of("airline_lounge", guibin_airline_lounge, beside={}) == ()


def test_everything_of_the_public_face_is_there_and_named_once():
    assert sorted(set(guibin.__all__)) == guibin.__all__
    assert [name for name in guibin.__all__ if getattr(guibin, name, None) is None] == []


def test_import_linter_proves_that_it_uses_the_public_face_alone(tmp_path):
    """The contract fails for a copy that reaches into the core's insides."""
    contract = (
        "[importlinter]\nroot_packages =\n    guibin_airline_lounge\n    guibin\n    guibin_tenants\n    litestar\n    piccolo\n"
        "[importlinter:contract:face]\nname = Only the public face\ntype = forbidden\n"
        "source_modules = guibin_airline_lounge\nforbidden_modules =\n"
        "    guibin.*\n    guibin_tenants\n    litestar\n    piccolo\nallow_indirect_imports = true\n"
    )
    (tmp_path / "contract.ini").write_text(contract)
    source = (HERE / "guibin_airline_lounge" / "__init__.py").read_text(encoding="utf-8")

    def kept(text):
        copy = tmp_path / "guibin_airline_lounge"
        copy.mkdir(exist_ok=True)
        (copy / "__init__.py").write_text(text, encoding="utf-8")
        command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports('contract.ini', cache_dir=None))"
        done = subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path.insert(0, '.'); {command}"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout

    own, reaching = kept(source), kept(source + "\nfrom guibin_tenants import registry\n")

    assert own[0] == 0, own[1]
    assert reaching[0] == 1
    assert "guibin_airline_lounge is not allowed to import guibin_tenants" in reaching[1]


def test_it_is_short():
    assert len((HERE / "guibin_airline_lounge" / "__init__.py").read_text(encoding="utf-8").splitlines()) < 350


async def test_guests_come_in_once_and_their_looks_are_on_record(desk, guest):
    new = {"customer_id": guest, "lounge": "north", "wish": "a quiet seat"}

    entered = await desk.client.post(STAYS, json=new)
    again = await desk.client.post(STAYS, json=new)
    listed = await desk.client.get(STAYS)

    assert (entered.status_code, again.status_code) == (201, 409)
    assert again.json()["type"] == "/problems/already-in"
    assert [(one["customer_id"], one["lounge"]) for one in listed.json()] == [(guest, "north")]
    entries = (await desk.client.get("/api/v1/audit-entries")).json()["items"]
    assert {"stay.enter", "stay.list"} <= {one["action"] for one in entries}


async def test_its_job_lets_everybody_out_and_tells_the_managers(desk, guest):
    company = desk.tenant
    manager = await company.staff("lead", "manager")
    await desk.client.post(STAYS, json={"customer_id": guest, "lounge": "north"})
    timetable.everything(company.world.packs)
    await desk.client.post("/api/v1/timetable/airline_lounge.close_lounges/runs")

    done = await work_off(company, kind="close_lounges")

    notices = (await manager.get("/api/v1/notices")).json()["items"]
    async with company.scope():
        open_stays = await fetch_column("select id from airline_lounge_stay where left_at is null")
    assert (done, open_stays) == (["completed"], [])
    assert [one["text"] for one in notices if one["kind"] == "lounge_closed"] == ["休息室已清场"]


async def test_page_panel_and_figure_show_who_is_in(desk, guest):
    await desk.client.post(STAYS, json={"customer_id": guest, "lounge": "north"})
    person = await desk.tenant.staff("reader", "agent")
    person.headers["Accept-Language"] = "en"

    page = await person.get("/console/packs/airline_lounge/lounges")
    beside = await person.get(f"/console/customers/{guest}")
    home = await person.get("/console/")

    assert "<li>north: 1</li>" in page.text
    assert "In the lounge" in beside.text
    assert "Guests in a lounge" in home.text


async def test_its_permission_is_its_roles_and_nobody_elses(desk, guest, world):
    company, new = desk.tenant, {"customer_id": guest, "lounge": "north"}
    agent = await company.staff("door", "agent")
    seller = await company.staff("seller", "account_manager")
    async with company.scope():
        key = NewKey(name="door", scopes=("customers:read", SEATS))
        token, _ = await keys.create(key, now=world.clock(), beside={SEATS})
    weak, named = await company.client("customers:read"), world.client(token)

    answers = [(await one.post(STAYS, json=new)).status_code for one in (seller, weak)]
    allowed = [(await one.post(STAYS, json=new)).status_code for one in (agent, named)]

    assert answers == [403, 403]
    assert allowed == [201, 409]


async def test_its_permission_stands_in_the_matrix_and_in_roles_of_the_company(desk, guest, world):
    company = desk.tenant
    admin = await company.staff("boss", "tenant_admin", "manager")
    other = await (await world.tenant(packs=("cable_tv",))).staff("boss", "tenant_admin", "manager")
    seller = await company.staff("seller", "account_manager")
    role = {"title": "Door", "permissions": [SEATS]}

    made = await admin.post("/api/v1/roles", json=role)
    foreign = await other.post("/api/v1/roles", json=role)
    listed = {one["name"]: one["permissions"] for one in (await admin.get("/api/v1/roles")).json()}
    there = {one["name"]: one["permissions"] for one in (await other.get("/api/v1/roles")).json()}
    matrices = [await one.get("/console/policy/rights") for one in (admin, other)]
    editors = [await one.get("/console/roles/new") for one in (admin, other)]

    assert (made.status_code, foreign.status_code) == (201, 422), (made.text, foreign.text)
    assert [SEATS in listed[name] for name in ("agent", "account_manager")] == [True, False]
    assert not any(SEATS in permissions for permissions in there.values())
    assert ["接待休息室旅客" in one.text for one in matrices] == [True, False]
    assert ["接待休息室旅客" in one.text for one in editors] == [True, False]
    assert (await seller.post(STAYS, json={"customer_id": guest, "lounge": "north"})).status_code == 403


def test_a_right_of_a_pack_that_is_off_is_nobodys_whatever_their_role_names(packs):
    held = permissions_of(("account_manager",)) | {SEATS}
    person = Principal(kind="staff", id=new_id(), name="Door", permissions=held, roles=("account_manager",))

    assert SEATS in packs.hooks_of(("airline_lounge",)).held_by(person)
    assert SEATS not in packs.hooks_of(("marina",)).held_by(person)
