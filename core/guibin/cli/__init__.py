"""The command line: `guibin --help`."""

import sys

from cyclopts import App

from guibin.packs import BadPack
from guibin.tracing import NoExporter
from guibin_tenants.database import UnsafeDatabase
from guibin_tenants.keyring import KeyringError
from guibin_tenants.refusals import Refusal

from . import audit, data, database, keys, packs, rules, run, staff, tenants
from . import jobs as jobs_group
from . import timers as timers_group
from . import timetable as timetable_group
from .output import explain, fail

app = App(
    name="guibin", help="The multi-tenant core on which companies run their VIP service.", version_flags=["--version"]
)
for command in (run.up, run.serve, run.worker, run.doctor, database.migrate):
    app.command(command)
for group in (
    tenants.app,
    keys.app,
    staff.app,
    packs.app,
    jobs_group.app,
    timetable_group.app,
    timers_group.app,
    audit.app,
    database.app,
):
    app.command(group)
app.command(data.import_, name="import")
app.command(data.export)
app.command(data.assess)
app.command(data.report)
app.command(rules.rules)


def main() -> None:
    """Run the command; what is refused is told in a sentence, with exit code 1."""
    try:
        app(sys.argv[1:])
    except Refusal as refusal:
        explain(refusal)
        sys.exit(1)
    except (BadPack, NoExporter, UnsafeDatabase, KeyringError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
