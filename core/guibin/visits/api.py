"""`/api/v1/visits`: planned, carried out, signed and filed."""

from litestar import Controller

from guibin.audit.answering import lists, reads
from guibin.cases.subjects import in_table
from guibin.files.api import files_of
from guibin.files.subjects import Holder, unless
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries
from .queries import LISTED, VisitFilter
from .tables import Visit

READ, WRITE, DISCLOSE = may("records:read"), may("records:write"), may("customers:disclose")


class VisitController(Controller):
    path = "/api/v1/visits"
    tags = ("visits",)
    list_visits = lists(
        "/", LISTED, VisitFilter, "Visits, the latest first; overdue ones with overdue=true", recorded="visit"
    )
    plan = posts("/", actions.plan, "Plan a visit; it is due until the end of its day")
    show = reads("/{visit_id:uuid}", queries.visit, "A visit with its detailed record", "visit", shows=Visit)
    move = posts("/{visit_id:uuid}/changes", actions.move, "Give it another time, with a reason")
    cancel = posts("/{visit_id:uuid}/cancellation", actions.cancel, "It does not take place, with a reason")
    carry_out = posts("/{visit_id:uuid}/record", actions.carry_out, "It took place: the detailed record")
    sign = posts("/{visit_id:uuid}/signature", actions.sign, "Keep the customer's signature, sealed")
    disclose = posts(
        "/{visit_id:uuid}/signature/disclosures",
        actions.disclose_signature,
        "Show the signature, on record",
        needs=DISCLOSE,
    )
    file = posts(
        "/{visit_id:uuid}/filing", actions.file_visit, "File the material; a settled problem needs the signature"
    )


VisitFiles = files_of(
    __name__,
    Holder(
        subject=actions.SUBJECT,
        whose=in_table(Visit),
        reads=READ,
        writes=WRITE,
        admits=unless(Visit, "x.state in ('filed', 'cancelled')"),
    ),
    "/api/v1/visits/{visit_id:uuid}",
    "visits",
)
