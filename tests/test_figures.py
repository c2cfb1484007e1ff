"""The table of figures says what was measured, what was not, and how it compares with before."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

_FILE = Path(__file__).parents[1] / "benchmarks" / "figures.py"
_spec = importlib.util.spec_from_file_location("figures", _FILE)
assert _spec and _spec.loader  # noqa: PT018
figures = importlib.util.module_from_spec(_spec)
sys.modules["figures"] = figures
_spec.loader.exec_module(figures)

MANY = figures.Figure("rows a second", "first.rows", at_least=10)
QUICK = figures.Figure("start, s", "start_s", at_most=0.7)


def printing(monkeypatch, tmp_path, code):
    """A measurement that runs this code."""
    monkeypatch.setattr(figures, "HERE", tmp_path)
    (tmp_path / "one.py").write_text(code, encoding="utf-8")
    return figures.Measurement(("one.py",), (MANY, QUICK))


def test_a_figure_stands_beside_its_aim_and_what_it_was(monkeypatch, tmp_path):
    one = printing(monkeypatch, tmp_path, 'print("ready"); print(\'{"first": {"rows": 9}, "start_s": 0.5}\')')

    rows, start = figures.measured(one, {"rows a second": 18, "start, s": 1.0}, quick=False)

    assert (rows.value, rows.met, rows.better) == (9, False, -0.5)
    assert (start.value, start.met, start.better) == (0.5, True, 1.0)
    assert figures.told(rows).endswith("≥ 10  missed  WORSE by 50%")
    assert figures.told(start).endswith("≤ 0.7  met     better by 100%")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ('raise SystemExit("the server did not start")', "the server did not start"),
        ('print("nothing")', "is not in the document"),
        ('print(\'{"first": {"rows": "many"}}\')', "is not in the document"),
    ],
)
def test_what_cannot_be_measured_says_why_and_is_no_figure(monkeypatch, tmp_path, code, says):
    one = printing(monkeypatch, tmp_path, code)

    rows, _ = figures.measured(one, {}, quick=False)

    assert (rows.value, rows.met) == (None, False)
    assert says in figures.told(rows)


def test_what_does_not_end_is_given_up(monkeypatch, tmp_path):
    one = printing(monkeypatch, tmp_path, "import time; time.sleep(60)")
    monkeypatch.setattr(figures, "LONGEST_S", 0.5)

    assert "was not done within" in figures.told(figures.measured(one, {}, quick=False)[0])


def test_history_is_compared_with_machines_of_as_many_cores(monkeypatch, tmp_path):
    monkeypatch.setattr(figures, "HISTORY", tmp_path / "history/figures.jsonl")
    kept = [figures.Measured("rows a second", "≥ 10", value, True) for value in (5.0, 7.0)]
    figures.keep(kept[:1], 2)
    figures.keep(kept[1:], 8)

    assert (figures.last(2), figures.last(8), figures.last(4)) == ({"rows a second": 5.0}, {"rows a second": 7.0}, {})


@pytest.mark.slow
def test_every_measurement_can_be_made():
    """Those that need no peer: a benchmark that nobody could run any more is none."""
    names = ["import", "assessment", "scripts", "looks", "migration"]
    done = subprocess.run([sys.executable, str(_FILE), "--quick", *names], capture_output=True, text=True, timeout=900)

    assert done.returncode == 0, done.stdout + done.stderr
