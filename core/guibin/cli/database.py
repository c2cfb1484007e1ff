"""`guibin migrate` and `guibin db`: the database itself."""

import asyncio
from typing import Annotated, Literal

from cyclopts import App, Parameter

from guibin.context import real_clock
from guibin.operation import migrations

from . import environment
from .output import Json, answer_table, fail, out

app = App(name="db", help="The database.")


def migrate() -> None:
    """Bring the database up to this release; safe to run again."""
    # Read by this command alone: they need every slice.
    from guibin.conformance.soundness import sound
    from guibin.operation import pack_upgrades

    with environment.urls(fresh=True) as urls:
        packs = sound()
        done = asyncio.run(migrations.migrate_all(urls.owner, packs.schemas()))
        packs.put_aside(migrations.problems(done))
        kept = asyncio.run(pack_upgrades.keep_all((urls.owner, urls.app), packs, real_clock))
    for change in done.changed:
        out.print(f"Changed by {change}.", markup=False, soft_wrap=True)
    if done.created:
        out.print(f"Created {', '.join(done.created)}.")
    elif not done.changed and not done.refused:
        out.print("The database is up to date.")
    if kept:
        out.print(f"Kept what the packs of {len(kept)} companies say. What waits: guibin pack upgrades")
    if done.refused:
        fail("\n".join(map(str, done.refused)))


@app.command
async def changes(*, json: Json = False) -> None:
    """The numbered changes that the tables have behind them."""
    with environment.urls() as urls:
        known = await migrations.applied(urls.owner)
    found = [{"cell": cell, **row} for cell, row in known]
    rows = [
        (
            cell,
            row["owner"] or "core",
            row["number"],
            row["name"],
            "ran" if row["ran"] else "made whole",
            row["applied_at"],
        )
        for cell, row in known
    ]
    head = ("cell", "whose", "number", "name", "how", "at")
    answer_table(found, head, rows, empty="No change was needed yet", json=json)


@app.command
def url(*, role: Annotated[Literal["app", "owner"], Parameter(help="Which role's URL.")] = "app") -> None:
    """Print the database URL, for psql and the like. Embedded servers run while `guibin up` does."""
    with environment.urls() as urls:
        out.print(urls.app if role == "app" else urls.owner, soft_wrap=True)
