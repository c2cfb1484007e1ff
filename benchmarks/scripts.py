"""What a script costs: one call in a fresh interpreter, and what a neighbour notices of a company whose scripts never end.

Calm: one company asks, call after call. Hostile: beside it another asks eight times at once for a loop without end, a text that
doubles, and a list that grows. The neighbour's p99 is to stay within twice of calm.

    python benchmarks/scripts.py
"""

import asyncio
import json
import os
import statistics
import time
from collections.abc import Sequence
from uuid import UUID

from guibin.scripts.runner import Ran, Runner, running_scripts
from guibin_tenants.tables import new_id

CALLS = int(os.environ.get("GUIBIN_BENCH_CALLS", "2000"))
AT_ONCE = 8
# Calls per second of a busy company: whoever asks without a pause measures the processor and not the wait.
PAUSE_S = 0.005
GOOD = """
def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:
    words = {"全楼": "3", "断网": "2"}
    for word, level in words.items():
        if word in draft.text:
            return LevelSuggestion(level, because=word)
    return None
"""
HOSTILE = [
    f"def suggest_level(draft):\n    {body}\n"
    for body in ("while True: pass", "a = 'x'\n    while True: a += a", "a = []\n    while True: a.append('x' * 1000)")
]
DRAFT = {"draft": {"text": "整栋楼全楼无信号", "channel": "phone", "customer_kind": None}}


async def ask(runner: Runner, company: UUID, source: str) -> Ran:
    return await runner.run(company, source, "suggest_level", DRAFT)


async def measured(runner: Runner, company: UUID) -> list[float]:
    """Milliseconds of every call, the wait for a turn included."""
    took = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        ran = await ask(runner, company, GOOD)
        took.append((time.perf_counter() - begun) * 1000)
        assert ran.outcome == "ok", ran
        await asyncio.sleep(PAUSE_S)
    return took


async def harass(runner: Runner, company: UUID, ends: list[str]) -> None:
    while True:
        for source in HOSTILE:
            ends.append((await ask(runner, company, source)).outcome)
            # One that is refused at once asks again as fast as a server would let it.
            await asyncio.sleep(PAUSE_S)


def percentile(took: Sequence[float], of_hundred: int) -> float:
    return statistics.quantiles(took, n=100)[of_hundred - 1]


async def main() -> None:
    async with running_scripts(Runner()) as runner:
        neighbour, hostile = new_id(), new_id()
        await ask(runner, neighbour, GOOD)
        calm = await measured(runner, neighbour)
        ends: list[str] = []
        others = [asyncio.create_task(harass(runner, hostile, ends)) for _ in range(AT_ONCE)]
        beside = await measured(runner, neighbour)
        for other in others:
            other.cancel()
    document = {
        name: {"p50_ms": round(percentile(took, 50), 2), "p99_ms": round(percentile(took, 99), 2)}
        for name, took in (("calm", calm), ("beside", beside))
    }
    ratio = round(percentile(beside, 99) / percentile(calm, 99), 2)
    hostile_calls = {end: ends.count(end) for end in sorted(set(ends))}
    print(json.dumps({**document, "beside_of_calm": ratio, "hostile_calls": hostile_calls}, indent=2))


if __name__ == "__main__":
    asyncio.run(main())
