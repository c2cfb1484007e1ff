"""`/api/v1/assessments/simulations`, `/tier-conversions`, `/customers/{id}/value-scores`, `/serving-gaps`, `/account-managers`."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.web.paging import Cursor, Page, decode, encode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import may, sees_all
from guibin_tenants.rate_limits import BULK
from guibin_tenants.refusals import FieldError, Invalid, NotFound

from . import managers, serving, simulation
from .conversions import Conversion, conversions
from .facts import visible_customers
from .managers import Outlet, Unserved
from .scores import ScoreView, scores_of
from .serving import ServingGap
from .simulation import NewSimulation, SimulationView

Scheme = Annotated[str, Parameter(max_length=60, description="A scheme of the policy.")]
FirstDay = Annotated[date, Parameter(query="from", description="The earlier day.")]
SecondDay = Annotated[date | None, Parameter(query="to", default=None, description="The later day; today without.")]


class SimulationController(Controller):
    path = "/api/v1/assessments/simulations"
    tags = ("tiers",)

    @post(
        "/",
        needs=may("tiers:assess") & sees_all,
        cost=BULK,
        status_code=HTTP_200_OK,
        summary="Who would move, by how much; changes nobody",
    )
    async def simulate(self, data: NewSimulation, act: Act) -> SimulationView:
        today = local_day(act.now, act.company.time_zone)
        as_of = data.as_of or today
        if as_of > today:
            rule = f"not after today, {today}"
            raise Invalid(fields=(FieldError("as_of", rule, "facts to come are unknown", str(as_of)),))
        cursor = decode(data.cursor)
        after = cursor.id if cursor else None
        view, last = await simulation.simulate(data, act, as_of=as_of, after=after)
        return msgspec.structs.replace(view, next=encode(Cursor(act.now, last)) if last else None)


class ConversionController(Controller):
    path = "/api/v1/tier-conversions"
    tags = ("tiers",)

    @get("/", needs=may("tiers:read"), cost=BULK, summary="How many went from which tier to which between two days")
    async def between(self, scheme: Scheme, from_day: FirstDay, to_day: SecondDay, act: Act) -> list[Conversion]:
        if act.policy.scheme(scheme) is None:
            known = ", ".join(one.name for one in act.policy.schemes) or "the policy has none"
            raise Invalid(fields=(FieldError("scheme", "a scheme of the policy", f"one of: {known}", scheme),))
        second = to_day or local_day(act.now, act.company.time_zone)
        if second < from_day:
            raise Invalid(fields=(FieldError("to", f"not before from, {from_day}", "swap them", str(second)),))
        return await conversions(scheme, first=from_day, second=second)


class ValueScoreController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}/value-scores"
    tags = ("tiers",)

    @get("/", needs=may("tiers:read"), summary="The customer's value at each assessment, part by part")
    async def history(
        self,
        customer_id: UUID,
        language: str,
        act: Act,
        scheme: str | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[ScoreView]:
        if customer_id not in await visible_customers([customer_id]):
            raise NotFound(f"There is no customer {customer_id}")
        found = await scores_of(customer_id, scheme, act.policy, language, after=decode(cursor), limit=limit + 1)
        note = AuditNote(action="value_score.read", customer_id=customer_id, fields=("value_score", "measures"))
        await record(note, act)
        return page_of(found, limit, lambda row: Cursor(row.recorded_at, row.assessment_id))


class ServingGapController(Controller):
    path = "/api/v1/serving-gaps"
    tags = ("tiers",)

    @get(
        "/",
        needs=may("tiers:read"),
        cost=BULK,
        summary="Members whose account manager is missing or sits at too low a level",
    )
    async def list_gaps(self, act: Act, limit: Limit = 50, cursor: CursorText = None) -> Page[ServingGap]:
        after = decode(cursor)
        today = local_day(act.now, act.company.time_zone)
        found = await serving.gaps(act.policy, on=today, after=after.id if after else None, limit=limit + 1)
        page = page_of(found, limit, lambda gap: Cursor(act.now, gap.customer_id))
        shown = tuple(dict.fromkeys(gap.customer_id for gap in page.items))
        note = AuditNote(
            action="serving_gap.list", subject="membership", customer_ids=shown, fields=("tier",), shown=len(page.items)
        )
        await record(note, act)
        return page


class AccountManagerController(Controller):
    path = "/api/v1/account-managers"
    tags = ("tiers",)

    @get(
        "/",
        needs=may("tiers:read"),
        cost=BULK,
        summary="Outlet by outlet: who serves how many VIPs, and how many nobody does",
    )
    async def list_outlets(self, act: Act) -> list[Outlet]:
        return await managers.outlets(on=local_day(act.now, act.company.time_zone))

    @get("/missing", needs=may("tiers:read"), cost=BULK, summary="VIPs without an account manager")
    async def list_unserved(self, act: Act, limit: Limit = 50, cursor: CursorText = None) -> Page[Unserved]:
        today, after = local_day(act.now, act.company.time_zone), decode(cursor)
        found = await managers.unserved(on=today, after=after.id if after else None, limit=limit + 1)
        page = page_of(found, limit, lambda row: Cursor(act.now, row.customer_id))
        shown = tuple(row.customer_id for row in page.items)
        note = AuditNote(
            action="account_manager.missing", subject="customer", customer_ids=shown, fields=("tier",), shown=len(shown)
        )
        await record(note, act)
        return page
