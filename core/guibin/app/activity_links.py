"""`/i/{token}` and `/f/{token}`: a guest answers an invitation, and says afterwards how it was, without signing in."""

from collections.abc import Mapping

from guibin.activities import answering, attending, links, queries
from guibin.activities.answering import Guest
from guibin.activities.requests import NewActivityAnswer
from guibin.surveys.answering import COMMENT_CHARS_MAX
from guibin.web.codes import scannable
from guibin.web.signed_links import SpentLink
from guibin_tenants.refusals import Refusal

from .link_pages import LinkController, Shown, Visit, comment, questionnaire, scores


async def _invitation(visit: Visit) -> Shown:
    try:
        guest = await answering.guest_of(visit.link, now=visit.act.now)
    except SpentLink as spent:
        if spent.because != "used":
            raise
        # Whoever answered finds here what they said, and what they show at the door.
        return await _answered(visit, 200 if visit.given is None else 410)
    if visit.given is None:
        return _asked(guest)
    new = _answer(guest, visit.given)
    if new is None:
        return _asked(guest, "choose", 422)
    try:
        await answering.answer_by_link(guest, new, visit.act)
    except SpentLink:
        return await _answered(visit, 410)
    except Refusal:
        # Why, such as a quota that is used up, is between the customer and the account manager: nothing is written.
        return _asked(guest, "not_taken", 409)
    return await _answered(visit, 200)


async def _feedback(visit: Visit) -> Shown:
    judge = await attending.judge_of(visit.link, now=visit.act.now)
    questions = judge.kind.feedback
    if visit.given is None:
        return questionnaire(judge.title, questions, visit)
    given, said = scores(questions, visit.given), comment(visit.given)
    if given is None or len(said) > COMMENT_CHARS_MAX:
        return questionnaire(judge.title, questions, visit, "missing" if given is None else "too_long")
    await attending.feedback_by_link(judge, given, said, visit.act)
    return Shown("surveys/said.html", {"said": "thanks"})


def _asked(guest: Guest, wrong: str = "", status: int = 200) -> Shown:
    return Shown("activities/guest.html", {"guest": guest, "wrong": wrong}, status)


async def _answered(visit: Visit, status: int) -> Shown:
    invitation = await queries.invitation(visit.link.invitation_id, now=visit.act.now)
    activity = await queries.activity(invitation.activity_id, now=visit.act.now)
    code = ""
    if invitation.state == "confirmed":
        code = scannable(await answering.code_of(invitation.id, now=visit.act.now))
    values = {"invitation": invitation, "activity": activity, "code": code}
    return Shown("activities/answered.html", values, status)


def _answer(guest: Guest, given: Mapping[str, str]) -> NewActivityAnswer | None:
    """What was chosen, None when it is neither yes nor no or brings too many."""
    if given.get("answer") == "no":
        return NewActivityAnswer(accepted=False)
    companions = given.get("companions", "0")
    if given.get("answer") != "yes" or companions not in {str(n) for n in range(guest.companions_max + 1)}:
        return None
    return NewActivityAnswer(accepted=True, companions=int(companions))


class InvitationLinkController(LinkController):
    path = links.PATHS["answer"]
    shows = _invitation
    opened_by = "invitation link"


class FeedbackLinkController(LinkController):
    path = links.PATHS["feedback"]
    shows = _feedback
    opened_by = "feedback link"
