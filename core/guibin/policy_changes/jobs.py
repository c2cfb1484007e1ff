"""The reminder of what is to be read."""

from guibin.jobs.kinds import Job, Run, handles

from . import actions
from .announcing import remind

# The approval of a proposal is heard there.
HEARS = (actions.proposal_decided,)


class RemindPolicyReaders(Job, frozen=True):
    """Who has not read a change of the policy by the time for it (S01-13)."""


@handles(RemindPolicyReaders)
async def remind_policy_readers(job: RemindPolicyReaders, run: Run) -> None:
    """Each of them, and who leads them."""
    await remind(run)
