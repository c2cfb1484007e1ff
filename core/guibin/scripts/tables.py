"""Scripts, their versions and test cases, which version answers since when, and every run."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Boolean, Integer, Text, Timestamptz, Varchar

from guibin.cases.outcomes import KNOWN
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable

# These ends of a run are no fault of the script's; written out they are SQL.
FAULTLESS = ("ok", "busy", "loop", "bounded")


class Script(TenantTable, signed="written"):
    """A script by its name, for one hook."""

    name = Varchar(length=60)
    hook = Varchar(length=30)

    keys = Keys(written_by="company", unique=(("name",),))


class ScriptVersion(TenantTable, signed="written"):
    """One text of a script. What was saved once stays as it was.

    `follows` is the kind of event that `on_event` hears of, or when `on_schedule` is asked, such as `daily 07:00`.
    """

    script_id = RowOf("script")
    number = Integer()
    source = Text()
    note = Text(default="")
    follows = Varchar(length=60, default="")

    keys = Keys(written_by="company", unique=(("script_id", "number"),), append_only=True)


class ScriptCase(TenantTable, signed="written"):
    """What a script must answer to what: both as JSON."""

    script_id = RowOf("script")
    name = Varchar(length=100)
    given = Text()
    expects = Text()

    keys = Keys(written_by="company", unique=(("script_id", "name"),))


class ScriptActivation(TenantTable, signed="proposed"):
    """Somebody wants a version to answer: from `begun_at`, at once or with the approval, until `ended_at`.

    `ended_because` is replaced, switched_off, failing (it failed too often) or author (who answers for it may no more).
    `answerable_id` is whose rights it has, where it acts.
    """

    script_id = RowOf("script")
    version_id = RowOf("script_version")
    note = Text(default="")
    approval_id = UuidColumn(default=None, null=True)
    outcome = Varchar(length=10, default=None, null=True)
    begun_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    ended_by_name = Varchar(length=200, default="")
    ended_because = Varchar(length=20, default=None, null=True)
    answerable_id = UuidColumn(default=None, null=True)

    keys = Keys(
        written_by="company",
        indexes=(
            Index(("script_id",), unique=True, where="outcome is null", name="script_activation_open_idx"),
            Index(
                ("script_id",),
                unique=True,
                where="begun_at is not null and ended_at is null",
                name="script_activation_answers_idx",
            ),
            Index(("script_id", "proposed_at desc"), name="script_activation_history_idx"),
        ),
        checks={
            "outcome_known": KNOWN,
            "because_known": "ended_because in ('replaced', 'switched_off', 'failing', 'author')",
            "begun_when_approved": "begun_at is null or outcome = 'approved'",
        },
    )


class ScriptStop(TenantTable, signed="stopped"):
    """No script of the company's answers until `resumed_at`; what the operator stopped the company does not resume."""

    because = Text()
    by_operator = Boolean(default=False)
    resumed_at = Timestamptz(default=None, null=True)
    resumed_by_name = Varchar(length=200, default="")

    keys = Keys(
        written_by="company",
        indexes=(Index(("by_operator",), unique=True, where="resumed_at is null", name="script_stop_open_idx"),),
    )


class ScriptRun(TenantTable):
    """A version was asked: how it ended, at which line it failed, how long it computed, and how many of its commands were
    carried out. Nothing of what it was asked. `loop` and `bounded`: it was not asked, for it goes round or the day is used up."""

    script_id = RowOf("script")
    version_id = RowOf("script_version")
    hook = Varchar(length=30)
    outcome = Varchar(length=10)
    line = Integer(default=0)
    taken_us = Integer(default=0)
    commands = Integer(default=0)
    ran_at = Timestamptz(default=None, null=True)

    keys = Keys(
        everybodys=True,
        append_only=True,
        expires=True,
        indexes=(
            Index(("ran_at desc", "id desc"), name="script_run_ran_idx"),
            Index(("version_id", "ran_at"), where=f"outcome not in {FAULTLESS}", name="script_run_failed_idx"),
        ),
        checks={
            "outcome_known": "outcome in ('ok', 'raised', 'time', 'memory', 'crashed', 'size', 'wrong', 'busy', 'loop', 'bounded')",
        },
    )


class ScriptRunDetail(TenantTable):
    """What a run was given, what it said and what became of its commands, about whom where it was about somebody; blanked when
    they are erased."""

    run_id = RowOf("script_run")
    customer_id = RowOf("customer", null=True)
    given = Text()
    answer = Text(default="")
    log = Text(default="")
    error = Text(default="")
    done = Text(default="[]")

    keys = Keys(
        wall="customer_id",
        anyone_adds=True,
        append_only=True,
        expires=True,
        erasable=("given", "answer", "log", "error", "done"),
        indexes=(Index(("run_id",)),),
    )
