"""The console's composition: every slice's screens, what stands around a page, and problems as pages."""

from types import ModuleType
from typing import Any

import msgspec
from litestar import Controller, Request
from litestar.di import Provide
from litestar.types import HTTPScope

from guibin.activities import screens as activities
from guibin.administration import key_screens as api_keys
from guibin.automations import screens as automations
from guibin.bundles import screens as bundles
from guibin.campaigns import screens as campaigns
from guibin.card_stock import screens as card_stock
from guibin.cards import screens as cards
from guibin.catalog import defined
from guibin.company_packs import screens as company_packs
from guibin.complaints import screens as complaints
from guibin.console import forms, looks, shell
from guibin.console.moments import Clock
from guibin.console.navigation import Entry
from guibin.console.shell import Frame, Shell
from guibin.console.studio import Studio
from guibin.context import Act
from guibin.context import Request as Ours
from guibin.department_requests import screens as department_requests
from guibin.desks import screens as desks
from guibin.duties import screens as duties
from guibin.emergencies import screens as emergencies
from guibin.evidence import screens as evidence
from guibin.files import screens as files
from guibin.hotline import screens as hotline
from guibin.insight import screens as insight
from guibin.inspections import screens as inspections
from guibin.jobs import screens as jobs
from guibin.live import screens as live
from guibin.mailbox import box_screens as mailboxes
from guibin.mailbox import screens as mailbox
from guibin.messages import screens as channels
from guibin.notices.queries import UNREAD
from guibin.oversight import screens as oversight
from guibin.overview import applications, approvals, counter, customer_screens, intake, usage
from guibin.overview import screens as overview
from guibin.packs import Packs
from guibin.people import field_screens as people_fields
from guibin.people import post_screens as people_posts
from guibin.people import role_screens as people_roles
from guibin.people import screens as people
from guibin.people import unit_screens as people_units
from guibin.plans import screens as plans
from guibin.policy_changes import draft_screens as policy_drafting
from guibin.policy_changes import pages as policy_editing
from guibin.policy_changes import reports as regulation
from guibin.policy_changes import screens as policy_changes
from guibin.policy_changes import version_screens as policy_versions
from guibin.qualifications import screens as qualifications
from guibin.receptions import board_screens as reception_board
from guibin.receptions import order_screens as reception_orders
from guibin.receptions import screens as receptions
from guibin.scim import screens as directories
from guibin.scripts import screens as scripts
from guibin.service_requests import screens as service_requests
from guibin.sign_ins import display_screens as wall_displays
from guibin.sign_ins import provider_screens as identity_provider
from guibin.sign_ins import screens as sign_ins
from guibin.signals import screens as signals
from guibin.sla import screens as sla
from guibin.surveys import screens as surveys
from guibin.tasks import screens as tasks
from guibin.tiers import screens as tiers
from guibin.transfers import screens as transfers
from guibin.views import screens as views
from guibin.visits import coverage_screens as visit_coverage
from guibin.visits import screens as visits
from guibin.web.answers import Held
from guibin.web.problems import PROBLEM, Problem
from guibin.webhooks import screens as webhooks
from guibin.work import board_screens as board
from guibin.work import inspecting_screens as supervision
from guibin.work import screens as work
from guibin.work import team_screens as teams
from guibin_tenants.refusals import ConfirmAnew, SecondFactorMissing, SecondFactorNeeded, SessionLocked
from guibin_tenants.scope import fetch_one

from . import (
    display_pages,
    frame_pages,
    pack_pages,
    passkey_pages,
    provider_pages,
    second_factor_pages,
    session_pages,
    sign_in_pages,
)
from .dependencies import provide_act, provide_language_anywhere
from .guards import ChoosePassword
from .sign_in_pages import SETTLED_AT

CONSOLE = f"{shell.PREFIX}/"
SIGN_IN, UNLOCK, CONFIRM, WALL_CODE = (
    f"{CONSOLE}sign-in",
    f"{CONSOLE}unlock",
    f"{CONSOLE}confirm",
    f"{CONSOLE}wall/code",
)
# Pages that anybody may open.
PUBLIC = frozenset(
    {
        SIGN_IN,
        f"{SIGN_IN}/demonstration",
        f"{SIGN_IN}/code",
        f"{SIGN_IN}/forgotten",
        f"{SIGN_IN}/passkey",
        *(f"{SIGN_IN}/provider{path}" for path in ("", "/going", "/confirming", "/unlocking", "/back")),
        f"{SIGN_IN}/code/passkey",
        *(f"{CONSOLE}{name}" for name in ("sign-out", "wall/code", "password", "look", "lock", "unlock", "confirm")),
    }
)
SLICES: tuple[ModuleType, ...] = (
    work,
    board,
    teams,
    supervision,
    overview,
    customer_screens,
    applications,
    intake,
    approvals,
    counter,
    hotline,
    mailbox,
    mailboxes,
    duties,
    department_requests,
    qualifications,
    desks,
    files,
    complaints,
    signals,
    tasks,
    service_requests,
    receptions,
    reception_board,
    reception_orders,
    cards,
    card_stock,
    visits,
    visit_coverage,
    views,
    transfers,
    plans,
    activities,
    campaigns,
    policy_changes,
    policy_editing,
    policy_drafting,
    policy_versions,
    regulation,
    company_packs,
    automations,
    surveys,
    inspections,
    insight,
    tiers,
    live,
    oversight,
    emergencies,
    evidence,
    people_units,
    people,
    people_posts,
    people_roles,
    people_fields,
    sign_ins,
    wall_displays,
    identity_provider,
    directories,
    api_keys,
    scripts,
    bundles,
    webhooks,
    channels,
    usage,
    jobs,
    sla,
)
CONTROLLERS: tuple[type[Controller], ...] = tuple(
    defined(
        Controller,
        (
            sign_in_pages,
            second_factor_pages,
            passkey_pages,
            provider_pages,
            display_pages,
            frame_pages,
            session_pages,
            pack_pages,
            *SLICES,
        ),
    )
)
# Whose file was asked for and not found, by somebody who may open an emergency access to it.
WAY_IN = "guibin.emergency"
# Where a session that owes something is led.
_OWED = {
    ChoosePassword.kind: SETTLED_AT["password"],
    SecondFactorNeeded.kind: SETTLED_AT["second_factor"],
    SecondFactorMissing.kind: SETTLED_AT["set_up"],
}
_FRAME = f"""select t.name as company, coalesce(u.name, '') as unit, ({UNREAD}) as unread,
    array(select array[r.name, r.title] from company_role r where r.tenant_id = t.id) as roles from tenant t left join staff s on s.tenant_id = t.id and s.id = $1
    left join org_unit u on u.tenant_id = t.id and u.id = s.org_unit_id where t.id = $2"""


