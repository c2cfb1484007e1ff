"""What scripts answer is carried out: as whoever switched them on may act now, bounded, each command on record with what became of it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guibin.audit.actions import noted
from guibin.automations.actions import CHAIN, CHAIN_MAX
from guibin.automations.following import occurrence_of
from guibin.automations.history import Occurrence, everybody
from guibin.cases import Case
from guibin.commands import checking
from guibin.commands.actions import Bidden, CarriedOut, answerable, carry_out
from guibin.commands.refusals import NotAnswerable
from guibin.context import Act
from guibin.events import Event, listens
from guibin.jobs.actions import NewJob, enqueue, new_job
from guibin.jobs.actions import write as write_jobs
from guibin.jobs.kinds import Job, kind_of
from guibin.notices.actions import Notice, notify
from guibin.periods.rhythms import BadRhythm, check, following
from guibin.policy.commands import Bidding
from guibin.webhooks.kinds import known_kinds
from guibin_tenants.principals import may, require
from guibin_tenants.refusals import Forbidden, Invalid
from guibin_tenants.scope import current_scope, execute

from . import asking, figures
from .asking import COMMANDS_DAY_MAX, Answering, Kept, Known, known
from .runner import RUNNER, Ran
from .stubs import ACTING, Biddings

WRITES = may("scripts:write")
ACTS = frozenset(hook.name for hook in ACTING)
BATCH = 50


class NoTurn(Exception):
    """The processes are busy: the job is done again a while later."""


class FollowWithScript(Job, frozen=True):
    """A script looks at what happened; `chain` are the automations and scripts that led to it."""

    script_id: UUID
    happened: Occurrence
    chain: tuple[str, ...] = ()


class ScriptDue(Job, frozen=True):
    """The hour of a script that is asked by the clock has come."""

    activation_id: UUID


class ScriptLooks(Job, frozen=True):
    """A script is asked about the customers behind the id, as of that moment."""

    activation_id: UUID
    at: datetime
    after: UUID | None = None


def refuse_follows(hook: str, follows: str, packs: Iterable[str]) -> None:
    """Raises Invalid for a kind of event or an hour that there is not, and for either where the hook follows nothing."""
    if hook == "on_event":
        if follows not in {kind.name for kind in known_kinds(packs)}:
            raise Invalid.at("follows", "a kind of event", "see GET /event-types", follows)
    elif hook == "on_schedule":
        try:
            check(follows)
        except BadRhythm:
            follows = ""
        if not follows.startswith(("daily", "weekly", "monthly")):
            raise Invalid.at(
                "follows", "a day and an hour", "say it as `daily 07:00`, `weekly Mon 07:00`, `monthly 1 07:00`"
            )
    elif follows:
        raise Invalid.at("follows", "nothing for this hook", value=follows)


def answerer(hook: str, act: Act) -> UUID | None:
    """Whose rights a script of the hook has once it is switched on, where it acts. Raises Invalid for a key that is nobody's."""
    if hook not in ACTS:
        return None
    if not act.by.is_person:
        raise Invalid.at("by", "a member of staff, who answers for it", "sign in, or use a key of your own")
    return act.by.person


@listens
async def follow(events: Sequence[Event], now: datetime) -> None:
    """A job for each script that hears of what happened."""
    hearing = [each for each in (await known(now)).answering if each.hook == "on_event"]
    jobs: list[NewJob] = []
    for event in events if hearing else ():
        following_it = [each for each in hearing if each.follows == kind_of(type(event))]
        if following_it:
            occurrence = await occurrence_of(event, now)
            chain = CHAIN.get()
            jobs += [new_job(FollowWithScript(each.script_id, occurrence, chain), priority=-5) for each in following_it]
    await write_jobs(jobs, now=now)


async def hear(job: FollowWithScript, act: Act) -> None:
    """Ask the version that answers now, and carry out what it says."""
    found, script = await _answering(lambda each: each.script_id == job.script_id, act)
    happened = job.happened
    if script is None or script.hook != "on_event" or script.follows != happened.event:
        return
    given = {"happened": await figures.happened(happened, act)}
    about = Case(happened.subject, happened.subject_id, happened.customer_id)
    turn = _Turn(script, found, Bidden(about, happened.key), msgspec.to_builtins(given))
    name = _chained(script)
    if name in job.chain or len(job.chain) >= CHAIN_MAX:
        await _write(turn, Ran(outcome="loop", error=" → ".join((*job.chain, name))), (), act)
        return
    author = await _author(script, act)
    if author is not None:
        await _ask(turn, author, act, chain=job.chain)


async def next_due(activation_id: UUID, follows: str, act: Act) -> None:
    """Write down when the script is asked next."""
    at = following(follows, act.now, act.company.time_zone)
    key = f"script-due/{activation_id}/{at.isoformat()}"
    await enqueue(ScriptDue(activation_id), now=act.now, run_at=at, unique_key=key)


async def come_due(activation_id: UUID, follows: str, act: Act) -> None:
    """Begin to look at the customers, unless the scripts are stopped; and write down the next time."""
    await next_due(activation_id, follows, act)
    _, script = await _answering(lambda each: each.activation_id == activation_id, act)
    if script is not None:
        await enqueue(ScriptLooks(activation_id, act.now), now=act.now, priority=-5)


