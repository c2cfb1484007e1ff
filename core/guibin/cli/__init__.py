"""The command line: `guibin --help`."""

import os
import sys
import traceback
from collections.abc import Sequence

import asyncpg
from cyclopts import App

from guibin.operation.embedded import EmbeddedFailed
from guibin.packs import BadPack
from guibin.watch.logs import where
from guibin.watch.tracing import NoExporter
from guibin_tenants.cells import BadCells, serve
from guibin_tenants.database import UnsafeDatabase
from guibin_tenants.keyring import KeyringError
from guibin_tenants.refusals import Refusal
from guibin_tenants.violations import VIOLATIONS, refusal_of

from .output import explain, fail

app = App(
    name="guibin", help="The multi-tenant core on which companies run their VIP service.", version_flags=["--version"]
)
# Named by where they are, so that a command imports what it needs and nothing of the others.
COMMANDS = {
    "up": ("run:up", "Run everything on the embedded servers, in the foreground; Ctrl-C stops it within ten seconds."),
    "serve": ("run:serve", "Run the API alone. Needs GUIBIN_DATABASE_URL, or starts the embedded servers."),
    "worker": ("run:worker", "Run background jobs: relay, timetable and executor."),
    "doctor": (
        "doctor:doctor",
        "Check the database, its roles, isolation, Redis, keys and packs; exit code 1 when something is wrong.",
    ),
    "migrate": ("database:migrate", "Bring the database up to this release; safe to run again."),
    "db": ("database:app", "Show how to connect to the database."),
    "cell": ("cells:app", "Add, list and drain the databases on which companies are placed."),
    "tenant": ("tenants:app", "Create, list, show, suspend, resume and erase companies."),
    "key": ("keys:app", "Create, list and revoke API keys."),
    "keys": (
        "key_rotation:app",
        "Exchange the root key, a company's key and the key that signs its log, while serving.",
    ),
    "staff": ("staff:app", "Add and list members of staff."),
    "pack": ("packs:app", "List, show and check industry packs."),
    "bundle": ("bundles:app", "A company's own policy and scripts as one file: export, compare, import."),
    "script": ("scripts:app", "Pull, push and try a company's scripts; stop and resume them."),
    "promises": (
        "promises:promises",
        "Which promises of its regulations a company's own policy changes, and what happens instead.",
    ),
    "import": ("data:import_", "Import an xlsx or csv file, whole or not at all. Bad rows go into FILE.errors.xlsx."),
    "columns": ("data:columns", "What the columns of a file to import are called."),
    "export": (
        "data:export",
        "Write all archives, facts, contacts, complaints or orders to xlsx or csv; the file imports again.",
    ),
    "assess": ("data:assess", "Assess the whole customer base: who is in which tier, and who moved."),
    "report": ("data:report", "The figures of a period beside the period before and the targets."),
    "timers": ("timers:app", "Move a company's simulated clock; what falls due on the way happens."),
    "timetable": ("timetable:app", "Show, change and start a company's recurring jobs."),
    "jobs": ("jobs:app", "List, show, retry, cancel, pause and resume background jobs."),
    "backup": (
        "backup:backup",
        "Write the embedded database into a folder while it serves: a base, and what was written since.",
    ),
    "restore": ("backup:restore", "Bring a backup into an empty place, to any moment, and verify every company's log."),
    "audit": ("audit:app", "Read and verify the confidentiality record."),
    "emergencies": ("emergencies:app", "List emergency accesses, and end one that must not go on."),
    "witness": (
        "witness:witness",
        "Cosign checkpoints of other companies' logs, where they are consistent with what was seen before.",
    ),
    "rules": ("rules:app", "The rules of the regulations: values, code and tests of each."),
}
for name, (place, summary) in COMMANDS.items():
    app.command(f"guibin.cli.{place}", name=name, help=summary)


# The server is not there, or does not let us in: for the operator to mend, and no fault of ours.
_NO_DATABASE = (
    OSError,
    asyncpg.ClientConfigurationError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ConnectionDoesNotExistError,
)
# Told by its place: most commands never import it.
_REDIS = "redis.exceptions"
# What is asked for is not there yet, or not any more.
_BEHIND = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedObjectError,
    asyncpg.UndefinedFunctionError,
)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command; whatever stops it is told in a line, with exit code 1."""
    try:
        try:
            serve(os.environ)
            app(sys.argv[1:] if words is None else words)
        finally:
            # Here, and not when the process ends, where nobody could tell that the reader has gone.
            sys.stdout.flush()
    except Refusal as refusal:
        explain(refusal)
        sys.exit(1)
    except VIOLATIONS as error:
        explain(refusal_of(error))
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read it has seen enough, such as `| head`; nothing is left to flush at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        # With every log on, also for whoever mends it.
        if os.environ.get("GUIBIN_LOG_LEVEL", "").upper() == "DEBUG":
            traceback.print_exc()
        fail(_told(error))


def _told(error: Exception) -> str:
    """What stopped the command, and what to do."""
    if isinstance(error, (BadPack, BadCells, NoExporter, UnsafeDatabase, KeyringError, EmbeddedFailed)):
        return str(error)
    if isinstance(error, _BEHIND):
        return "the database is of another release than this command: run `guibin migrate`"
    if type(error).__module__ == _REDIS:
        return f"Redis cannot be reached: {error}. Look at GUIBIN_REDIS_URL, then run `guibin doctor`"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, _NO_DATABASE):
        why = str(error) or type(error).__name__
        return f"the database cannot be reached: {why}. Look at GUIBIN_DATABASE_URL, then run `guibin doctor`"
    if isinstance(error, EOFError):
        return "nobody answered the question: type the answer, or give it as an option (see --help)"
    said = " ".join(str(error).split())
    return f"{type(error).__name__} at {where(error)}{': ' if said else ''}{said}. GUIBIN_LOG_LEVEL=debug shows where"
