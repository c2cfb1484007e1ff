"""Background work after a new key of the company's: what former keys sealed is sealed anew, step by step."""

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin_tenants import keyring

from . import actions

STEPS_AT_ONCE = 20


class NotSealingYet(Exception):
    """The new key does not seal yet: processes may run that do not know it."""


class SealAgain(Job, frozen=True):
    """On with the rotation that was begun; nothing when it has ended."""


@handles(SealAgain, timeout_s=300.0)
async def seal_again(job: SealAgain, run: Run) -> None:
    """Some steps, then again. Raises NotSealingYet, and is tried again later."""
    if not await keyring.newest_seals():
        raise NotSealingYet
    for _ in range(STEPS_AT_ONCE):
        reached = await actions.step()
        if reached is None or reached.ended:
            return
    await enqueue(job, now=run.now)
