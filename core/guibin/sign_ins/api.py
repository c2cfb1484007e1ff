"""`/api/v1/sign-ins`: how people sign in and where they are signed in, for whoever administers their accounts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, delete, get, post
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from guibin.context import Act, Root
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import deletes, gets, posts, puts
from guibin_tenants.displays import DisplaySeen
from guibin_tenants.principals import may, sees_all

from . import actions, displays, links, provided, providers, queries
from .displays import LEADS, MadeDisplay, NewWallDisplay
from .queries import SessionSeen, SignInFilter, SignInView

READ, WRITE = may("staff:read"), may("staff:write")
RULES = WRITE & sees_all
INVITES = WRITE | may("auditors:write")
Incoming = Request[Any, Any, Any]


class InvitationController(Controller):
    path = "/api/v1/staff"
    tags = ("administration",)
    invite = posts(
        "/invitations",
        links.invite,
        "Add an account whose holder chooses the password by a link that is sent by mail",
        needs=INVITES,
        confirmed=True,
        status_code=HTTP_202_ACCEPTED,
    )
    send = posts(
        "/{staff_id:uuid}/password-links",
        links.send,
        "Send somebody a link by mail to choose another password; the present one holds until they do",
        needs=INVITES,
        confirmed=True,
        status_code=HTTP_202_ACCEPTED,
    )


class ProviderController(Controller):
    path = "/api/v1/identity-provider"
    tags = ("administration",)
    show = gets("/", providers.provider, "The company's own OpenID provider, and what its claims bring", needs=RULES)
    change = puts(
        "/", providers.set_provider, "Let people sign in by this OpenID provider", needs=RULES, confirmed=True
    )
    remove = deletes(
        "/", providers.remove_provider, "Nobody signs in by the provider any more", needs=RULES, confirmed=True
    )
    discover = posts(
        "/discoveries",
        providers.discover,
        "Ask the provider what it says of itself and its keys",
        needs=RULES,
        status_code=HTTP_200_OK,
    )
    foretell = posts(
        "/trials",
        provided.foretell,
        "What somebody with these claims would get; nothing is changed",
        needs=RULES,
        status_code=HTTP_200_OK,
    )


class SignInController(Controller):
    path = "/api/v1/sign-ins"
    tags = ("administration",)

    @get(
        "/",
        needs=READ,
        dependencies={"filters": from_query(SignInFilter), "asked": from_query(PageAsked)},
        summary="People by login: their second factor, and in how many places they are signed in",
    )
    async def list_people(
        self, request: Incoming, filters: SignInFilter, asked: PageAsked, act: Act
    ) -> Page[SignInView]:
        return await queries.people(filters, asked, act, real_now(request))

    @get("/{staff_id:uuid}/sessions", needs=READ, summary="Where somebody is signed in, the one used last first")
    async def sessions(self, request: Incoming, staff_id: UUID, act: Act) -> list[SessionSeen]:
        return await queries.sessions(staff_id, act, real_now(request))

    end_all = deletes(
        "/{staff_id:uuid}/sessions", actions.end_all, "End all of somebody's sign-ins", status_code=HTTP_200_OK
    )
    end = deletes("/{staff_id:uuid}/sessions/{session_id:uuid}", actions.end, "End one of somebody's sign-ins")


class DisplayController(Controller):
    path = "/api/v1/wall-displays"
    tags = ("administration",)

    @get(
        "/", needs=LEADS | READ, summary="Wall displays that show something: one's own, to admins those of their people"
    )
    async def list_displays(self, request: Incoming, act: Act) -> list[DisplaySeen]:
        return await displays.in_sight(act, real_now(request))

    @post(
        "/",
        needs=LEADS,
        confirmed=True,
        shown_once=True,
        summary="A screen that shows an org unit's board with nobody signed in; its code is shown once",
    )
    async def make_display(self, request: Incoming, data: NewWallDisplay, act: Act) -> MadeDisplay:
        return await displays.make(data, act, real_now(request))

    @delete("/{display_id:uuid}", needs=LEADS | WRITE, summary="The screen goes dark at once")
    async def end_display(self, request: Incoming, display_id: UUID, act: Act) -> None:
        await displays.end(display_id, act, real_now(request))


def real_now(request: Incoming) -> datetime:
    """Sign-ins know no simulated time."""
    root: Root = request.app.state.root
    return root.clock()
