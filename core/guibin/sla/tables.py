"""Calendars in versions, running timers, and what each of them has already done."""

from piccolo.columns import JSONB, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class CalendarVersion(TenantTable):
    """One version of a named calendar, whole. The newest version of a name is in force; old ones explain old deadlines."""

    name = Varchar(length=60)
    version = Integer()
    value = JSONB()
    note = Text(default="")
    written_by = UuidColumn(default=None)
    written_by_name = Varchar(length=200)
    written_at = Timestamptz(default=None, null=True)

    keys = Keys(written_by="company", unique=(("name", "version"),), append_only=True)


class UnitCalendar(TenantTable):
    """An org unit, and those under it, count by a calendar of their own where policy names `calendar`."""

    org_unit_id = RowOf("org_unit")
    calendar = Varchar(length=60)
    counts_by = Varchar(length=60)
    set_by = UuidColumn(default=None)
    set_by_name = Varchar(length=200)
    set_at = Timestamptz(default=None, null=True)

    keys = Keys(written_by="org_unit_id", unique=(("org_unit_id", "calendar"),))


class Timer(TenantTable):
    """A deadline that runs for one milestone of one subject; `occurrence` counts those of a milestone that recurs.

    `clock` holds what the deadline follows from: limit, start, pauses, calendar version; `warn_at`, `due_at` and
    `steps` are derived from it and never edited. `next_at` is the moment of the first step not yet fired: None while
    paused, completed or cancelled. `generation` grows when the clock gets another limit or start. `provisional` while
    the holidays of the deadline's year are not published. `policy_version` is the policy's that set its limit (S01-2).
    """

    subject = Varchar(length=40)
    subject_id = UuidColumn(default=None)
    customer_id = RowOf("customer", null=True)
    milestone = Varchar(length=60)
    occurrence = Integer(default=1)
    clock = JSONB()
    steps = JSONB()
    started_at = Timestamptz(default=None, null=True)
    warn_at = Timestamptz(default=None, null=True)
    due_at = Timestamptz(default=None, null=True)
    next_at = Timestamptz(default=None, null=True)
    paused_at = Timestamptz(default=None, null=True)
    warned_at = Timestamptz(default=None, null=True)
    breached_at = Timestamptz(default=None, null=True)
    completed_at = Timestamptz(default=None, null=True)
    cancelled_at = Timestamptz(default=None, null=True)
    provisional = Boolean(default=False)
    policy_version = Integer(default=None, null=True)
    generation = Integer(default=0)
    version = Integer(default=1)

    keys = Keys(
        unowned=(
            "subject_id complaint",
            "subject_id department_request",
            "subject_id reception_order",
            "subject_id reception_task",
            "subject_id approval_request",
            "subject_id hotline_call",
            "subject_id duty_call",
            "subject_id mail",
            "subject_id emergency_access",
        ),
        unique=(("subject_id", "milestone", "occurrence"),),
        wall="customer_id",
        indexes=(
            # The sweep reads this index and nothing else: it holds open timers only.
            Index(("next_at",), where="next_at is not null", name="timer_next_idx"),
            Index(("next_at",), where="next_at is not null", name="timer_due_idx", across=True),
            # Of a milestone that recurs one clock runs at a time.
            Index(
                ("subject_id", "milestone"),
                unique=True,
                where="completed_at is null and cancelled_at is null",
                name="timer_running_idx",
            ),
            Index(("due_at",), where="provisional and completed_at is null", name="timer_provisional_idx"),
            Index(("due_at", "id"), where="completed_at is null and cancelled_at is null", name="timer_open_idx"),
        ),
        checks={"ended_is_silent": "(completed_at is null and cancelled_at is null) or next_at is null"},
        relay=("tenant_id", "next_at"),
    )


class TimerStep(TenantTable):
    """A warning, breach, escalation or success that has happened: the key makes it happen once.

    `due_at` is the moment it belongs to, `fired_at` when it was found due.
    """

    timer_id = RowOf("timer")
    generation = Integer()
    step = Varchar(length=80)
    kind = Varchar(length=20)
    roles = JSONB()
    due_at = Timestamptz(default=None, null=True)
    fired_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="timer_id", unique=(("timer_id", "generation", "step"),), append_only=True, indexes=(Index(("due_at",)),)
    )


class TimerChange(TenantTable):
    """Why a running deadline moved: pause, resume, level, tier, start, calendar, hours, reopen; before and after."""

    timer_id = RowOf("timer")
    reason = Varchar(length=40)
    generation = Integer()
    due_before = Timestamptz(default=None, null=True)
    due_after = Timestamptz(default=None, null=True)
    clock_before = JSONB()
    changed_by = UuidColumn(default=None)
    changed_by_name = Varchar(length=200)
    changed_at = Timestamptz(default=None, null=True)

    keys = Keys(wall="timer_id", append_only=True)
