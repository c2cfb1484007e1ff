"""Training that is due: the member of staff is reminded before, the leader hears when it has lapsed, or was not had (S10-9)."""

from datetime import timedelta

from guibin.cases import Case
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.policy.qualifications import StaffQualification

from . import queries, training
from .queries import StandingView
from .training import UntrainedView


class TellTrainingDue(Job, frozen=True):
    """Whose qualifications end soon, have ended, or were never recorded."""


@handles(TellTrainingDue)
async def tell_training_due(job: TellTrainingDue, run: Run) -> None:
    """Once before the end; once it has ended, and once a month while it is missing, to the nearest leader, too."""
    for each in await queries.standings(run):
        if each.state == "due":
            await _tell("training_due", each, f"{each.valid_until}", run, led=False)
        elif each.state == "lapsed":
            await _tell("training_lapsed", each, f"{each.valid_until}", run, led=True)
        elif each.state == "missing":
            await _tell("training_missing", each, f"{run.today:%Y-%m}", run, led=True)
    for asked, _ in training.asked(run.policy):
        over, present = training.last(asked, run), training.present(asked, run)
        for who in await training.without(asked, over):
            await _tell_untrained("training_none", who, asked, over.name, run)
        if present.after_on - run.today <= timedelta(days=asked.remind_days):
            for who in await training.without(asked, present):
                await _tell_untrained("training_wanted", who, asked, present.name, run)


async def _tell_untrained(kind: str, who: UntrainedView, asked: StaffQualification, span: str, run: Run) -> None:
    """Who had none in a span that is over: the leader hears, too. Before it ends the member of staff alone."""
    notice = Notice(
        kind,
        Case("staff", who.id),
        org_unit_id=who.org_unit_id,
        roles=("manager",) if kind == "training_none" else (),
        staff_ids=(who.id,),
        details={"qualification": asked.name, "who": who.staff_name, "span": span},
    )
    await notify(notice, key=f"{kind}/{who.id}/{asked.name}/{span}", now=run.now)


async def _tell(kind: str, each: StandingView, since: str, run: Run, *, led: bool) -> None:
    on = {"on": each.valid_until.isoformat()} if each.valid_until else {}
    notice = Notice(
        kind,
        Case("staff", each.staff_id),
        org_unit_id=each.org_unit_id,
        roles=("manager",) if led else (),
        staff_ids=(each.staff_id,),
        details={"qualification": each.qualification, "who": each.staff_name, **on},
    )
    await notify(notice, key=f"{kind}/{each.staff_id}/{each.qualification}/{since}", now=run.now)
