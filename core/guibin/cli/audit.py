"""`guibin audit`: the confidentiality record."""

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from cyclopts import App, Parameter

from guibin.audit import queries
from guibin.audit.actions import noted
from guibin.audit.queries import AuditFilter
from guibin.evidence import findings, packs, targets
from guibin.evidence import queries as log
from guibin.evidence import verify as verifying
from guibin.evidence.packs import NewPack
from guibin.oversight import replaying
from guibin.regulations.core import CORE
from guibin.web.listing import PageAsked

from . import environment
from .moments import aware
from .output import Json, Limit, answer, answer_table, as_json, out

app = App(name="audit", help="Read and verify the confidentiality record.")


@dataclass(frozen=True)
class Choice:
    """Which entries: a customer's, a decision's, or all between two moments; all there are when nothing is said."""

    since: datetime | None = None
    until: datetime | None = None
    customer: UUID | None = None
    decision: UUID | None = None


@app.command(name="list")
async def list_(slug: str, *, limit: Limit = 50, json: Json = False) -> None:
    """Who looked at or changed whose file, newest first."""
    async with environment.inside(slug) as session:
        found = (await queries.entries(AuditFilter(), PageAsked(limit=limit), session.act)).items
    rows = [(e.happened_at.isoformat(), e.actor_name, e.title, e.subject_id or "", e.shown, e.purpose) for e in found]
    heads = ("when", "who", "what", "whose", "rows", "purpose")
    answer_table(found, heads, rows, empty="Nothing on record", json=json)


@app.command
async def verify(slug: str, *, checkpoint: tuple[Path, ...] = (), json: Json = False) -> None:
    """Check the record against its log, entry by entry, and the log against every checkpoint; exit code 1 when anything is wrong.

    `--checkpoint` names checkpoints that were kept elsewhere: with them, a log that was rewritten is found.
    """
    held = [file.read_text(encoding="utf-8", errors="replace") for file in checkpoint]
    async with environment.inside(slug) as session:
        found = [*await queries.findings(), *[each async for each in findings.findings(session.act.now, held)]]
        size = await log.size()
    if json:
        as_json({"entries": size, "findings": found})
    else:
        sound = f"The record is append-only for the application and agrees with its log of {size} entries."
        out.print("\n".join(found) or sound, markup=False)
    if found:
        sys.exit(1)


@app.command
async def evidence(
    slug: str, to: Path, *, because: str, choice: Annotated[Choice, Parameter(name="*")] = Choice()
) -> None:
    """Write an evidence pack to a file, and beside it the program that verifies it: `python guibin-verify.py FILE`."""
    async with environment.inside(slug) as session:
        zone = session.act.company.time_zone
        new = NewPack(
            purpose=because,
            since=aware(choice.since, zone),
            until=aware(choice.until, zone),
            customer_id=choice.customer,
            decision_id=choice.decision,
        )
        with to.open("wb") as file:
            async for line in packs.pack(new, session.act, entries_max=None):
                file.write(line)
    out.print(f"{to}, {_verifier_beside(to)}", markup=False)


@app.command
async def keepers(slug: str, *, json: Json = False) -> None:
    """Where the log's checkpoints go, the last that each got, and why none arrives; exit code 1 when any does not arrive."""
    async with environment.inside(slug) as session:
        found = await targets.keepers()
        await noted("audit.evidence", session.act, subject="evidence", shown=0)
    rows = [(each.kind, each.name, each.size, each.last_at, _wrong(each)) for each in found]
    answer_table(found, ("kind", "name", "entries", "last", "wrong"), rows, empty="Checkpoints go nowhere", json=json)
    if any(each.why for each in found):
        sys.exit(1)


def _wrong(keeper: targets.Keeper) -> str:
    if keeper.why is None:
        return ""
    return f"{CORE.texts[f'checkpoint_failure.{keeper.why}'].in_language('en')} (since {keeper.failing_since:%Y-%m-%d %H:%MZ})"


@app.command
async def replay(
    slug: str,
    kind: Literal["membership", "deadline", "complaint", "approval", "redemption"],
    decision: UUID,
    *,
    json: Json = False,
) -> None:
    """Compute a tier, a deadline, a complaint's level, an approval or a use of a right again from what is stored; exit code 1 when what was stored then does not give it any more."""
    async with environment.inside(slug) as session:
        found = await replaying.of(kind, decision, session.act)
        await noted("audit.trace", session.act, subject=kind, subject_id=decision)
    if found is None:
        answer(None, "Somebody gave it, or a script of the company's: there is nothing to compute.", json=json)
        return
    rows = [(each.why, ", ".join(each.what)) for each in found.because]
    answer_table(
        found,
        ("why", "what"),
        [("decided", found.decided), ("again", found.then), ("by now", found.now), *rows],
        json=json,
    )
    if not found.same:
        sys.exit(1)


def _verifier_beside(pack: Path) -> Path:
    verifier = pack.with_name("guibin-verify.py")
    verifier.write_bytes(Path(verifying.__file__).read_bytes())
    return verifier
