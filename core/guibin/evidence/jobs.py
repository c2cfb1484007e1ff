"""Background work of the log: what was committed is sequenced and signed, and checkpoints leave the machine."""

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Errand, Job, Run, handles, runs_errand

from . import actions, publishing, targets
from .publishing import Outcome, Parcel
from .targets import SendCheckpoint


class SequenceEvidence(Job, frozen=True):
    """What was committed since the last time enters the log; `whole` goes through all there is, however late it was committed."""

    whole: bool = False


@handles(SequenceEvidence, timeout_s=300.0)
async def sequence_evidence(job: SequenceEvidence, run: Run) -> None:
    """The next entries; again at once while there are more."""
    if await actions.sequence(run, whole=job.whole) >= actions.ENTRIES_AT_ONCE:
        await enqueue(job, now=run.now)


class PublishCheckpoint(Job, frozen=True):
    """The last checkpoint goes to the store and to the witnesses, also where it is already: what does not answer any more is found.
    `had` is how much of the log some said they had seen: only they are asked then."""

    had: dict[str, int] = {}


async def prepare(job: PublishCheckpoint, run: Run) -> Parcel | None:
    """For whom it is."""
    return await publishing.prepare(job.had, run)


@runs_errand(PublishCheckpoint, Errand(prepare, publishing.go), timeout_s=180.0)
async def publish_checkpoint(job: PublishCheckpoint, run: Run, sent: tuple[Parcel, Outcome] | None) -> None:
    """Who has it by now and who not; a witness who had seen another size is asked again, once."""
    await targets.forget_unnamed()
    if sent is None:
        return
    parcel, outcome = sent
    await publishing.settle(parcel, outcome, run)
    if again := {name: size for name, size in outcome.had.items() if name not in job.had}:
        await enqueue(PublishCheckpoint(job.had | again), now=run.now)


async def prepare_one(job: SendCheckpoint, run: Run) -> Parcel | None:
    """None while nothing is signed, or when none is to go there any more."""
    return await publishing.prepare({} if job.had is None else {job.target: job.had}, run, job.target)


@runs_errand(SendCheckpoint, Errand(prepare_one, publishing.go), timeout_s=180.0)
async def send_checkpoint(job: SendCheckpoint, run: Run, sent: tuple[Parcel, Outcome] | None) -> None:
    """How it went; a witness who had seen another size is asked again, once."""
    await targets.forget_unnamed()
    if sent is None:
        await targets.sent(job.target, "nothing_signed", run)
        return
    parcel, outcome = sent
    await publishing.settle(parcel, outcome, run)
    if job.target in outcome.had:
        await targets.send_again(job.target, outcome.had[job.target], run)
    else:
        await targets.sent(job.target, outcome.failed.get(job.target, "arrived"), run)
