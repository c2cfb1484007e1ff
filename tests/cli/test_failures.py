"""What stops a command is one line that says what to do, with exit code 1: never a stack trace, never a server by accident."""

import asyncio
import os
import sys

import asyncpg
import pytest
from cyclopts import App
from redis.exceptions import ConnectionError as RedisAway

from guibin import cli
from guibin.cli import environment

JOB = "00000000-0000-7000-8000-000000000000"
# Every command that works on a company's data, as it is typed.
NEEDS_A_SERVER = """serve --port 0|worker|doctor|tenant create x|tenant list|tenant show x|tenant suspend x --because y
tenant resume x|tenant freeze x --because y|tenant thaw x|tenant share x|tenant allow x 300|tenant allow-packs x hotel|pack preview x hotel|pack enable x hotel|pack disable x hotel|pack upgrades
tenant erase x --yes x|tenant purge show x|tenant exit x --to a|key create x --scope *|key list x|key revoke x {job}
staff add x --login li --name 李 --role agent|staff list x|import x customers a.csv|export x customers a.csv|assess x
report x tiers --period 2026|timers run x --until 2026-03-02|timetable show x|timetable move x a PT1H|timetable off x a
timetable on x a|timetable run x a|jobs list x|jobs show x {job}|jobs retry x --dead|jobs cancel x {job}
jobs pause x --because y|jobs resume x|jobs pauses x|jobs keep x|columns x complaints|audit list x|emergencies list x|emergencies end x {job}|audit verify x|audit keepers x|audit evidence x a.jsonl --because y|db url|db changes|promises x
script pull x a|script stop x --reason y|script resume x|script budget x|tenant automations x stop|tenant domain list x|tenant domain add x vip.example.com
cell list|cell add north|cell drain north|tenant move x --to south|bundle export x a.toml
keys show x|audit replay x deadline {job}|keys rotate root|keys rotate tenant x|keys rotate signing x|keys retire root|backup x"""
# These read what they are given first, and there is nothing.
NEEDS_NONE = {"witness", "up", "migrate", "rules", "rules show", "rules write"} | {
    "pack check",
    "pack list",
    "pack show",
    "pack pin",
    "pack sign",
}
# `restore` makes the place itself.
NEEDS_NONE |= {"pack new", "pack dev", "script test", "script push", "bundle compare", "bundle import", "restore"}
LINES = [line.format(job=JOB) for line in NEEDS_A_SERVER.replace("\n", "|").split("|")]


@pytest.fixture
def nowhere(guibin, monkeypatch, tmp_path):
    """A second shell, in which nobody said where Guibin is."""
    for name in [name for name in os.environ if name.startswith("GUIBIN_")]:
        monkeypatch.delenv(name)
    return tmp_path


def _typed():
    for name in cli.COMMANDS:
        command = cli.app[name]
        below = [sub for sub in command if not sub.startswith("-")]
        yield from [f"{name} {sub}" for sub in below] or [name]


def test_every_command_is_tried_here():
    tried = {command for command in _typed() if any(f"{line} ".startswith(f"{command} ") for line in LINES)}

    assert isinstance(cli.app, App)
    assert set(_typed()) - NEEDS_NONE == tried


@pytest.mark.parametrize("line", LINES)
async def test_a_command_where_no_server_was_ever_set_up_says_so_and_makes_none(guibin, nowhere, monkeypatch, line):
    monkeypatch.setattr(environment, "running_homes", set)
    (nowhere / "a.csv").write_text("number,name,kind\n1,王,leader\n", encoding="utf-8")
    monkeypatch.setenv("GUIBIN_PASSWORD", "correct horse battery")

    code, out, err = await guibin(*line.split(" "))

    assert (code, out) == (1, "")
    assert err.splitlines() == [
        f"refused: no server runs here: {nowhere / '.guibin'} holds none; set GUIBIN_HOME to the folder that"
        " `guibin up` was started with, or GUIBIN_DATABASE_URL to your server"
    ]
    assert {one.name for one in nowhere.iterdir()} == {"a.csv"}


