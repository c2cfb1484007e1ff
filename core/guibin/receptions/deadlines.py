"""A guest's tier moved: what runs about their visit goes on under the limits of what they hold now (S07-5)."""

from collections.abc import Collection
from uuid import UUID

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.tiers.clocks import follows_tiers, relimit
from guibin_tenants.rows import locked
from guibin_tenants.scope import fetch_column, fetch_one

from .actions import FEEDBACK, answer_milestone
from .editions import ACKNOWLEDGEMENT, ORDER
from .standing import SUBJECT, terms_of
from .tables import Reception

_ORDERS = "select o.id from reception_order o where o.guest_id = $1"


@follows_tiers(SUBJECT)
async def retier(reception_id: UUID, tiers: Collection[str], act: Act) -> None:
    """Asking for the guest's opinion, and answering each."""
    reception = await locked(Reception, reception_id)
    terms = terms_of(reception)
    limits = {FEEDBACK: terms.feedback_terms(tiers)} if terms.feedback_faster else {}
    if terms.answer_faster:
        heard = await fetch_column("select id from reception_feedback where reception_id = $1", reception_id)
        limits |= {answer_milestone(each): terms.answer_terms(tiers) for each in heard}
    if await relimit(reception_id, limits, act):
        await done("tier", Case(SUBJECT, reception_id, reception["customer_id"]), act)


@follows_tiers(ORDER, cases=_ORDERS)
async def retier_order(order_id: UUID, tiers: Collection[str], act: Act) -> None:
    """A department's taking up of its notice."""
    order = await fetch_one("select reception_id, guest_id from reception_order where id = $1", order_id)
    assert order is not None  # its clock runs
    terms = terms_of(await locked(Reception, order["reception_id"]))
    limits = {ACKNOWLEDGEMENT: terms.acknowledgement_terms(tiers)} if terms.acknowledge_faster else {}
    if await relimit(order_id, limits, act):
        await done("tier", Case(ORDER, order_id, order["guest_id"]), act)
