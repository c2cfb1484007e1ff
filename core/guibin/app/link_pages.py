"""How a page behind a signed link is served: the token names the company and proves itself.

An unknown, foreign or made-up link gets the same page with the same status; whoever truly holds one that was used or is over
is told so.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, ClassVar
from uuid import NAMESPACE_URL, uuid5

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from msgspec import Struct, structs

from guibin.console import looks
from guibin.console.looks import Look
from guibin.console.moments import Clock
from guibin.console.studio import Studio
from guibin.context import Act, Company, Root, now_of
from guibin.policies.queries import act_of
from guibin.surveys.answering import COMMENT_CHARS_MAX
from guibin.web.signed_links import Link, SpentLink, UnknownLink, parse
from guibin_tenants.authentication import system_principal
from guibin_tenants.rate_limits import Allowance, RateLimits
from guibin_tenants.refusals import READ_ONLY, CompanyErased, Frozen, TooManyRequests
from guibin_tenants.registry import refuse_erased
from guibin_tenants.scope import fetch_one, tenant_scope

from .companies import HOST
from .dependencies import spoken
from .guards import PUBLIC

# A person needs two requests; a guesser gets one a second.
ALLOWANCE = Allowance(per_second=1, burst=60)
FORM_BYTES_MAX = 32 * 1024
# Our own sheet, and nothing else: no script, nothing from elsewhere, nothing inline.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
# Five answers, from 100 down to 0, as the texts `surveys.scale`.
SCALE = (100, 75, 50, 25, 0)
Fields = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Incoming = Request[Any, Any, Any]
_HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "private, no-store"}
_GONE = 410


class Visit(Struct, frozen=True):
    """Somebody opened a link, or sent what they filled in (`given` is None before that). `act` is the link's own, in the
    reader's language."""

    link: Link
    given: Mapping[str, str] | None
    act: Act


class Shown(Struct, frozen=True):
    """The template with its values, and the status: 400 and above leaves nothing written."""

    template: str
    values: dict[str, Any] = {}
    status: int = 200


Show = Callable[[Visit], Awaitable[Shown]]


class LinkController(Controller):
    """A page with a form behind a signed link: `shows` makes it, `opened_by` is what whoever holds the link acts as."""

    include_in_schema = False
    shows: ClassVar[Show]
    opened_by: ClassVar[str]

    @get("/{token:str}", needs=PUBLIC, media_type="text/html")
    async def ask(self, token: str, request: Incoming) -> Response[str]:
        return await serve(token, request, None, type(self).shows, name=self.opened_by)

    @post("/{token:str}", needs=PUBLIC, media_type="text/html", request_max_body_size=FORM_BYTES_MAX)
    async def take(self, token: str, data: Fields, request: Incoming) -> Response[str]:
        return await serve(token, request, data, type(self).shows, name=self.opened_by)


async def serve(
    token: str,
    request: Incoming,
    given: Mapping[str, str] | None,
    show: Show,
    *,
    name: str,
) -> Response[str]:
    """The page that `show` makes inside the company's scope, sent after the commit. Whoever holds the link acts as `name`."""
    root: Root = request.app.state.root
    limits: RateLimits = request.app.state.survey_limits
    address = request.client.host if request.client else ""
    # The browser speaks for whoever reads; a colleague's cookies on the same machine do not.
    look = Look(language="en" if spoken(request) == "en" else "zh-CN", theme=looks.look_of(request, "").theme)
    try:
        limits.take(uuid5(NAMESPACE_URL, f"survey/{address}"), "read")
        link = parse(token)
        if link is None or request.scope.get(HOST, link.tenant_id) != link.tenant_id:
            raise UnknownLink()
        return await _in_scope(link, root, request, (given, show, name, look))
    except TooManyRequests as refusal:
        busy = Shown("surveys/said.html", {"said": "busy"}, 429)
        return _page(request, look, busy, {"Retry-After": str(refusal.retry_after)})
    except CompanyErased:
        return _page(request, look, Shown("surveys/said.html", {"said": "erased"}, _GONE))
    except SpentLink as refusal:
        return _page(request, look, Shown("surveys/said.html", {"said": refusal.because}, _GONE))
    except UnknownLink:
        return _page(request, look, Shown("surveys/said.html", {"said": "unknown"}, 404))


def scores(questions: tuple[str, ...], given: Mapping[str, str]) -> dict[str, int] | None:
    """The score of every question, None when one is missing or not on the scale."""
    scale = {str(score): score for score in SCALE}
    found = {question: scale.get(given.get(question, "")) for question in questions}
    complete = {question: score for question, score in found.items() if score is not None}
    return complete if len(complete) == len(found) else None


def comment(given: Mapping[str, str]) -> str:
    """The comment, without what no column takes."""
    return given.get("comment", "").replace("\x00", "").strip()


def questionnaire(title: str, questions: tuple[str, ...], visit: Visit, wrong: str = "") -> Shown:
    """The questions with the scale; what was filled in stays, `wrong` says what is missing."""
    given = visit.given or {}
    policy, language = visit.act.policy, visit.act.language
    asked = [
        (name, policy.texts[key].in_language(language) if (key := f"survey_question.{name}") in policy.texts else name)
        for name in questions
    ]
    values = {
        "heading": title,
        "questions": asked,
        "scale": SCALE,
        "given": given,
        "comment": given.get("comment", "")[: COMMENT_CHARS_MAX + 1],
        "comment_chars_max": COMMENT_CHARS_MAX,
        "wrong": wrong,
    }
    return Shown("surveys/form.html", values, 422 if wrong else 200)


async def _in_scope(
    link: Link, root: Root, request: Incoming, asked: tuple[Mapping[str, str] | None, Show, str, Look]
) -> Response[str]:
    given, show, name, look = asked
    async with tenant_scope(link.tenant_id) as scope:
        row = await fetch_one(
            "select id, slug, name, packs, time_zone, language, simulated, frozen_at from tenant"
            " where id = $1 and suspended_at is null",
            link.tenant_id,
        )
        if row is None:
            await refuse_erased()
            raise UnknownLink()
        if given is not None and row["frozen_at"] is not None:
            raise Frozen(READ_ONLY)
        company = msgspec.convert(dict(row), Company)
        by = system_principal(name=name, job_id=link.invitation_id)
        now = await now_of(company, root.clock)
        act = await act_of(root.packs, company, by=by, now=now, language=look.language)
        shown = await show(Visit(link, given, act))
        scope.rollback_only = shown.status >= 400
        clock = Clock(act.now, company.time_zone, look.language)
        known = {"company": row["name"], "clock": clock}
        return _page(request, look, structs.replace(shown, values=known | shown.values))


def _page(request: Incoming, look: Look, shown: Shown, headers: Mapping[str, str] | None = None) -> Response[str]:
    studio: Studio = request.app.state.studio
    html = studio.render(shown.template, look, {"company": ""} | shown.values)
    return Response(html, status_code=shown.status, media_type="text/html", headers={**_HEADERS, **(headers or {})})
