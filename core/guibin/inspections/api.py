"""`/api/v1/inspections`: samples, faults, corrections, and how each org unit came through."""

from litestar import Controller

from guibin.audit.answering import lists, reads
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may, sees_all

from . import actions, queries
from .actions import ITEM, SUBJECT
from .queries import FINDINGS, INSPECTIONS, ITEMS, FaultFilter, InspectedFilter, seeing

READ, WRITE = may("records:read"), may("records:write")
INSPECT = may("approvals:decide")


class InspectionController(Controller):
    path = "/api/v1/inspections"
    tags = ("inspections",)
    list_inspections = lists("/", INSPECTIONS, None, "Samples, the latest first", needs=READ & sees_all)
    count = gets("/counts", queries.counts, "How each org unit came through")


class InspectionItemController(Controller):
    path = "/api/v1/inspection-items"
    tags = ("inspections",)
    list_items = lists(
        "/", ITEMS, InspectedFilter, "What was drawn, and how it was found", recorded=ITEM, values=seeing
    )
    pass_item = posts("/{item_id:uuid}/pass", actions.pass_item, "Nothing is wrong with it", needs=INSPECT)
    find = posts("/{item_id:uuid}/findings", actions.find, "Something is wrong with it", needs=INSPECT)


class InspectionFindingController(Controller):
    path = "/api/v1/inspection-findings"
    tags = ("inspections",)
    list_findings = lists("/", FINDINGS, FaultFilter, "Faults, newest first", recorded=SUBJECT)
    show = reads("/{finding_id:uuid}", FINDINGS, "A fault, and what became of it", SUBJECT)
    correct = posts("/{finding_id:uuid}/correction", actions.correct, "It is put right")
    verify = posts("/{finding_id:uuid}/verification", actions.verify, "It is seen to be, or sent back", needs=INSPECT)
