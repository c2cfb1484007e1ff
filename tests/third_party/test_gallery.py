"""What a pack adds to the console: seen by its companies, by whoever may, inside of walls, on record; a fault stays in its place."""

import types

import guibin_gallery
import pytest
from emergencies import opened, outlets
from pack_values import plugins

from guibin import hookimpl
from guibin.app import pages
from guibin.packs import BadPack, Packs


@pytest.fixture
async def company(world):
    return await world.tenant(packs=("gallery",))


@pytest.fixture
async def other(world):
    return await world.tenant(packs=("cable_tv",))


async def customer(company, name, **more):
    admin = await company.client()
    answer = await admin.post("/api/v1/customers", json={"number": name, "name": name, "kind": "leader", **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def reader(company, *roles, **more):
    person = await company.staff("reader", *(roles or ("agent",)), **more)
    person.headers["Accept-Language"] = "en"
    return person


async def recorded(company, action):
    admin = await company.client()
    entries = (await admin.get("/api/v1/audit-entries", params={"limit": 200})).json()["items"]
    return [entry for entry in entries if entry["action"] == action]


async def test_a_panel_is_shown_beside_the_customer_and_on_record(company):
    someone = await customer(company, "Zhao Min")

    page = await (await reader(company)).get(f"/console/customers/{someone}")

    assert "Here hangs Zhao Min" in page.text
    assert [(entry["subject_id"], entry["fields"]) for entry in await recorded(company, "panel.read")] == [
        (someone, ["gallery.named"])
    ]


async def test_a_panel_that_fails_says_so_and_nothing_it_wrote_stays(company):
    someone = await customer(company, "Qian Wei")

    page = await (await reader(company)).get(f"/console/customers/{someone}")

    assert page.status_code == 200
    assert page.text.count("This part cannot be shown now") == 1
    assert "The gallery is closed on Mondays" in page.text
    assert "overwritten" not in page.text
    again = await (await company.client()).get(f"/api/v1/customers/{someone}")
    assert again.json()["name"] == "Qian Wei"


async def test_nothing_to_show_and_nothing_allowed_are_no_panels(company):
    someone = await customer(company, "Sun Li")

    page = await (await reader(company)).get(f"/console/customers/{someone}")

    assert "Empty wall" not in page.text
    assert "Audited panel" not in page.text


async def test_a_company_without_the_pack_sees_nothing_of_it(company, other):
    theirs = await customer(other, "Li Na")
    person = await reader(other)

    texts = [(await person.get(path)).text for path in (f"/console/customers/{theirs}", "/console/")]

    assert not any("gallery" in text.lower() or "Name plate" in text for text in texts)
    assert (await person.get("/console/packs/gallery/everybody")).status_code == 404


async def test_a_page_stands_in_the_menu_and_shows_what_its_reader_may_see(company, other):
    await customer(company, "Zhou Jie")
    await customer(other, "Wu Yan")
    person = await reader(company)

    page = await person.get("/console/packs/gallery/everybody?word=%3Cb%3E")

    assert "<li>Zhou Jie</li>" in page.text
    assert "Wu Yan" not in page.text
    assert "The word is &lt;b&gt;" in page.text
    assert 'href="/console/packs/gallery/everybody"' in page.text
    assert "gallery/secret" not in page.text
    assert [entry["fields"] for entry in await recorded(company, "pack_page.read")] == [["gallery.everybody"]]


async def test_behind_a_wall_a_page_shows_no_more_than_the_core(company):
    head, branch = await company.unit("head"), await company.unit("branch")
    await customer(company, "Feng Hui", org_unit_id=str(head))
    await customer(company, "Chen Xi", org_unit_id=str(branch))
    person = await reader(company, "agent", unit="branch")

    page = await person.get("/console/packs/gallery/everybody")

    assert "Chen Xi" in page.text
    assert "Feng Hui" not in page.text


async def test_a_page_asks_for_its_permission_and_a_missing_one_is_not_there(company):
    person = await reader(company)

    assert (await person.get("/console/packs/gallery/secret")).status_code == 403
    assert (await person.get("/console/packs/gallery/nothing")).status_code == 404
    assert (await person.get("/console/packs/cable_tv/expiring")).status_code == 404


async def test_tiles_stand_above_the_workbench_and_one_that_fails_is_a_dash(company):
    await customer(company, "Chu Yun")

    page = await (await reader(company)).get("/console/")

    assert '<b class="warn">1 <small>in sight</small></b>' in page.text
    assert "<b>— <small>This part cannot be shown now</small></b>" in page.text
    assert "Audited figure" not in page.text


async def test_a_column_says_something_of_every_row_and_one_that_fails_says_so(company):
    await customer(company, "Zhao Min")
    await customer(company, "Nobody")

    page = await (await reader(company)).get("/console/customers?sort=newest")

    assert "Letters of the name</th>" in page.text
    assert page.text.count("8 letters &lt;of it&gt;</span>") == 1
    assert page.text.count("This part cannot be shown now</span>") == 2
    assert "Audited column" not in page.text
    entries = await recorded(company, "column.read")
    assert [(entry["fields"], entry["shown"]) for entry in entries] == [(["gallery.letters", "gallery.unreadable"], 2)]


async def test_a_column_is_chosen_left_out_and_taken_as_a_file_like_the_lists_own(company):
    await customer(company, "Zhao Min")
    person = await reader(company, "manager")

    chosen = await person.get("/console/customers?columns=customer,gallery.letters,gallery.audited")
    without = await person.get("/console/customers?columns=customer")
    dialog = await person.get("/console/lists/overview/columns")
    file = await person.post(
        "/api/v1/list-exports",
        json={
            "list": "overview",
            "columns": ["customer", "gallery.letters"],
            "format": "csv",
            "purpose": "for the gallery",
        },
    )

    assert "Unreadable" not in chosen.text
    assert "8 letters" in chosen.text
    assert "8 letters" not in without.text
    assert 'value="gallery.unreadable" checked' in dialog.text
    assert "gallery.audited" not in dialog.text
    assert file.status_code == 200, file.text
    assert "8 letters <of it>" in file.text
    assert "Letters of the name" in file.text


async def test_a_company_without_the_pack_has_no_such_column(company, other):
    await customer(other, "Li Na")
    person = await reader(other)

    assert "Letters" not in (await person.get("/console/customers?sort=newest")).text
    refused = await person.put("/api/v1/list-settings/overview", json={"columns": ["gallery.letters"]})
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("hook", "declared", "wrong"),
    [
        ("panels", {"template": "nowhere.html"}, "no template 'nowhere.html'"),
        ("panels", {"name": "unsaid"}, "no text 'panel.unsaid'"),
        ("pages", {"icon": "unicorn"}, "no icon 'unicorn'"),
        ("pages", {"group": "fun"}, "the menu has no group 'fun'"),
        ("tiles", {"name": "unsaid"}, "no text 'tile.unsaid'"),
        ("columns", {"name": "unsaid"}, "no text 'column.unsaid'"),
    ],
)
def test_what_a_pack_forgot_stops_the_service_at_its_start(hook, declared, wrong):
    from msgspec.structs import replace

    one = replace(getattr(guibin_gallery, hook)()[0], **declared)
    faulty = types.SimpleNamespace(**{name: getattr(guibin_gallery, name) for name in ("pack", "templates")})
    setattr(faulty, hook, hookimpl(lambda: [one]))

    with pytest.raises(BadPack, match=wrong):
        pages.studio_of(Packs({**plugins(), "gallery": faulty}))


@pytest.mark.rule("S02-6")
async def test_beside_a_file_that_is_lent_a_panel_is_to_be_read_alone(company):
    bank = await outlets(company)
    path = f"/console/customers/{bank.customer}"
    await opened(bank.manager, customer_id=bank.customer)

    own, lent = [
        (await person.get(path, headers={"Accept-Language": "en"})).text for person in (bank.serving, bank.manager)
    ]

    asks = (
        "Hang it elsewhere",
        'name="place"',
        "/console/hung",
        "/console/hang",
        "/console/plate",
        "hang()",
        "everybody",
    )
    for page in (own, lent):
        assert all(said in page for said in ("Here hangs", "王建国", "Beside the window", "All plates", "5 January"))
    assert all(each in own for each in asks)
    assert [each for each in asks if each in lent[lent.index("<main") :]] == []
