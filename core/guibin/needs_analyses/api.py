"""`/api/v1/needs-analyses`: what departments found customers to need, and what came of it."""

from litestar import Controller

from guibin.audit.answering import lists, reads
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import actions, queries
from .actions import SUBJECT
from .queries import LISTED, NeedsAnalysisFilter

READ, WRITE = may("records:read"), may("records:write")


class NeedsAnalysisController(Controller):
    path = "/api/v1/needs-analyses"
    tags = ("needs analyses",)
    list_analyses = lists("/", LISTED, NeedsAnalysisFilter, "Analyses of needs, newest first", recorded=SUBJECT)
    analyse = posts("/", actions.analyse, "Analyse what a customer needs, and who follows it up")
    count = gets("/counts", queries.counts, "What each department analysed of its own accord")
    show = reads("/{analysis_id:uuid}", LISTED, "An analysis, and what came of it", SUBJECT)
    follow_up = posts("/{analysis_id:uuid}/outcome", actions.follow_up, "What came of it")
