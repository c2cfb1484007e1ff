"""A script is asked in a process of its own, within its limits; whatever it tries, nobody else notices."""

import asyncio
import os
import time
import tomllib
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import psutil
import pytest

from guibin.hookspecs import ComplaintDraft, LevelSuggestion, Measure, Proposal
from guibin.scripts import stubs
from guibin.scripts.runner import SOURCE_BYTES_MAX, CallLimits, Runner
from guibin_tenants.tables import new_id

HOSTILE = tomllib.loads((Path(__file__).parent / "hostile.toml").read_text(encoding="utf-8"))
# Seconds a call may take in all, the loop that is ended included, and what a process of ours may ever hold.
CEILING_S, CEILING_BYTES = 5.0, 120 * 1024 * 1024
CANARY, SECRET = "canary-7f3a", "secret-91cc"
DRAFT = {"draft": {"text": f"全楼 {CANARY}", "channel": "phone", "customer_kind": None}}
GOOD = """
def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:
    print("heard by", draft.channel)
    return LevelSuggestion("3", because="全楼无信号") if "全楼" in draft.text else None
"""


@pytest.fixture
def runner():
    # Longer than in service: on a busy machine a harmless call may take a tenth of a second.
    runner = Runner(CallLimits(time_s=0.5))
    yield runner
    runner.close()


def script(body, top=""):
    lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
    return f"{top}\ndef suggest_level(draft):\n{lines}\n"


def processes():
    """Those that run; one that ended and was not yet collected is none."""
    children = psutil.Process().children()
    return [each for each in children if each.name() == "monty" and each.status() != psutil.STATUS_ZOMBIE]


