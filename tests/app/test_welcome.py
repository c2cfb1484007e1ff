"""What `guibin up` says when it is ready, and in which database it makes companies whose password everybody knows."""

import pytest

from guibin.cli import run
from guibin.demonstration import companies
from guibin.demonstration.companies import Access
from guibin.operation import supervisor

API = "http://127.0.0.1:8000"


def test_a_newcomer_reads_the_companies_and_how_to_sign_in():
    nobody = companies.welcome(API, [])

    text = companies.welcome(API, [Access("hetian-bank", "和田银行", "gb_live_1", complaints=True)])

    assert nobody == f"Guibin is ready: {API}"
    assert ("hetian-bank" in text, "Bearer gb_live_1" in text, companies.PASSWORD in text) == (True, True, True)


def test_a_later_start_shows_no_key_and_says_how_to_make_one():
    text = companies.welcome(API, [Access("hetian-bank", "和田银行", "", complaints=True)])

    assert ("Bearer" in text, "guibin key create hetian-bank" in text) == (False, True)


async def test_a_key_is_shown_by_the_start_that_made_it_alone(world, packs, monkeypatch):
    if not any(packs.hooks_of((name,)).demonstration() for name in packs.names):
        pytest.skip("no pack brings a demonstration company")

    async def made(made, pack, **_):
        await world.tenant(made.slug, packs=())
        return Access(made.slug, made.name, "gb_live_1", complaints=False)

    monkeypatch.setattr(companies, "make", made)
    monkeypatch.setattr(companies, "connected", _nothing)

    first = await companies.fill(world.owner_url, world.app_url, packs, say=str)
    second = await companies.fill(world.owner_url, world.app_url, packs, say=str)

    assert {one.key for one in first} == {"gb_live_1"}
    assert {one.key for one in second} == {""}


@pytest.mark.parametrize(
    ("database", "demo", "filled"),
    [("", None, True), ("", False, False), ("postgresql://own", None, False), ("postgresql://own", True, True)],
)
def test_a_database_of_ones_own_gets_no_known_password_unless_asked_for(monkeypatch, database, demo, filled):
    asked = []

    async def up(home, *, port, prepare, announce, say):
        await prepare(supervisor.Urls("app", "owner", "relay", "redis", port))

    async def fill(*_, say):
        asked.append(True)
        return []

    async def nothing(*_):
        return []

    async def migrated(*_):
        return run.migrations.Migrated()

    monkeypatch.setenv("GUIBIN_DATABASE_URL", database)
    monkeypatch.setattr(supervisor, "run", up)
    monkeypatch.setattr(run.migrations, "migrate", migrated)
    monkeypatch.setattr(run.pack_upgrades, "keep_all", nothing)
    monkeypatch.setattr(run.keyring, "load_root_key", lambda home: None)
    monkeypatch.setattr(run.root_keys, "refuse_wrong_first", nothing)
    monkeypatch.setattr(companies, "fill", fill)

    run.up(demo=demo)

    assert bool(asked) == filled


class _nothing:  # stands for a function
    def __init__(self, *_, **__):
        pass

    async def __aenter__(self):
        return None

    async def __aexit__(self, *_):
        return None
