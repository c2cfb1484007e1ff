"""How a page behind a signed link is served: the token names the company and proves itself.

An unknown, used, expired or foreign link gets the same page with the same status.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from litestar import Request, Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from msgspec import Struct

from guibin.context import Act, Company, Root, now_of
from guibin.policies.queries import act_of
from guibin.surveys import pages
from guibin.web.signed_links import Link, UnknownLink, parse
from guibin_tenants.authentication import system_principal
from guibin_tenants.rate_limits import Allowance, RateLimits
from guibin_tenants.refusals import TooManyRequests
from guibin_tenants.scope import fetch_one, tenant_scope

# A person needs two requests; a guesser gets one a second.
ALLOWANCE = Allowance(per_second=1, burst=60)
FORM_BYTES_MAX = 32 * 1024
COMMENT_CHARS_MAX = 1_000
_HEADERS = {"Content-Security-Policy": pages.POLICY, "Cache-Control": "private, no-store"}
Fields = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Incoming = Request[Any, Any, Any]


class Visit(Struct, frozen=True):
    """Somebody opened a link, or sent what they filled in (`given` is None before that).

    `name` is the company's. `act` is the link's own.
    """

    link: Link
    given: Mapping[str, str] | None
    name: str
    act: Act


class Shown(Struct, frozen=True):
    """The page and its status: 400 and above leaves nothing written."""

    content: bytes
    status: int = 200


async def serve(
    token: str,
    request: Incoming,
    given: Mapping[str, str] | None,
    show: Callable[[Visit], Awaitable[Shown]],
    *,
    name: str,
) -> Response[bytes]:
    """The page that `show` makes inside the company's scope, sent after the commit. Whoever holds the link acts as `name`."""
    root: Root = request.app.state.root
    limits: RateLimits = request.app.state.survey_limits
    address = request.client.host if request.client else ""
    try:
        limits.take(uuid5(NAMESPACE_URL, f"survey/{address}"), "read")
        link = parse(token)
        if link is None:
            raise UnknownLink()
        shown = await _in_scope(link, root, given, show, name)
    except TooManyRequests as refusal:
        return _page(pages.busy(), 429, {"Retry-After": str(refusal.retry_after)})
    except UnknownLink:
        return _page(pages.unknown(), 404)
    return _page(shown.content, shown.status)


def scores(questions: tuple[str, ...], given: Mapping[str, str]) -> dict[str, int] | None:
    """The score of every question, None when one is missing or not on the scale."""
    scale = {str(score): score for score, _ in pages.SCALE}
    found = {question: scale.get(given.get(question, "")) for question in questions}
    complete = {question: score for question, score in found.items() if score is not None}
    return complete if len(complete) == len(found) else None


def comment(given: Mapping[str, str]) -> str:
    """The comment, without what no column takes."""
    return given.get("comment", "").replace("\x00", "").strip()


async def _in_scope(
    link: Link, root: Root, given: Mapping[str, str] | None, show: Callable[[Visit], Awaitable[Shown]], name: str
) -> Shown:
    async with tenant_scope(link.tenant_id) as scope:
        row = await fetch_one(
            "select slug, name, packs, time_zone, language, simulated from tenant where id = $1 and suspended_at is null",
            link.tenant_id,
        )
        if row is None:
            raise UnknownLink()
        company = Company(
            id=link.tenant_id,
            slug=row["slug"],
            packs=tuple(row["packs"]),
            time_zone=row["time_zone"],
            language=row["language"],
            simulated=row["simulated"],
        )
        by = system_principal(name=name, job_id=link.invitation_id)
        act = await act_of(root.packs, company, by=by, now=await now_of(company, root.clock))
        shown = await show(Visit(link, given, row["name"], act))
        scope.rollback_only = shown.status >= 400
    return shown


def _page(content: bytes, status: int, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    return Response(content, status_code=status, media_type="text/html", headers={**_HEADERS, **(headers or {})})
