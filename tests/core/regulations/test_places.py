"""A rule is found where it is: in a pack's values, in the code that names it, in the tests that prove it."""

import pytest

from guibin.policy.packs import Pack
from guibin.policy.settings import Setting
from guibin.regulations.pages import found_in, pages
from guibin.regulations.places import Place, Value, code_by_rule, values_by_rule
from guibin.regulations.rules import Rule, scenarios_in, tried_in

RULE = "S07-23"
SOURCE = '''"""A module about S12-1."""

LIMITS = (
    5,  # S07-23
    8,
)


@decorated(clause="S07-23")
class Level:
    """S07-23, S07-24: judged."""

    def judge(self):
        return 1  # S07-24

    def other(self):
        return "no rule"
'''


@pytest.fixture
def checkout(tmp_path):
    for folder in ("core/guibin", "tenants", "plugins/own", "tests"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "core/guibin/levels.py").write_text(SOURCE)
    (tmp_path / "plugins/own/pack.py").write_text("PACK = Pack()  # S07-23\n")
    (tmp_path / "tests/test_levels.py").write_text("@pytest.mark.rule('S07-23')\ndef test_it_is_judged(): ...\n")
    return tmp_path


def test_code_is_found_by_the_innermost_thing_that_names_the_rule(checkout):
    found = code_by_rule(checkout)

    assert found == {
        "S12-1": [Place("core/guibin/levels.py", "the module")],
        "S07-23": [
            Place("core/guibin/levels.py", "LIMITS"),
            Place("core/guibin/levels.py", "Level"),
            Place("plugins/own/pack.py", "PACK"),
        ],
        "S07-24": [Place("core/guibin/levels.py", "Level"), Place("core/guibin/levels.py", "Level.judge")],
    }


def test_what_looks_for_rules_names_them_as_examples_only(checkout):
    room = checkout / "core/guibin/regulations"
    room.mkdir()
    for name in ("general", "pages", "places", "rules"):
        (room / f"{name}.py").write_text("EXAMPLE = 1  # S07-25\n")

    found = code_by_rule(checkout)

    assert found["S07-25"] == [Place("core/guibin/regulations/general.py", "EXAMPLE")]


def test_values_are_told_without_what_is_so_by_default():
    settings = (Setting("bound", 50, clause=RULE), Setting("other", 10))

    found = values_by_rule({"own": Pack(name="own", regulation="S07", settings=settings)})

    assert found == {RULE: [Value("own", "settings[bound]", "Setting(name='bound', value=50)")]}


def test_a_rule_has_its_values_code_and_tests_on_its_page(checkout):
    settings = (Setting("bound", 50, clause=RULE),)

    made = pages(found_in(checkout, {"own": Pack(name="own", regulation="S07", settings=settings)}))
    of_rule = made["S07.md"].partition(f"## {RULE}\n")[2].partition("\n## ")[0]

    assert "- own `settings[bound]`: `Setting(name='bound', value=50)`" in of_rule
    assert "- `core/guibin/levels.py` LIMITS" in of_rule
    assert "- `tests/test_levels.py::test_it_is_judged`" in of_rule
    assert sorted(made) == ["README.md", *(f"S{number:02}.md" for number in range(1, 15))]


def test_a_rule_is_proved_when_whatever_is_taken_out_of_it_was_noticed(tmp_path):
    tests, run = tmp_path / "tests", tmp_path / ".guibin" / "mutate"
    (tests / "mutations").mkdir(parents=True)
    run.mkdir(parents=True)
    (tests / "mutations" / "noticed.json").write_text('{"element b": "tests/b.py::b", "element c": "tests/c.py::c"}')
    lines = [
        '{"id":"element a","verdict":"survived"}',
        '{"id":"element a","verdict":"killed","by":"x.toml::y[then]"}',
        '{"id":"element c","verdict":"survived"}',
        '{"id":"rhythm c","verdict":"killed","by":"tests/t.py::test_c[1]"}',
    ]
    (run / "results.jsonl").write_text("\n".join(lines))
    elements = {"element a": ("S07-23",), "element b": ("S07-23",), "element c": ("S07-4",), "element d": ("S07-5",)}

    tried = tried_in(tests, {"S07-6": {"tests/t.py::test_c"}}, elements)

    assert tried == {"S07-23": (2, 0), "S07-4": (0, 1), "S07-5": (0, 1), "S07-6": (1, 0)}
    proved = {name: Rule(name, "", "", "", noticed=n, missed=m).proved for name, (n, m) in tried.items()}
    assert proved == {"S07-23": True, "S07-4": False, "S07-5": False, "S07-6": True}


def test_a_scenario_counts_for_the_rules_it_names(tmp_path):
    folder = tmp_path / "plugins/kiosk/guibin_kiosk/scenarios"
    folder.mkdir(parents=True)
    (folder / "story.toml").write_text("[[scenario]]\nname = 'late'\nrules = ['S07-23']\n")

    assert scenarios_in(tmp_path) == {"S07-23": {"plugins/kiosk/guibin_kiosk/scenarios/story.toml::late"}}
