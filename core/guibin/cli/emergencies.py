"""`guibin emergencies`: who read a customer's file behind the wall, and what is owed a review."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from guibin.emergencies import actions, queries
from guibin.emergencies.requests import EmergencyFilter, ReviewState, State
from guibin.web.listing import PageAsked

from . import environment
from .output import Json, Limit, answer, answer_table

app = App(name="emergencies", help="Emergency accesses: list them, and end one that must not go on.")
_HEADS = ("id", "opened", "who", "time", "until", "looks", "review", "reason")


@dataclass(frozen=True)
class Which:
    """Those in this state of their time and of their review; all where nothing is said."""

    state: State | None = None
    review: ReviewState | None = None


@app.command(name="list")
async def list_(
    slug: str, *, which: Annotated[Which, Parameter(name="*")] = Which(), limit: Limit = 50, json: Json = False
) -> None:
    """Who opened one, until when and why, newest first; that it was read is on record. `--review late` is what an auditor owes
    past its time; who judged and how is in `--json`.
    """
    filters = EmergencyFilter(state=which.state, review=which.review)
    async with environment.inside(slug) as session:
        found = (await queries.list_accesses(filters, PageAsked(limit=limit), session.act)).items
    rows = [
        (
            one.id,
            one.opened_at.isoformat(),
            one.staff_name,
            one.state,
            (one.ended_at or one.until_at).isoformat(),
            one.looks,
            one.verdict or ("" if one.state == "running" else one.review),
            one.reason,
        )
        for one in found
    ]
    answer_table(found, _HEADS, rows, empty="No emergency accesses", json=json)


@app.command
async def end(slug: str, access: UUID, *, json: Json = False) -> None:
    """End one that runs: the file is out of that person's sight at once. On record as the operator's."""
    async with environment.inside(slug, changes=True) as session:
        ended = await actions.end(access, session.act)
    answer(ended, f"{ended.staff_name} reads the file no longer.", json=json)
