"""A story that is not as it says is told with its step; one that says nothing is refused; a hole in a policy is noticed."""

import pytest
from pack_values import all_packs

from guibin.conformance.checks import plugin_in, untold
from guibin.conformance.companies import going_by
from guibin.conformance.elements import elements_of
from guibin.conformance.playing import Broken, play
from guibin.conformance.scenarios import BadScenario, scenarios_of
from guibin.conformance.words import Spoken, UnknownName, duration
from guibin.packs import BadPack
from support import TestClock

STORY = """
[[scenario]]
name = "late"
rules = ["S07-23"]
says = { zh = "一级投诉五小时", en = "Five hours" }
people = { lin = "account_manager", zhang = "manager" }
customers = { li = { kind = "leader", manager = "lin", holds = { key_account = "standard" } } }
given = [
    { by = "lin", post = "/complaints", with = { customer_id = "{li}", text = "遥控器", channel = "phone", level = "1" }, as = "case" },
]
then = [
    { after = "HOURS" },
    { told = "deadline_breached", to = ["lin"], about = "case" },
]
otherwise = [
    OTHERWISE
]
"""


def told(folder, *, hours="5h", otherwise='{ told = "deadline_breached", to = [] },'):
    (folder / "story.toml").write_text(STORY.replace("HOURS", hours).replace("OTHERWISE", otherwise))
    return scenarios_of("cable_tv", folder)[0]


async def test_a_story_goes_as_it_says(theatre, tmp_path):
    await play(told(tmp_path), "then", theatre)
    await play(told(tmp_path), "otherwise", theatre)


@pytest.mark.parametrize(
    ("otherwise", "problem"),
    [
        ('{ told = "deadline_breached", to = ["lin"] },', "told were nobody"),
        ('{ deadline = "resolution", of = "case", due = "{now+4h}" },', "it is due at 2026-03-02 15:00:00"),
        ('{ deadline = "resolution", of = "case", late = true },', "it was kept"),
        ('{ deadline = "nothing", of = "case" },', "there is none"),
        ('{ tier = "key", of = "li", scheme = "key_account" },', "it is standard"),
        ('{ by = "lin", get = "/complaints", count = 2 },', "1 instead of 2"),
        ('{ by = "lin", get = "/complaints", lists = [{ level = "2" }] },', "the list is"),
        ('{ by = "lin", get = "/complaints", lacks = [{ level = "1" }] },', "there is"),
        ('{ by = "lin", get = "/complaints", includes = [{ level = "2" }] },', "missing is"),
        ('{ by = "lin", get = "/complaints/{case}", has = { level = "2" } },', "level is 1, not '2'"),
        ('{ by = "lin", get = "/complaints/{case}", refused = "not-found" },', "it was taken"),
        ('{ by = "lin", delete = "/customers/{li}" },', "it was refused (403)"),
        ('{ by = "lin", delete = "/customers/{li}", refused = "not-found" },', "it was refused as forbidden"),
        ('{ by = "lin", get = "/complaints/{other}" },', "nothing is called 'other'"),
    ],
)
async def test_a_step_that_is_not_as_it_says_is_named_with_what_was_instead(theatre, tmp_path, otherwise, problem):
    with pytest.raises(Broken) as broken:
        await play(told(tmp_path, otherwise=otherwise), "otherwise", theatre)

    assert "story, late, otherwise, step 2 at 2026-03-02 10:00" in str(broken.value)
    assert problem in str(broken.value)


async def test_a_minute_too_early_is_noticed(theatre, tmp_path):
    with pytest.raises(Broken, match="told were nobody"):
        await play(told(tmp_path, hours="4h59m"), "then", theatre)


@pytest.mark.parametrize(
    ("otherwise", "problem"),
    [
        ("", "`otherwise` is missing"),
        ('{ says = "nothing" },', "a step has one of"),
        ('{ told = "x", after = "5h", to = [] },', "a step has one of"),
        ('{ told = "x", to = [], whom = "y" },', "whom"),
        ('{ each = [], do = [{ after = "1m" }] },', "`each` has rows"),
        ('{ each = [{ a = "1" }], do = [{ after = "[b]" }] },', "has no 'b'"),
        ('{ each = [{ a = "1" }], do = [{ after = "1m" }], after = "1h" },', "`each` has rows"),
    ],
)
def test_a_file_that_says_no_story_is_refused_with_its_place(tmp_path, otherwise, problem):
    with pytest.raises(BadScenario, match=r"story\.toml, late") as bad:
        told(tmp_path, otherwise=otherwise)

    assert problem in str(bad.value)


def test_a_table_is_told_line_by_line(tmp_path):
    rows = '{ each = [{ who = "lin", level = "1" }, { who = "zhang", level = "2" }], do = ['
    steps = '{ by = "[who]", post = "/[level]", with = { "[level]" = "{li}-[who]", whole = "[level]" } }, { after = "[level]m" }] },'

    done = told(tmp_path, otherwise=rows + steps).steps("otherwise")[1:]

    assert [(step.by, step.post, step.body) for step in done[::2]] == [
        ("lin", "/1", {"1": "{li}-lin", "whole": "1"}),
        ("zhang", "/2", {"2": "{li}-zhang", "whole": "2"}),
    ]
    assert [step.after for step in done[1::2]] == ["1m", "2m"]


def test_names_stand_for_ids_values_moments_and_days():
    known = {"li": "1", "case": {"id": "2", "steps": [{"name": "a"}]}}
    spoken = Spoken(known, TestClock.START, "Asia/Shanghai")

    said = ["{li}", "{case}", "/x/{case.steps.0.name}", "{today-1d}", "{now+2h}", 5]

    assert spoken.filled(said) == ["1", "2", "/x/a", "2026-03-01", "2026-03-02T04:00:00+00:00", 5]
    with pytest.raises(UnknownName, match=r"there is no 'b' in \['id', 'steps'\]"):
        spoken.filled("{case.b}")
    with pytest.raises(ValueError, match="no time that passes"):
        duration("5 hours")


def test_every_element_is_taken_out_once():
    pack = all_packs().value("cable_tv")
    found = {one.place: one for one in elements_of(pack)}

    assert len(found) == len(list(elements_of(pack)))
    less = found["complaints.levels[2]"]
    assert [level.name for level in less.without.complaints.levels] == ["1", "3"]
    assert (less.rules, less.names) == (("S07-23",), ("2",))
    assert found["care.reminders"].without.care.reminders is None
    assert found["entitlements[3].quota"].without.entitlements[3].quota is None
    assert not [place for place in found if place.startswith(("texts", "rules", "name"))]


async def test_a_policy_without_what_the_story_is_about_breaks_it(theatre, tmp_path):
    pack, story = all_packs().value("cable_tv"), told(tmp_path)
    less = next(one for one in elements_of(pack) if one.place == "complaints.levels[1]")

    with going_by(theatre.packs.with_value(less.without), theatre) as other, pytest.raises(Broken):
        await play(story, "then", other)

    await play(story, "then", theatre)


def test_what_no_story_tells_is_named(tmp_path):
    missing = untold(all_packs().value("cable_tv"), [told(tmp_path)])

    assert ("S07-22" in missing, "S07-23" in missing) == (True, False)


def test_a_pack_of_a_folder_is_found(tmp_path):
    package = tmp_path / "guibin_kiosk"
    package.mkdir()
    (package / "__init__.py").write_text("NAME = 'kiosk'\n")

    name, plugin = plugin_in(package)

    assert (name, plugin.NAME) == ("kiosk", "kiosk")
    with pytest.raises(BadPack, match="is no pack"):
        plugin_in(tmp_path)
