"""`/s/{token}`: a customer answers a survey without signing in. The token names the company and proves itself.

An unknown, used, expired or foreign link gets the same page with the same status.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from litestar import Controller, Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from guibin.context import Company, Root, now_of
from guibin.policies.queries import effective_policy
from guibin.surveys import answers, links, pages
from guibin.surveys.answers import COMMENT_CHARS_MAX, Asked
from guibin.surveys.links import Link
from guibin.surveys.refusals import UnknownLink
from guibin_tenants.rate_limits import Allowance, RateLimits
from guibin_tenants.refusals import TooManyRequests
from guibin_tenants.scope import fetch_one, tenant_scope

from .guards import PUBLIC

# A person needs two requests; a guesser gets one a second.
ALLOWANCE = Allowance(per_second=1, burst=60)
FORM_BYTES_MAX = 32 * 1024
_HEADERS = {"Content-Security-Policy": pages.POLICY, "Cache-Control": "private, no-store"}
_SCORES = {str(score): score for score, _ in pages.SCALE}
Fields = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Incoming = Request[Any, Any, Any]


class SurveyLinkController(Controller):
    path = links.PATH
    include_in_schema = False

    @get("/{token:str}", needs=PUBLIC, media_type="text/html")
    async def ask(self, token: str, request: Incoming) -> Response[bytes]:
        return await _answered(token, request, None)

    @post("/{token:str}", needs=PUBLIC, media_type="text/html", request_max_body_size=FORM_BYTES_MAX)
    async def take(self, token: str, data: Fields, request: Incoming) -> Response[bytes]:
        return await _answered(token, request, data)


async def _answered(token: str, request: Incoming, given: Mapping[str, str] | None) -> Response[bytes]:
    root: Root = request.app.state.root
    limits: RateLimits = request.app.state.survey_limits
    address = request.client.host if request.client else ""
    try:
        limits.take(uuid5(NAMESPACE_URL, f"survey/{address}"), "read")
        link = links.parse(token)
        if link is None:
            raise UnknownLink()
        return await _serve(link, root, given)
    except TooManyRequests as refusal:
        return _page(pages.busy(), 429, {"Retry-After": str(refusal.retry_after)})
    except UnknownLink:
        return _page(pages.unknown(), 404)


async def _serve(link: Link, root: Root, given: Mapping[str, str] | None) -> Response[bytes]:
    async with tenant_scope(link.tenant_id):
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
        now: datetime = await now_of(company, root.clock)
        asked = await answers.asked(link, now=now)
        policy = await effective_policy(root.packs, company, at=now)
        if given is None:
            return _page(pages.form(asked.survey, row["name"], policy, {}), 200)
        scores = _scores(asked, given)
        comment = given.get("comment", "").replace("\x00", "").strip()
        if scores is None or len(comment) > COMMENT_CHARS_MAX:
            wrong = pages.missing() if scores is None else pages.too_long()
            return _page(pages.form(asked.survey, row["name"], policy, given, wrong), 422)
        await answers.answer(asked, scores, comment, policy=policy, now=now)
    # Only now that it has committed.
    return _page(pages.thanks(), 200)


def _scores(asked: Asked, given: Mapping[str, str]) -> dict[str, int] | None:
    """The score of every question, None when one is missing or not on the scale."""
    found = {question: _SCORES.get(given.get(question, "")) for question in asked.survey.questions}
    scores = {question: score for question, score in found.items() if score is not None}
    return scores if len(scores) == len(found) else None


def _page(content: bytes, status: int, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    return Response(content, status_code=status, media_type="text/html", headers={**_HEADERS, **(headers or {})})
