"""`guibin migrate` and `guibin db`: the database itself."""

import asyncio
from typing import Annotated, Literal

from cyclopts import App, Parameter

from guibin.context import real_clock
from guibin.operation import migrations

from . import environment
from .output import out

app = App(name="db", help="The database.")


def migrate() -> None:
    """Bring the database up to this release; safe to run again."""
    # Read by this command alone: they need every slice.
    from guibin.conformance.soundness import sound
    from guibin.operation import pack_upgrades

    with environment.urls(fresh=True) as urls:
        packs = sound()
        created = asyncio.run(migrations.migrate_all(urls.owner, packs.tables()))
        kept = asyncio.run(pack_upgrades.keep_all((urls.owner, urls.app), packs, real_clock))
    out.print(f"Created {', '.join(created)}." if created else "The database is up to date.")
    if kept:
        out.print(f"Kept what the packs of {len(kept)} companies say. What waits: guibin pack upgrades")


@app.command
def url(*, role: Annotated[Literal["app", "owner"], Parameter(help="Which role's URL.")] = "app") -> None:
    """Print the database URL, for psql and the like. Embedded servers run while `guibin up` does."""
    with environment.urls() as urls:
        out.print(urls.app if role == "app" else urls.owner, soft_wrap=True)
