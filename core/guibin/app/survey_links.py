"""`/s/{token}`: a customer answers a survey without signing in."""

from guibin.surveys import answering, links
from guibin.surveys.answering import COMMENT_CHARS_MAX

from .link_pages import LinkController, Shown, Visit, comment, questionnaire, scores


async def _show(visit: Visit) -> Shown:
    asked = await answering.asked(visit.link, now=visit.act.now)
    title = visit.act.policy.title(f"survey.{asked.survey.name}", visit.act.language)
    questions = asked.survey.questions
    if visit.given is None:
        return questionnaire(title, questions, visit)
    given, said = scores(questions, visit.given), comment(visit.given)
    if given is None or len(said) > COMMENT_CHARS_MAX:
        return questionnaire(title, questions, visit, "missing" if given is None else "too_long")
    await answering.answer(asked, given, said, visit.act)
    return Shown("surveys/said.html", {"said": "thanks"})


class SurveyLinkController(LinkController):
    path = links.PATH
    shows = _show
    opened_by = "survey link"
