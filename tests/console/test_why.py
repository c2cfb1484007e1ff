"""Why something was decided: the sentence, the figures, the clause in the reader's language, the policy's version."""

import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from receiving import guest

from guibin.app import factory  # noqa: F401  # every slice with its refusals
from guibin.console.looks import Look
from guibin.console.studio import Studio
from guibin.console.texts import SHARED, Words, folder_of
from guibin.packs import Packs, installed
from guibin.regulations.core import CORE
from guibin.regulations.general import GENERAL
from guibin.regulations.places import values_by_rule
from guibin.regulations.rules import all_rules, said
from guibin_tenants.refusals import Refusal

# What only whoever runs the product meets, or a program that calls it.
OPERATORS = frozenset(
    {
        "bad-bound",
        "bad-file-bound",
        "bad-file-store",
        "bad-proxies",
        "no-public-address",
        "draining",
        "moving",
        "no-place",
        "another-person",
        "no-purge",
        "purge-asked",
        "purge-confirmed",
        "purge-not-due",
    }
)
TESTS = Path(__file__).parents[1]
HAN = re.compile(r"[\u4e00-\u9fff]")


def _cited():
    packs = Packs(installed())
    known = {name: packs.value(name) for name in packs.names} | {"core": CORE, "general": GENERAL}
    return sorted(values_by_rule(known))


@pytest.mark.parametrize("clause", _cited())
def test_every_clause_that_a_policy_cites_is_told_in_both_languages(clause):
    chinese, english = said("zh-CN")[clause], said("en")[clause]

    assert HAN.search(chinese.name + chinese.rule)
    assert not HAN.search(english.name)
    assert english.rule


def test_no_rule_is_told_that_is_none():
    assert set(said("zh-CN")) <= {rule.id for rule in all_rules(None)}


async def test_a_complaint_says_why_this_level_and_why_this_time_in_the_reader_s_words(world):
    company = await world.tenant(packs=("cable_tv",))
    agent = await company.staff("agent", "agent")
    taken = await agent.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone"})
    path = f"/console/complaints/{taken.json()['id']}"
    await agent.post(f"{path}/do/pause", data={"reason": "等客户在家"})

    chinese = (await agent.get(path)).text
    agent.cookies.set("guibin_language", "en")
    english = (await agent.get(path)).text

    assert [
        word in chinese
        for word in ("没有制度列明的词", "S07-23", "投诉分级与时限", "5 小时办结", "行业规范原版", "暂停")
    ] == [True] * 6
    assert "no keyword" not in chinese
    assert [
        word in english for word in ("no word that the policy names", "Complaint levels and time limits", "Paused")
    ] == [True] * 3


async def test_a_reception_says_why_this_level_before_it_is_asked_for(world):
    company = await world.tenant(packs=())
    officer = await company.staff("officer", "reception_officer")
    person = await guest(await company.client())
    news = {"customer_id": person, "source": "集团领导", "arrives_at": "2026-03-04T10:00"}
    told = await officer.post("/console/receptions/suggested", data=news)
    taken = await officer.post("/console/receptions/new", data=news)
    page = (await officer.get(re.search(r"/console/receptions/[0-9a-f-]+", taken.headers["hx-trigger"]).group())).text

    assert "来访前中心通知各部门" in told.text
    assert [word in page for word in ("为什么是这个规格", "尚未申请", "来访准备", "谁批准")] == [True] * 4


async def test_how_a_customer_wants_to_be_treated_stands_in_rows_cases_previews_and_at_the_counter(world):
    company = await world.tenant(packs=("cable_tv",))
    agent, key = await company.staff("agent", "agent"), await company.client()
    person = await guest(key, kind="leader", preferences={"taboo": "别在午休时打电话"})
    said = {"text": "没有信号", "channel": "phone", "customer_id": person}
    complaint = (await agent.post("/api/v1/complaints", json=said)).json()["id"]

    pages = [
        (await agent.get(path)).text
        for path in (
            "/console/complaints?running=true",
            f"/console/complaints/{complaint}",
            f"/console/complaints/{complaint}/preview",
            f"/console/counter/{person}",
            "/console/customers?q=zsl",
            "/console/",
        )
    ]

    assert ["忌讳：别在午休时打电话" in page for page in pages] == [True] * 6


@pytest.mark.parametrize(("language", "initial"), [("zh-CN", "系"), ("en", "S")])
def test_beside_what_a_job_did_stands_the_initial_of_the_system(language, initial):
    studio = Studio((), ())
    marks = studio.environment.from_string(
        '{% import "console/marks.html" as m with context %}{{ m.who("job care.due") }}'
    )

    shown = marks.render(words=studio.words, look=Look(language))

    assert f">{initial}</span>" in shown


def test_what_the_bell_shows_of_many_is_no_other_name_than_the_one_it_has():
    studio = Studio((), ())

    bell = studio.render("console/bell.html", Look("zh-CN"), {"frame": SimpleNamespace(unread=117)})

    assert ("aria-label" in bell, "117 条未读" in bell, '<b aria-hidden="true">99+</b>' in bell) == (False, True, True)


def _ships(kind):
    """No pack that another test brought."""
    return TESTS not in Path(inspect.getfile(kind)).parents


def _kinds(kind=Refusal):
    """The product's own that a request can meet: what the command line alone refuses is told by it."""
    for each in kind.__subclasses__():
        if _ships(each) and not each.__module__.startswith(("guibin.cli", "guibin.operation")):
            yield each.kind
        yield from _kinds(each)


def test_every_refusal_that_people_meet_is_told_in_both_languages():
    words = Words({SHARED: folder_of(SHARED)})

    untold = {kind for kind in _kinds() if not words.has(f"refusal.{kind}")}

    assert untold - OPERATORS == set()