async def look(job: ScriptLooks, act: Act) -> None:
    """A batch of customers, and the next one after it, as long as something is left of the day."""
    found, script = await _answering(lambda each: each.activation_id == job.activation_id, act)
    author = await _author(script, act) if script else None
    if script is None or author is None:
        return
    batch = await everybody(job.at, job.after, BATCH)
    known_of = await figures.figures_of([each.subject_id for each in batch], job.at, act)
    for each in batch:
        if each.subject_id not in known_of:
            continue
        given = {"due": figures.due(known_of[each.subject_id], job.at, act)}
        about = Case("customer", each.subject_id, each.subject_id)
        occasion = Bidden(about, f"{script.name}/{job.at:%Y%m%d%H%M}/{each.subject_id}")
        ran = await _ask(_Turn(script, found, occasion, msgspec.to_builtins(given)), author, act)
        if ran.outcome == "bounded":
            return
    if len(batch) == BATCH:
        await enqueue(ScriptLooks(job.activation_id, job.at, batch[-1].subject_id), now=act.now, priority=-5)


class _Turn(Struct, frozen=True):
    """A script that is to be asked, about what, with what it is given."""

    script: Answering
    found: Known
    bidden: Bidden
    given: dict[str, object]


async def _ask(turn: _Turn, author: Act, act: Act, *, chain: tuple[str, ...] = ()) -> Ran:
    """Raises NoTurn."""
    used = turn.found.used
    if turn.found.used_up or used.commands >= COMMANDS_DAY_MAX:
        ran = Ran(outcome="bounded", error="the company's scripts have used up their day")
        await _write(turn, ran, (), act)
        await _tell("scripts_bounded", turn.script, act)
        return ran
    script = turn.script
    ran = await RUNNER.run(current_scope().tenant_id, script.source, script.hook, turn.given)
    if ran.outcome == "busy":
        raise NoTurn(f"script {script.name!r}: {ran.error}")
    used.computed_us += ran.taken_us
    done: tuple[CarriedOut, ...] = ()
    if ran.outcome == "ok":
        left = COMMANDS_DAY_MAX - used.commands
        done = await _carry_out(msgspec.json.decode(ran.output, type=Biddings)[:left], turn, author, chain)
    used.commands += sum(each.outcome == "done" for each in done)
    await _write(turn, ran, done, act)
    return ran


async def _carry_out(
    commands: Sequence[Bidding], turn: _Turn, author: Act, chain: tuple[str, ...]
) -> tuple[CarriedOut, ...]:
    token = CHAIN.set((*chain, _chained(turn.script)))
    done = []
    try:
        for place, command in enumerate(commands):
            name = str(type(command).__struct_config__.tag)
            wrong = await checking.problems(command, name, author.policy)
            if wrong:
                said = "; ".join(f"{each.field}: {each.rule}" for each in wrong)
                done.append(CarriedOut(do=name, outcome="refused", refusal="invalid", said=said[:500]))
            else:
                occasion = f"{turn.script.name}/{turn.bidden.occasion}/{place}"
                done.append(await carry_out(command, Bidden(turn.bidden.about, occasion), author))
    finally:
        CHAIN.reset(token)
    return tuple(done)


async def _author(script: Answering, act: Act) -> Act | None:
    """As whoever switched it on may act now; without anybody the script ends and its admins are told."""
    try:
        if script.answerable_id is None:
            raise NotAnswerable()
        author = await answerable(script.answerable_id, act, called=script.name)
        require(author.by, WRITES)
    except Forbidden:
        await execute(
            "update script_activation set ended_at = $2, ended_by_name = $3, ended_because = 'author'"
            " where id = $1 and ended_at is null",
            script.activation_id,
            act.now,
            act.by.name,
        )
        asking.changes()
        await noted("script.fail", act, subject="script", subject_id=script.script_id, fields=(script.name,), shown=0)
        await _tell("script_without_author", script, act)
        return None
    return author


async def _write(turn: _Turn, ran: Ran, done: tuple[CarriedOut, ...], act: Act) -> None:
    given = msgspec.json.encode(turn.given).decode()
    kept = Kept(turn.script, ran, turn.bidden.about.customer_id, act.now, given)
    kept.commands = sum(each.outcome == "done" for each in done)
    kept.done = msgspec.json.encode([replace(each, said="") for each in done]).decode()
    await kept.write()


async def _tell(kind: str, script: Answering, act: Act) -> None:
    """The admins, once a day."""
    notice = Notice(
        kind,
        Case("script", script.script_id),
        at_head_office=True,
        roles=("tenant_admin",),
        details={"script": script.name},
    )
    await notify(notice, key=f"{kind}/{script.activation_id}/{act.today}", now=act.now)


async def _answering(wanted: Callable[[Answering], bool], act: Act) -> tuple[Known, Answering | None]:
    """The script that answers now; whoever remembers none looks again."""
    for _ in range(2):
        found = await known(act.now)
        script = next(filter(wanted, found.answering), None)
        if script is not None:
            break
        asking.forget(current_scope().tenant_id)
    return found, script


def _chained(script: Answering) -> str:
    return f"script {script.name}"
