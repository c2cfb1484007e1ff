"""What every page's frame leads to: how pages look, one's own password, one's notices, finding."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from guibin.administration import signing_in
from guibin.console import forms, looks, shell
from guibin.console.shell import Shell
from guibin.console.studio import Studio
from guibin.context import Root
from guibin.emergencies import queries as emergencies
from guibin.notices import actions as notices
from guibin.notices.queries import InboxFilter, NoticeView, inbox, notice
from guibin.profiles.queries import kept
from guibin.receptions import orders
from guibin.tiers.marks import marks
from guibin.web.listing import PageAsked
from guibin.web.problems import of_refusal
from guibin_tenants.principals import staff_only
from guibin_tenants.refusals import Refusal

from .browsers import is_encrypted
from .guards import PUBLIC
from .sessions import own_session
from .sign_in_pages import HOME, language_of, ours

Incoming = Request[Any, Any, Any]
_NOTICES = 60


class FirstPage(Controller):
    path = "/"
    include_in_schema = False

    @get("/", needs=PUBLIC)
    async def first(self) -> Redirect:
        return Redirect(HOME, status_code=303)


class LookPages(Controller):
    path = f"{shell.PREFIX}/look"
    include_in_schema = False

    @post("/", needs=PUBLIC, status_code=200)
    async def choose(self, request: Incoming) -> Response[Any]:
        given = {name: values[0] for name, values in (await forms.sent(request)).items()}
        wanted = request.query_params.get("next", "")
        if request.headers.get("hx-request"):
            response: Response[Any] = shell.answer("", headers={"HX-Refresh": "true"})
        else:
            response = Redirect(ours(wanted), status_code=303)
        for name, value in given.items():
            if value in looks.CHOICES.get(name, ()):
                response.set_cookie(looks.cookie(name, value, secure=is_encrypted(request.scope)))
        return response


class PasswordPages(Controller):
    path = f"{shell.PREFIX}/password"
    include_in_schema = False

    @get("/", needs=PUBLIC)
    async def ask(self, request: Incoming) -> Response[Any]:
        return await _password(request, {}, None)

    @post("/", needs=PUBLIC, status_code=200)
    async def change(self, request: Incoming) -> Response[Any]:
        own = own_session(request)
        if own is None:
            return Redirect(f"{shell.PREFIX}/sign-in", status_code=303)
        given = {name: values[0] for name, values in (await forms.sent(request)).items()}
        root: Root = request.app.state.root
        try:
            await signing_in.change_own_password(
                own, present=given.get("present", ""), new=given.get("new", ""), now=root.clock()
            )
        except Refusal as refusal:
            # What is wrong with a password is wrong with the new one: the present one has its own name.
            errors = {"present" if field.field == "present" else "new": field.rule for field in refusal.fields}
            return await _password(request, errors, None if errors else refusal, int(refusal.status))
        return shell.answer("", headers={"HX-Redirect": HOME})


class NoticePages(Controller):
    path = f"{shell.PREFIX}/notices"
    include_in_schema = False

    @get("/", needs=staff_only)
    async def inbox(self, shell: Shell) -> Response[str]:
        told = await inbox(InboxFilter(), PageAsked(_NOTICES), shell.act)
        held = await marks([notice.customer_id for notice in told.items], shell.act)
        return shell.page("console/notices.html", notices=told.items, marks=held)

    @get("/bell", needs=staff_only)
    async def bell(self, shell: Shell) -> Response[str]:
        return shell.page("console/bell.html")

    @post("/readings", needs=staff_only, status_code=200)
    async def read_all(self, shell: Shell) -> Response[str]:
        await notices.mark_all_read(shell.act)
        return shell.done(shell.says("notices.read_all"))

    @get("/{notice_id:uuid}", needs=staff_only)
    async def open(self, notice_id: UUID, shell: Shell) -> Response[Any]:
        told = await notice(notice_id, shell.act)
        await notices.mark_read(notice_id, shell.act)
        return Redirect(await place_of(told, shell), status_code=303)


# Where a notice's subject has a page of its own, and where all of its kind stand together.
_PLACES = {
    "complaint": "complaints",
    "customer": "customers",
    "approval": "approvals",
    "approval_request": "approvals",
    "service_request": "requests",
    "visit": "visits",
    "hotline_call": "hotline",
    "signal": "signals",
    "mail": "mails",
    "reception": "receptions",
    "reception_order": "receptions/orders",
    "card": "cards",
    "card_application": "card-applications",
    "activity": "activities",
    "campaign": "campaigns",
    "policy_announcement": "policy",
    "inspection": "inspections",
    "inspection_finding": "inspections",
    "emergency_access": "emergency-accesses",
}
# Of which their reader may see the kind and not this one: who hears that a department is late is not of it, and an access
# in an emergency is a page of whoever opened it and of whoever watches, also where those who lead either unit are told.
_SHOWN = {"reception_order": orders.is_shown, "emergency_access": emergencies.is_shown}
_TOGETHER = {
    "reception_order": "reception-board",
    "reception_task": "reception-board",
    "work_plan": "plan",
    "work_log": "plan",
    "card_stock": "card-stock",
    "outage": "signals",
    "survey_answer": "satisfaction",
    "card_shipment": "card-stock",
    "card_request": "card-stock",
}


async def place_of(told: NoticeView, shell: Shell) -> str:
    """The page of what a notice is about that its reader may open: the case, else the customer, else where such things stand."""
    open_to = {entry.path.removeprefix(HOME) for section in shell.sections for entry in section.entries}
    place, shown = _PLACES.get(told.subject), _SHOWN.get(told.subject)
    if place and place.partition("/")[0] in open_to and (not shown or await shown(told.subject_id, shell.act)):
        return f"{HOME}{place}/{told.subject_id}"
    if told.customer_id is not None and "customers" in open_to and await kept((told.customer_id,)):
        return f"{HOME}customers/{told.customer_id}"
    together = _TOGETHER.get(told.subject, "")
    return f"{HOME}{together}" if together and together in open_to else HOME


async def _password(
    request: Incoming, errors: dict[str, str], refusal: Refusal | None, status: int = 200
) -> Response[Any]:
    studio: Studio = request.app.state.studio
    root: Root = request.app.state.root
    own = own_session(request)
    csrf = await signing_in.csrf_of(own, now=root.clock()) if own is not None else None
    if csrf is None:
        return Redirect(f"{shell.PREFIX}/sign-in", status_code=303)
    look = looks.look_of(request, language_of(request))
    said = {name: forms.rule(broken, studio, look) for name, broken in errors.items()}
    problem = forms.told(of_refusal(refusal), studio, look) if refusal else ""
    html = studio.render("console/password.html", look, {"errors": said, "problem": problem, "csrf": csrf})
    return shell.answer(html, status)
