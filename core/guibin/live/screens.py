"""Who else has this case open: the page says that somebody is at it, and is told who else is."""

from typing import get_args
from uuid import UUID

from litestar import Controller, Response, post
from msgspec import Struct

from guibin.cases import Case
from guibin.cases.followed import FOLLOWED, seen_in
from guibin.console import forms
from guibin.console.shell import PREFIX, Shell
from guibin_tenants.principals import require, staff_only
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import many
from guibin_tenants.scope import execute, fetch_one, step_outside

from .presence import Doing, Place, Presence
from .writing import CHANNEL

# Where pages show who is there.
SUBJECTS = ("complaint", "service_request", "reception", "card", "card_application")


class Named(Struct, frozen=True):
    """Somebody who works here."""

    id: UUID
    name: str


class Person(Struct, frozen=True):
    """Somebody at the case."""

    name: str
    writes: bool


class PresencePages(Controller):
    path = f"{PREFIX}/presence"
    include_in_schema = False

    @post("/{subject:str}/{case_id:uuid}", needs=staff_only, status_code=200)
    async def say(self, subject: str, case_id: UUID, shell: Shell) -> Response[str]:
        if subject not in SUBJECTS:
            raise NotFound(f"Nobody is shown at a {subject}")
        require(shell.act.by, FOLLOWED[subject].needs)
        if await fetch_one(seen_in(subject), [case_id]) is None:
            raise NotFound(f"There is no {subject} {case_id}")
        given = "".join((await forms.sent(shell.request)).get("doing", [])[:1])
        doing: Doing = given if given in get_args(Doing) else "looks"  # type: ignore[assignment]  # one of them
        presence: Presence = shell.request.app.state.presence
        company, who = shell.act.company, shell.act.by.person
        async with step_outside():
            seen = await presence.say(Place(company.id, Case(subject, case_id)), who, doing, now=shell.act.now)
        if seen.changed:
            await execute("select pg_notify($1, $2)", CHANNEL, f"{company.id} {subject} {case_id}")
        found = await many(
            Named,
            "from staff where id = any($1) and left_at is null order by name",
            [one.staff_id for one in seen.others],
        )
        writing = {one.staff_id for one in seen.others if one.writes}
        people = [Person(one.name, one.id in writing) for one in found]
        return shell.page("live/present.html", people=people, subject=subject)
