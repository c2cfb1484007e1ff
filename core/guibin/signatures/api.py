"""`/api/v1/case-signatures`: what a customer signed of a case."""

from litestar import Controller

from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions

DISCLOSE = may("customers:disclose")


class CaseSignatureController(Controller):
    path = "/api/v1/case-signatures"
    tags = ("signatures",)
    disclose = posts(
        "/{signature_id:uuid}/disclosures",
        actions.disclose,
        "Show what a customer signed of a case, on record",
        needs=DISCLOSE,
    )
