"""`/api/v1/signals` and `/api/v1/outages`: what warns of a complaint before anybody complains (S07-32)."""

from uuid import UUID

from litestar import Controller

from guibin.audit.actions import searched
from guibin.audit.answering import lists, reads
from guibin.context import Act
from guibin.web.listing import PageAsked
from guibin.web.paging import Page
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import actions, outages, queries
from .queries import FORM, LISTED, OUTAGE, OUTAGES, SUBJECT, AffectedView, OutageFilter, SignalFilter
from .tables import Outage, Signal

READ, WRITE = may("records:read"), may("records:write")


async def affected(outage_id: UUID, page: PageAsked, act: Act) -> Page[AffectedView]:
    """As `queries.affected`; who was shown is on record. Raises NotFound."""
    return await searched(OUTAGE, await queries.affected(outage_id, page, act), act, verb="affected")


class SignalController(Controller):
    path = "/api/v1/signals"
    tags = ("signals",)
    list_signals = lists("/", LISTED, SignalFilter, "What warns of a complaint, newest first", recorded=SUBJECT)
    show = reads("/{signal_id:uuid}", FORM, "A signal with its deadline", SUBJECT, shows=Signal)
    finish = posts("/{signal_id:uuid}/ending", actions.finish, "Say what was done about it")
    dismiss = posts("/{signal_id:uuid}/dismissal", actions.dismiss, "Say why there is nothing to be done")


class OutageController(Controller):
    path = "/api/v1/outages"
    tags = ("signals",)
    list_outages = lists("/", OUTAGES, OutageFilter, "Outages, the latest first")
    report = posts("/", outages.report, "Report an outage: a signal opens for everybody it affects")
    show = reads("/{outage_id:uuid}", OUTAGES, "An outage", OUTAGE, shows=Outage)
    list_affected = gets("/{outage_id:uuid}/affected", affected, "Whom it affects, of those you may see")
    end = posts("/{outage_id:uuid}/ending", outages.end, "It is over")
