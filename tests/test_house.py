"""The shape of the house gets no worse: every figure of `make house` keeps below its bound."""

import importlib.util
from pathlib import Path

import pytest

_FILE = Path(__file__).parents[1] / "benchmarks" / "house.py"


@pytest.fixture(scope="module")
def house():
    spec = importlib.util.spec_from_file_location("house", _FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def core(house, tmp_path, monkeypatch):
    """A core of two rooms, in which whatever is to be counted stands once."""
    texts = {
        "loose.py": "def many(a, b, c, d, *, e): ...\n",
        "upper/api.py": "from guibin.lower import actions\n",
        "upper/actions.py": 'async def f():\n    """Update lower set a = 1."""\n    return "insert into lower (a) values (1)"\n',
        "upper/reading.py": 'TEXT = f"select 1 from {1} join lower l on true"\n',
        "lower/tables.py": "class Lower(TenantTable): ...\n",
        "lower/actions.py": "from guibin.upper import circular\n",
        "upper/circular.py": "from guibin.lower import actions\nNAME = Meta(pattern='x')\n",
    }
    for name, text in texts.items():
        file = tmp_path / "core" / "guibin" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.setattr(house, "ROOT", tmp_path)
    monkeypatch.setattr(house, "CORE", tmp_path / "core" / "guibin")
    return house.measured()


def test_no_figure_is_above_its_bound(house):
    figures, held = house.measured().figures(), house.bounds()

    assert set(held) == set(figures)
    assert house.worse(figures, held) == []


def test_a_figure_above_its_bound_is_named(house):
    held = {"rooms": {"bound": 2, "target": 1}, "floors": {"bound": 3, "target": 3}}

    found = house.worse({"rooms": 3, "floors": 3}, held)

    assert found == ["rooms: 3, the bound is 2 (make house; `--detail 'rooms'` lists them)"]


def test_each_figure_counts_what_it_says(core):
    assert core.figures() == {
        "lines": 10,
        "lines of pages": 0,
        "rooms": 2,
        "floors": 1,
        "modules in circles": 2,
        "rooms in circles": 2,
        "upward imports": 0,
        "loose files": 1,
        "functions over four arguments": 1,
        "functions over six arguments": 0,
        "file names used once": 5,
        "reads of tables of a room not imported": 1,
        "writes to another room's tables": 1,
        "text patterns outside their home": 1,
    }
    assert core.found["reads of tables of a room not imported"] == ["core/guibin/upper/reading.py:1 lower of lower"]
    assert core.found["writes to another room's tables"] == ["core/guibin/upper/actions.py:3 lower of lower"]


def test_the_picture_shows_each_room_above_what_it_imports(house, core, tmp_path):
    (tmp_path / "core/guibin/lower/actions.py").write_text("")
    (tmp_path / "core/guibin/upper/__init__.py").write_text('"""Cases.\n\nMore."""\n')

    assert house.picture().splitlines()[-4:] == [
        "|---|---|---|---|",
        "| 2 | `upper` | Cases. | lower |",
        "| 1 | `loose` |  |  |",
        "| 1 | `lower` |  |  |",
    ]
