"""Background work of a company's own house: what sign-ins and requests leave behind is not kept for ever."""

from guibin.jobs.kinds import Job, Run, handles
from guibin_tenants import counts, devices, passkeys, sign_in_limits, staff

from . import posts


class ForgetSignIns(Job, frozen=True):
    """Take away sessions that ended, attempts that count no more, browsers not used for long and counts of requests of long ago."""


@handles(ForgetSignIns)
async def forget_sign_ins(job: ForgetSignIns, run: Run) -> None:
    """All of them: there are as many as people sign in."""
    await staff.forget_sessions(now=run.now)
    await sign_in_limits.forget(now=run.now)
    await devices.forget(now=run.now)
    await passkeys.forget(now=run.now)
    await counts.forget(today=run.today)


class KeepTerms(Job, frozen=True):
    """Begin and end the posts whose day has come."""


@handles(KeepTerms)
async def keep_terms(job: KeepTerms, run: Run) -> None:
    """All of them, of the company's day."""
    await posts.keep_terms(run)
