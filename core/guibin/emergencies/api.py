"""`/api/v1/emergency-accesses`: a customer's file behind the wall, for a time and on record."""

from litestar import Controller

from guibin.web.routing import gets, posts

from . import actions, queries
from .queries import OPENS, READS, REVIEWS, WATCHES


class EmergencyAccessController(Controller):
    path = "/api/v1/emergency-accesses"
    tags = ("audit",)
    list_accesses = gets("/", queries.list_accesses, "Emergency accesses: one's own, or all for auditors", needs=READS)
    show = gets("/{access_id:uuid}", queries.show, "One of them", needs=READS)
    open_access = posts(
        "/",
        actions.open_access,
        "Read one customer's file behind the wall for a time, with the reason",
        needs=OPENS,
        confirmed=True,
    )
    end = posts("/{access_id:uuid}/ending", actions.end, "End it before its time", needs=READS)
    review = posts("/{access_id:uuid}/review", actions.review, "Judge it: justified or not, and why", needs=REVIEWS)
    counts = gets(
        "/counts", queries.counts, "Person by person: opened, owed a review, late, and how judged", needs=WATCHES
    )