def studio_of(packs: Packs) -> Studio:
    """The pages' templates, texts and places, those of all packs with them. Raises AssetsMissing, and BadPack for a pack
    whose pages lack something."""
    names = [module.__name__.split(".")[1] for module in SLICES]
    entries: list[Entry] = [entry for module in SLICES for entry in getattr(module, "ENTRIES", ())]
    return pack_pages.studio_of(names, entries, packs.hooks_of(packs.names))


async def provide_shell(request: Request[Any, Any, Any]) -> Shell:
    """What every page of this request stands in."""
    act = await provide_act(request)
    studio: Studio = request.app.state.studio
    ours: Ours = request.scope["guibin"]  # type: ignore[typeddict-item]  # our own key in the ASGI scope
    look = looks.look_of(request, act.language)
    act = msgspec.structs.replace(act, language=look.language)
    return Shell(
        studio=studio,
        request=request,
        act=act,
        frame=await _frame(act, studio, look),
        look=look,
        csrf=ours.csrf,
        idle_minutes=ours.idle_minutes,
        clock=Clock(act.now, act.company.time_zone, look.language),
    )


async def _frame(act: Act, studio: Studio, look: looks.Look) -> Frame:
    row = await fetch_one(_FRAME, act.by.id, act.company.id)
    posts = [
        act.policy.title(f"post.{post.name}", look.language) for post in act.policy.posts if post.name in act.by.roles
    ]
    roles = [studio.says(f"role.{role}", look) for role in act.by.roles if studio.words.has(f"role.{role}")]
    own = dict(row["roles"]) if row else {}
    roles += [own[role] for role in act.by.roles if role in own]
    called = [*posts, *roles, *([row["unit"]] if row and row["unit"] else [])]
    return Frame(
        company=row["company"] if row else act.company.slug,
        post=" · ".join(called[:2]),
        unread=row["unread"] if row else 0,
        roles=own,
    )


PROVIDED = {"shell": Provide(provide_shell)}


def is_page(path: str) -> bool:
    """Whether people read what is answered there."""
    return path == shell.PREFIX or path.startswith(CONSOLE)


def present(answer: Held, scope: HTTPScope, studio: Studio) -> None:
    """Let a problem be a page, or the part of one; whoever is not signed in is led to where they can."""
    problem = _problem(answer)
    if problem is None:
        return
    request: Request[Any, Any, Any] = Request(scope)
    part = shell.wants_part(request)
    locked = problem.type.endswith(SessionLocked.kind)
    if problem.status == 401 and not part:
        if request.url.path.rstrip("/") == display_pages.WALL:
            answer.say(303, [(b"location", WALL_CODE.encode()), (b"cache-control", b"no-store")], b"")
            return
        answer.say(303, _to(UNLOCK if locked else SIGN_IN, request), b"")
        return
    if not part and (owed := _OWED.get(problem.type.rsplit("/", 1)[-1])):
        answer.say(303, _to(owed, request), b"")
        return
    unconfirmed = problem.type.endswith(f"/{ConfirmAnew.kind}")
    if unconfirmed and not part and request.method == "GET":
        answer.say(303, _to(CONFIRM, request), b"")
        return
    look = looks.look_of(request, provide_language_anywhere(request))
    told = forms.told(problem, studio, look)
    template = "console/problem_part.html" if part else "console/problem.html"
    known = {"problem": problem, "told": told, "path": request.url.path, "way_in": scope.get(WAY_IN)}
    html = studio.render(template, look, known)
    headers = [(name.lower().encode(), value.encode()) for name, value in shell.HEADERS.items()]
    if problem.status == 401:
        headers.append((b"x-guibin-session", b"locked" if locked else b"ended"))
    if unconfirmed:
        headers.append((b"x-guibin-confirm", b"asked"))
    answer.say(problem.status, [(b"content-type", b"text/html; charset=utf-8"), *headers], html.encode())


def _to(place: str, request: Request[Any, Any, Any]) -> list[tuple[bytes, bytes]]:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return [(b"location", f"{place}?next={sign_in_pages.quoted(asked)}".encode()), (b"cache-control", b"no-store")]


def _problem(answer: Held) -> Problem | None:
    start = next((message for message in answer.messages if message["type"] == "http.response.start"), None)
    if start is None or dict(start["headers"]).get(b"content-type", b"").split(b";")[0] != PROBLEM.encode():
        return None
    body = b"".join(message.get("body", b"") for message in answer.messages if message["type"] == "http.response.body")
    return msgspec.json.decode(body, type=Problem)