async def test_the_server_that_runs_elsewhere_is_named(guibin, nowhere, tmp_path_factory):
    home = tmp_path_factory.mktemp("elsewhere") / "home"
    (home / "postgres").mkdir(parents=True)
    program = home / "guibin"
    program.write_text("import time; time.sleep(60)")
    other = await asyncio.create_subprocess_exec(
        sys.executable, str(program), "up", env=os.environ | {"GUIBIN_HOME": "home"}, cwd=home.parent
    )
    try:
        code, _, err = await guibin("tenant", "list")
    finally:
        other.kill()
        await other.wait()

    assert (code, f"GUIBIN_HOME={home}" in err.replace("\n", " ")) == (1, True), err


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("boom\n[/red] and more"), "RuntimeError at cli/test_failures.py:"),
        (KeyError("gone"), "KeyError at"),
        (ValueError("of row :100: nothing"), "of row :100: nothing"),
        (asyncpg.UndefinedTableError('relation "tenant" does not exist'), "run `guibin migrate`"),
        (asyncpg.UndefinedColumnError("column c.x does not exist"), "run `guibin migrate`"),
        (asyncpg.DeadlockDetectedError("deadlock detected"), "refused: Nothing was written: ask again"),
        (RedisAway("Error 111 connecting"), "GUIBIN_REDIS_URL"),
        (TimeoutError(), "the database cannot be reached: TimeoutError"),
        (PermissionError(13, "Permission denied", "/root/key"), "/root/key: Permission denied"),
        (EOFError(), "nobody answered the question"),
        (ExceptionGroup("two", [ValueError("a"), ValueError("b")]), "ExceptionGroup at"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
async def test_whatever_happens_is_told_in_a_line(guibin, monkeypatch, error, told):
    def fails():
        raise error

    monkeypatch.setattr(environment, "packs", fails)

    code, out, err = await guibin("pack", "list")

    assert (code, out, len(err.splitlines())) == (1, "", 1), err
    assert told in err
    assert "Traceback" not in err


async def test_with_every_log_on_the_place_is_shown_as_well(guibin, monkeypatch):
    monkeypatch.setenv("GUIBIN_LOG_LEVEL", "debug")
    monkeypatch.setattr(environment, "packs", {}.__getitem__)

    code, _, err = await guibin("pack", "list")

    assert (code, "Traceback" in err, err.splitlines()[-1].startswith("error: TypeError at")) == (1, True, True), err


async def test_a_key_file_that_is_not_there_is_named(guibin, monkeypatch):
    monkeypatch.delenv("GUIBIN_ROOT_KEY")
    monkeypatch.setenv("GUIBIN_ROOT_KEY_FILE", "/nowhere/key")

    code, _, err = await guibin("audit", "list", "nobody")

    assert (code, err) == (1, "error: /nowhere/key: No such file or directory\n")


async def test_the_process_itself_prints_no_trace(tmp_path):
    found = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "guibin.cli",
        "tenant",
        "list",
        env={"PATH": os.environ["PATH"]},
        cwd=tmp_path,
        stdout=-1,
        stderr=-1,
    )
    out, err = await found.communicate()

    assert (found.returncode, out, b"Traceback" in err, b"no server runs here" in err) == (1, b"", False, True)
    assert os.listdir(tmp_path) == []


async def test_whoever_stops_a_command_reads_nothing_more(guibin, monkeypatch):
    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "packs", stopped)

    assert await guibin("pack", "list") == (130, "", "")


async def test_whoever_has_seen_enough_reads_nothing_more(tmp_path):
    reads, writes = os.pipe()
    os.close(reads)
    try:
        found = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "guibin.cli",
            "pack",
            "list",
            env={"PATH": os.environ["PATH"]},
            cwd=tmp_path,
            stdout=writes,
            stderr=-1,
        )
    finally:
        os.close(writes)
    _, err = await found.communicate()

    assert (found.returncode, err) == (1, b"")
