"""`/s/{token}`: a customer answers a survey without signing in."""

from litestar import Controller, Response, get, post

from guibin.surveys import answering, links, pages

from .guards import PUBLIC
from .link_pages import COMMENT_CHARS_MAX, FORM_BYTES_MAX, Fields, Incoming, Shown, Visit, comment, scores, serve


class SurveyLinkController(Controller):
    path = links.PATH
    include_in_schema = False

    @get("/{token:str}", needs=PUBLIC, media_type="text/html")
    async def ask(self, token: str, request: Incoming) -> Response[bytes]:
        return await serve(token, request, None, _show, name="survey link")

    @post("/{token:str}", needs=PUBLIC, media_type="text/html", request_max_body_size=FORM_BYTES_MAX)
    async def take(self, token: str, data: Fields, request: Incoming) -> Response[bytes]:
        return await serve(token, request, data, _show, name="survey link")


async def _show(visit: Visit) -> Shown:
    asked = await answering.asked(visit.link, now=visit.act.now)
    if visit.given is None:
        return Shown(pages.form(asked.survey, visit.name, visit.act.policy, {}))
    given, said = scores(asked.survey.questions, visit.given), comment(visit.given)
    if given is None or len(said) > COMMENT_CHARS_MAX:
        wrong = pages.missing() if given is None else pages.too_long()
        return Shown(pages.form(asked.survey, visit.name, visit.act.policy, visit.given, wrong), 422)
    await answering.answer(asked, given, said, visit.act)
    return Shown(pages.thanks())