def peak_of(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def written():
    return Path("/tmp/guibin-canary").exists()


async def ask(runner, source, company: UUID | None = None):
    return await runner.run(company or new_id(), source, "suggest_level", DRAFT)


async def test_a_script_answers_as_a_pack_would(runner):
    ran = await ask(runner, GOOD)

    assert (ran.outcome, ran.log, ran.error) == ("ok", "heard by phone\n", "")
    assert msgspec.json.decode(ran.output, type=LevelSuggestion) == LevelSuggestion("3", "全楼无信号")
    assert ran.taken_us > 0


async def test_nothing_of_a_call_is_left_for_the_next(runner):
    leaving = script("global seen\nseen = draft.text\nimport json\nreturn None")
    looking = script("return LevelSuggestion(seen, '')")

    for _ in range(4):
        assert (await ask(runner, leaving)).outcome == "ok"
        assert (await ask(runner, looking)).error.startswith("NameError")


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_means_harm_ends_within_its_limits(runner, name, monkeypatch):
    monkeypatch.setenv("CANARY", SECRET)
    case = HOSTILE[name]
    begun = time.perf_counter()

    ran = await ask(runner, script(case["body"], case.get("top", "")))

    assert ran.outcome in case["ends"], ran
    assert case.get("says", "") in ran.error
    assert time.perf_counter() - begun < CEILING_S
    assert len(ran.error) <= 500
    assert len(ran.log) <= runner.limits.log_bytes
    assert len(ran.output) <= runner.limits.output_bytes
    assert all(peak_of(process) < CEILING_BYTES for process in processes())
    assert CANARY not in ran.output + ran.log
    assert SECRET not in ran.output + ran.log + ran.error
    assert not written()
    assert (await ask(runner, GOOD)).outcome == "ok"


async def test_what_a_script_raises_says_which_line(runner):
    ran = await ask(runner, "x = 1\n" + script("figures = {}\nreturn figures['a']"))

    assert (ran.outcome, ran.error, ran.line) == ("raised", "KeyError: a", 5)


async def test_a_process_that_dies_in_mid_call_takes_one_call_with_it_a_hundred_times(runner):
    """T37."""
    endless, dead, host = script("while True: pass"), 0, os.getpid()
    await ask(runner, GOOD)
    for _ in range(200):
        call = asyncio.create_task(ask(runner, endless))
        beside = asyncio.create_task(ask(runner, GOOD))
        await asyncio.sleep(0.01)
        for process in processes():
            process.kill()
        dead += (await call).outcome == "crashed"
        assert (await beside).outcome in {"ok", "crashed"}
        if dead == 100:
            break

    assert dead == 100
    assert os.getpid() == host
    # Those that were ended while they waited fail the call that finds them.
    for _ in range(2):
        await ask(runner, GOOD)
    assert [(await ask(runner, GOOD)).outcome for _ in range(10)] == ["ok"] * 10
    assert 1 <= len(processes()) <= 2


async def test_a_process_has_no_environment_of_ours(runner, monkeypatch):
    """T40."""
    monkeypatch.setenv("GUIBIN_DATABASE_URL", "postgresql://secret")
    await ask(runner, GOOD)

    assert [each.environ() for each in processes()] == [{}, {}]
    assert [connection for each in processes() for connection in each.net_connections()] == []


async def test_the_same_values_give_the_same_answer_in_every_process():
    """T39."""
    source = script("return LevelSuggestion(str(list({'乙', '甲', draft.channel})) + str(hash(draft.text)), '')")
    answers = set()
    for _ in range(3):
        runner = Runner()
        answers |= {(await ask(runner, source)).output for _ in range(4)}
        runner.close()

    assert len(answers) == 1


async def test_one_company_has_one_call_at_a_time_and_others_come_in_between(runner):
    runner.limits = CallLimits()
    hostile, neighbour = uuid4(), uuid4()
    await ask(runner, GOOD, neighbour)
    calls = [asyncio.create_task(ask(runner, script("while True: pass"), hostile)) for _ in range(12)]
    await asyncio.sleep(0.05)
    begun = time.perf_counter()
    served = [(await ask(runner, GOOD, neighbour)).outcome for _ in range(20)]
    took = time.perf_counter() - begun
    ends = [(await call).outcome for call in calls]

    assert served == ["ok"] * 20
    # Behind the loops they would have taken twenty times a tenth of a second and more.
    assert took < 1.5
    assert "busy" in ends
    assert set(ends) == {"time", "busy"}


async def test_too_much_is_not_taken_in():
    runner = Runner(CallLimits(input_bytes=100))

    ran = await runner.run(new_id(), GOOD, "suggest_level", {"draft": {"text": "a" * 200, "channel": "phone"}})

    assert (ran.outcome, processes()) == ("size", [])


async def test_the_processes_end_with_the_pool(runner):
    await ask(runner, GOOD)
    assert len(processes()) == 2

    runner.close()

    assert processes() == []
    assert (await ask(runner, GOOD)).outcome == "ok"


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("def suggest_level(draft:\n", 2, "EOF"),
        ("def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:\n    return draft.txt\n", 2, "`txt`"),
        ("x = 1\ndef suggest_level(draft: ComplaintDraft) -> int:\n    return 3\n", 2, "must begin with"),
        ("def suggest(draft):\n    return None\n", 1, "def suggest_level(draft: ComplaintDraft)"),
        ("#" * (SOURCE_BYTES_MAX + 1), 1, "bytes"),
        ("while True: pass\ndef suggest_level(draft): return None\n", 1, "TimeoutError"),
    ],
)
async def test_the_check_says_what_is_wrong_and_where(runner, source, line, message):
    found = await runner.check(new_id(), source, "suggest_level")

    assert found[0].line == line
    assert message in found[0].message


@pytest.mark.parametrize("hook", stubs.HOOKS.values(), ids=stubs.HOOKS)
async def test_a_script_that_begins_as_its_hook_says_is_right(runner, hook):
    nothing = "None" if hook.name == "suggest_level" else "[]"

    assert await runner.check(new_id(), f"{hook.signature}\n    return {nothing}\n", hook.name) == []


def test_the_stubs_hold_every_field_of_the_hooks_structs():
    """They are made from the structs: whoever adds a field has it in scripts, whoever adds a type that none can spell is told."""
    text = stubs.prelude()

    for kind in (ComplaintDraft, LevelSuggestion, Measure, Proposal, stubs.Objection):
        assert f"class {kind.__name__}:" in text
        assert all(f"    {field}: " in text for field in kind.__struct_fields__)
    with pytest.raises(TypeError):
        stubs.spelled(complex)
