"""Every figure that has an aim, in one table beside it, and what it was before. `make bench`; NAMES choose some of it.

Each measurement is a process of its own that prints one JSON document; what it is compared with is measured in the same run, so
that ratios can be compared from machine to machine. What was measured is added to `history/figures.jsonl`, with the commit and
the machine; the table says how much better or worse it is than there, last, on a machine of as many cores.

    python benchmarks/figures.py [--quick] [--keep] [--entries N] [requests import assessment idle start scripts ...]

`--quick` measures little of each: whether it can be measured at all, no figure to keep. `--keep` writes the history. `looks` is measured with
`--entries` of the record and, like every measurement of bars, prints what each page and list took. Ends with 1
where something could not be measured; a missed aim is a figure, not a failure.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

HERE = Path(__file__).resolve().parent
HISTORY = HERE / "history/figures.jsonl"
BIN = Path(sys.executable).parent
LONGEST_S, LONGEST_QUICK_S = 3_600, 300
# Less of a difference is noise.
STEADY = 0.1


class Figure(Struct, frozen=True):
    """One aim: where in the document its figure stands, and whether it is to be `at_least` or `at_most` so much."""

    says: str
    path: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def aim(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"

    def met(self, value: float) -> bool:
        return value >= self.at_least if self.at_least is not None else value <= (self.at_most or 0)

    def better(self, value: float, before: float) -> float:
        """By which share it is better than before; below 0 it is worse."""
        if not value or not before:
            return 0.0
        return value / before - 1 if self.at_least is not None else before / value - 1


class Measurement(Struct, frozen=True):
    """One process: its words, those of little of it, and the figures of its document."""

    words: tuple[str, ...]
    figures: tuple[Figure, ...]
    quick: tuple[str, ...] | None = None
    quick_environment: Mapping[str, str] = {}


MEASUREMENTS = {
    "requests": Measurement(
        ("requests_per_second.py",),
        (
            Figure("audited reads, of FastAPI + SQLAlchemy's", "read.of_peer", at_least=3),
            Figure("audited reads, of pgbench's with the same SQL", "read.of_pgbench", at_least=0.7),
            Figure("intakes, of FastAPI + SQLAlchemy's", "intake.of_peer", at_least=3),
            Figure("intakes, of pgbench's with the same SQL", "intake.of_pgbench", at_least=0.7),
        ),
        quick_environment={"GUIBIN_BENCH_SECONDS": "1"},
    ),
    "import": Measurement(
        ("excel_import.py", "100000"),
        (
            Figure("new customers from a workbook, rows a second", "first.rows_per_second", at_least=8_000),
            Figure("the same once more, rows a second", "again.rows_per_second", at_least=8_000),
        ),
        quick=("excel_import.py", "500"),
    ),
    "assessment": Measurement(
        ("assessment.py", "1000000", "1"),
        (Figure("1,000,000 customers assessed, of hand-written SQL's time", "ratio", at_most=1.3),),
        quick=("assessment.py", "1000", "1"),
    ),
    "idle": Measurement(
        ("jobs.py", "idle"),
        (Figure("an idle worker with many companies, of one with few", "idle_many_of_few", at_most=1.5),),
    ),
    "scripts": Measurement(
        ("scripts.py",),
        (Figure("a script's p99 beside a hostile company, of calm", "beside_of_calm", at_most=2),),
    ),
    "start": Measurement(
        ("figures.py", "--of-commands"),
        (Figure("start of a command, s", "command_s", at_most=0.7),),
    ),
}


class Bars(Struct, frozen=True):
    """A measurement that holds its own bars for how long pages and lists take, and ends with 1 above one."""

    words: tuple[str, ...]
    quick: tuple[str, ...]


BARS = {
    "looks": Bars(("looks.py", "--entries", "1000000"), ("looks.py", "--entries", "2000", "--times", "2")),
    "migration": Bars(("migration.py",), ("migration.py", "300", "2")),
}


class Measured(Struct, frozen=True):
    """What a figure was; `value` None where it was not in the document, and `wrong` then says why."""

    says: str
    aim: str
    value: float | None
    met: bool
    better: float | None = None
    wrong: str = ""


def run(words: Sequence[str], environment: Mapping[str, str], longest_s: float) -> tuple[int, str, str]:
    """Exit code, output and the end of what went wrong, of a measurement in a process of its own."""
    try:
        done = subprocess.run(
            [sys.executable, str(HERE / words[0]), *words[1:]],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=longest_s,
        )
    except subprocess.TimeoutExpired:
        return 1, "", f"was not done within {longest_s:g} s"
    return done.returncode, done.stdout, done.stderr.strip()[-400:]


def measured(one: Measurement, before: Mapping[str, float], *, quick: bool) -> list[Measured]:
    words = one.quick if quick and one.quick else one.words
    environment = one.quick_environment if quick else {}
    code, out, wrong = run(words, environment, LONGEST_QUICK_S if quick else LONGEST_S)
    document = _document(out) if code == 0 else None
    return [_figure(figure, document, before, wrong) for figure in one.figures]


def _figure(figure: Figure, document: Any, before: Mapping[str, float], wrong: str) -> Measured:
    value = document
    for part in figure.path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if not isinstance(value, int | float):
        return Measured(figure.says, figure.aim, None, False, wrong=wrong or "is not in the document")
    earlier = before.get(figure.says)
    better = figure.better(value, earlier) if earlier is not None else None
    return Measured(figure.says, figure.aim, value, figure.met(value), better)


def _document(out: str) -> Any:
    """The JSON document at the end of the output."""
    at = out.find("\n{") + 1 if not out.startswith("{") else 0
    try:
        return json.loads(out[at:])
    except ValueError:
        return None


def within_bars(name: str, one: Bars, *, quick: bool, entries: int | None = None) -> Measured:
    words = one.quick if quick else one.words
    if name == "looks" and entries:
        words = ("looks.py", "--entries", str(entries))
    code, out, wrong = run(words, {}, LONGEST_QUICK_S if quick else LONGEST_S)
    print(out, end="", flush=True)
    could = "Traceback" not in wrong and bool(out)
    return Measured(
        f"{name}: pages and lists within their bars", "all", float(code == 0) if could else None, code == 0, wrong=wrong
    )


def last(cores: int) -> dict[str, float]:
    """The figures that were kept last for a machine of so many cores."""
    if not HISTORY.exists():
        return {}
    lines = [json.loads(line) for line in HISTORY.read_text(encoding="utf-8").splitlines()]
    found: dict[str, float] = {}
    for line in lines:
        if line["cores"] == cores:
            found |= line["figures"]
    return found


def keep(figures: Sequence[Measured], cores: int) -> None:
    HISTORY.parent.mkdir(exist_ok=True)
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, cwd=HERE)
    line = {
        "on": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": commit.stdout.strip(),
        "cores": cores,
        "machine": platform.machine(),
        "figures": {one.says: one.value for one in figures if one.value is not None},
    }
    with HISTORY.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def told(one: Measured) -> str:
    """One line of the table."""
    if one.value is None:
        return f"{one.says:58} {'–':>10} {one.aim:>9}  could not be measured: {one.wrong}"
    change = ""
    if one.better is not None and abs(one.better) >= STEADY:
        change = f"{'better' if one.better > 0 else 'WORSE'} by {abs(one.better):.0%}"
    return f"{one.says:58} {one.value:10,.2f} {one.aim:>9}  {'met' if one.met else 'missed':7} {change}".rstrip()


def of_commands() -> None:
    """How long a command takes that does nothing, the quickest of some."""
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run([str(BIN / "guibin"), "--version"], capture_output=True, check=True)
        took.append(time.perf_counter() - begun)
    print(json.dumps({"command_s": round(min(took), 2)}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*MEASUREMENTS, *BARS, []], metavar="NAMES")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--entries", type=int, help="how many the record has in which looks are measured")
    parser.add_argument("--of-commands", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.of_commands:
        of_commands()
        return 0
    names, cores, found = given.names or [*MEASUREMENTS, *BARS], os.cpu_count() or 1, []
    before = {} if given.quick else last(cores)
    for name in names:
        if name in BARS:
            new = [within_bars(name, BARS[name], quick=given.quick, entries=given.entries)]
        else:
            new = measured(MEASUREMENTS[name], before, quick=given.quick)
        found += new
        for one in new:
            print(told(one), flush=True)
    if given.keep and not given.quick:
        keep(found, cores)
    return int(any(one.value is None for one in found))


if __name__ == "__main__":
    sys.exit(main())
