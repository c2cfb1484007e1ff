"""`/i/{token}` and `/f/{token}`: a guest answers an invitation, and says afterwards how it was, without signing in."""

from collections.abc import Mapping

from litestar import Controller, Response, get, post

from guibin.activities import answering, attending, links, pages
from guibin.activities.answering import Guest
from guibin.activities.requests import NewActivityAnswer
from guibin.policy.surveys import SurveyPolicy
from guibin.policy.texts import Text
from guibin.surveys import pages as survey_pages
from guibin.web.signed_links import UnknownLink
from guibin_tenants.refusals import Refusal

from .guards import PUBLIC
from .link_pages import COMMENT_CHARS_MAX, FORM_BYTES_MAX, Fields, Incoming, Shown, Visit, comment, scores, serve

_NOT_TAKEN = Text(
    "暂时无法受理您的回复，请联系您的客户经理。", "We cannot take your answer. Please ask your account manager."
)


class InvitationLinkController(Controller):
    path = links.PATHS["answer"]
    include_in_schema = False

    @get("/{token:str}", needs=PUBLIC, media_type="text/html")
    async def ask(self, token: str, request: Incoming) -> Response[bytes]:
        return await serve(token, request, None, _invitation, name="invitation link")

    @post("/{token:str}", needs=PUBLIC, media_type="text/html", request_max_body_size=FORM_BYTES_MAX)
    async def take(self, token: str, data: Fields, request: Incoming) -> Response[bytes]:
        return await serve(token, request, data, _invitation, name="invitation link")


class FeedbackLinkController(Controller):
    path = links.PATHS["feedback"]
    include_in_schema = False

    @get("/{token:str}", needs=PUBLIC, media_type="text/html")
    async def ask(self, token: str, request: Incoming) -> Response[bytes]:
        return await serve(token, request, None, _feedback, name="feedback link")

    @post("/{token:str}", needs=PUBLIC, media_type="text/html", request_max_body_size=FORM_BYTES_MAX)
    async def take(self, token: str, data: Fields, request: Incoming) -> Response[bytes]:
        return await serve(token, request, data, _feedback, name="feedback link")


async def _invitation(visit: Visit) -> Shown:
    guest = await answering.guest_of(visit.link, now=visit.act.now)
    if visit.given is None:
        return Shown(pages.invitation(guest, visit.name, visit.act.company.time_zone))
    new = _answer(guest, visit.given)
    if new is None:
        return Shown(pages.invitation(guest, visit.name, visit.act.company.time_zone, wrong=True), 422)
    try:
        found = await answering.answer_by_link(guest, new, visit.act)
    except UnknownLink:
        raise
    except Refusal:
        # Why, such as a quota that is used up, is between the customer and the account manager: nothing is written.
        return Shown(pages.refused(_NOT_TAKEN), 409)
    return Shown(pages.answered(found))


async def _feedback(visit: Visit) -> Shown:
    judge = await attending.judge_of(visit.link, now=visit.act.now)
    asked = SurveyPolicy("activity_feedback", judge.kind.feedback)
    if visit.given is None:
        return Shown(survey_pages.form(asked, judge.title, visit.act.policy, {}))
    given, said = scores(asked.questions, visit.given), comment(visit.given)
    if given is None or len(said) > COMMENT_CHARS_MAX:
        wrong = survey_pages.missing() if given is None else survey_pages.too_long()
        return Shown(survey_pages.form(asked, judge.title, visit.act.policy, visit.given, wrong), 422)
    await attending.feedback_by_link(judge, given, said, visit.act)
    return Shown(survey_pages.thanks())


def _answer(guest: Guest, given: Mapping[str, str]) -> NewActivityAnswer | None:
    """What was chosen, None when it is neither yes nor no or brings too many."""
    if given.get("answer") == "no":
        return NewActivityAnswer(accepted=False)
    companions = given.get("companions", "0")
    if given.get("answer") != "yes" or companions not in {str(n) for n in range(guest.companions_max + 1)}:
        return None
    return NewActivityAnswer(accepted=True, companions=int(companions))
