"""The ledger: jobs, the history of their attempts, pauses, and the ticks of the timetable."""

from piccolo.columns import JSONB, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class LedgerJob(TenantTable, tablename="job"):
    """Something to be done once, at or after `run_at`; higher `priority` first. Retries move `run_at`, not `due_at`.

    `attempt` counts attempts begun, `failures` those that failed or were lost. `handed_at` is when the relay last
    gave it to a worker's queue, `handed_by` that worker. `lease_token` and `lease_until` belong to the attempt in
    progress: whoever no longer holds the token can neither finish nor fail the job. `key_until_end` gives
    `unique_key` free when the job ends; otherwise it is taken for as long as the row exists. `outcome` is completed,
    dead or cancelled once `ended_at` is. `held_at` while its kind is paused. `traceparent` is the W3C trace it was
    wanted in, empty when nobody traces.
    """

    kind = Varchar(length=120)
    payload = JSONB()
    priority = Integer(default=0)
    run_at = Timestamptz(default=None, null=True)
    due_at = Timestamptz(default=None, null=True)
    enqueued_at = Timestamptz(default=None, null=True)
    unique_key = Text(default=None, null=True)
    key_until_end = Boolean(default=False)
    attempt = Integer(default=0)
    failures = Integer(default=0)
    held_at = Timestamptz(default=None, null=True)
    handed_at = Timestamptz(default=None, null=True)
    handed_by = UuidColumn(default=None, null=True)
    lease_token = UuidColumn(default=None, null=True)
    lease_until = Timestamptz(default=None, null=True)
    started_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    outcome = Varchar(length=10, default=None, null=True)
    traceparent = Varchar(length=55, default="")

    keys = Keys(
        while_frozen="*",
        indexes=(
            Index(
                ("priority desc", "run_at", "id"),
                where="ended_at is null and handed_at is null and held_at is null",
                name="job_ready_idx",
            ),
            # Whether anything is due, past jobs planned for later.
            Index(
                ("run_at",), where="ended_at is null and handed_at is null and held_at is null", name="job_run_at_idx"
            ),
            # Whether anything is due at all, and whose.
            Index(
                ("run_at",),
                where="ended_at is null and handed_at is null and held_at is null",
                name="job_due_idx",
                across=True,
            ),
            Index(("handed_by",), where="ended_at is null and handed_at is not null", name="job_handed_idx"),
            Index(("unique_key",), unique=True, where="unique_key is not null", name="job_unique_key_idx"),
            Index(("enqueued_at", "id"), name="job_enqueued_idx"),
            Index(("ended_at",), where="outcome = 'dead'", name="job_dead_idx"),
            Index(("ended_at", "id"), where="ended_at is not null", name="job_ended_idx"),
        ),
        checks={
            "ended_with_outcome": "(ended_at is null) = (outcome is null)",
            "outcome_known": "outcome in ('completed', 'dead', 'cancelled')",
            "leased_whole": "(lease_token is null) = (lease_until is null)",
        },
        relay=(
            "tenant_id",
            "id",
            "priority",
            "run_at",
            "attempt",
            "held_at",
            "handed_at",
            "handed_by",
            "lease_until",
            "ended_at",
            "outcome",
        ),
        relay_marks=("handed_at", "handed_by"),
    )


class JobAttempt(TenantTable):
    """How one attempt ended: completed, failed, lost (its worker vanished), interrupted (its worker was stopped).

    `error` is the class of what was raised and `error_at` the line that raised it: never a message, which may quote
    somebody's data.
    """

    job_id = RowOf("job")
    attempt = Integer()
    worker = UuidColumn(default=None, null=True)
    started_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    outcome = Varchar(length=12)
    error = Varchar(length=200, default="")
    error_at = Varchar(length=200, default="")

    keys = Keys(while_frozen="*", unique=(("job_id", "attempt"),), append_only=True, expires=True)


class JobPause(TenantTable):
    """Jobs of this kind wait, of every kind when it is empty. Taking the row away lets them run."""

    kind = Varchar(length=120, default="")
    reason = Text()
    paused_by = UuidColumn(default=None)
    paused_by_name = Varchar(length=200)
    paused_at = Timestamptz(default=None, null=True)

    keys = Keys(written_by="company", unique=(("kind",),))


class RhythmTick(TenantTable):
    """A moment of the timetable that has been dealt with; `job_id` is None for the one counting began from."""

    name = Varchar(length=80)
    tick_at = Timestamptz(default=None, null=True)
    job_id = RowOf("job", null=True)

    keys = Keys(
        written_by="company",
        unique=(("name", "tick_at"),),
        append_only=True,
        expires=True,
        indexes=(Index(("job_id",), where="job_id is not null", name="rhythm_tick_job_idx"),),
    )


class TimetableLook(TenantTable):
    """When the company's timetable is to be looked at next: at its next tick, or at once after a change.

    One row, whose id is the company's. `next_at` is None where nothing recurs. `known` names the rhythms it was reckoned by:
    another release knows others.
    """

    next_at = Timestamptz(default=None, null=True)
    known = Varchar(length=64)

    keys = Keys(
        written_by="company",
        indexes=(Index(("next_at",), where="next_at is not null", name="timetable_look_due_idx", across=True),),
        relay=("tenant_id", "next_at", "known"),
    )
