"""`/api/v1/audit-entries/groups`, `/departures`, `/rights-changes`, `/unusual-looks`, `/policy/versions/{version}/changes` and `/traces`: for
auditors."""

from uuid import UUID

from litestar import Controller, get

from guibin.console.shell import Shell
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may, require

from . import departures, looks, rights, tracing, unusual, versions
from .traces import Decision, Kind, Trace
from .tracing import TRACES

READ = may("audit:read")


class LookController(Controller):
    path = "/api/v1/audit-entries"
    tags = ("audit",)
    groups = gets("/groups", looks.groups, "Looks of a span, counted by person, customer, purpose or what was done")
    show = gets("/{entry_id:uuid}", looks.entry, "One entry of the record")


class DepartureController(Controller):
    path = "/api/v1/departures"
    tags = ("audit",)
    list_departures = gets(
        "/", departures.departures, "What confidential was shown in clear, written to a file or given away, and to whom"
    )


class RightsController(Controller):
    path = "/api/v1/rights-changes"
    tags = ("audit",)
    list_changes = gets("/", rights.changes, "Signing in, keys, roles and posts, and the policy: what changed")


class VersionChangeController(Controller):
    path = "/api/v1/policy/versions"
    tags = ("policy",)
    show = gets(
        "/{version:int}/changes",
        versions.change,
        "What a version of the policy changed from the one before",
        needs=may("audit:read") | may("policy:read"),
    )


class UnusualLookController(Controller):
    path = "/api/v1/unusual-looks"
    tags = ("audit",)
    list_unusual = gets("/", unusual.listed, "Looks that broke a rule of the policy, the latest first")
    show = gets("/{look_id:uuid}", unusual.whole, "One of them, with the entries behind it and what was said of it")
    mark = posts("/{look_id:uuid}/marks", unusual.mark, "It is explained, or to be followed up, and why", needs=READ)


class TraceController(Controller):
    path = "/api/v1/traces"
    tags = ("audit",)

    @get(
        "/{kind:str}/{decision_id:uuid}",
        needs=TRACES,
        summary="How a tier, deadline, level, approval or use of a right came about",
    )
    async def show(self, kind: Kind, decision_id: UUID, shell: Shell) -> Trace:
        require(shell.act.by, tracing.READS[kind])
        return await tracing.trace(kind, decision_id, shell)

    @get("/customers/{customer_id:uuid}", needs=READ, summary="What was decided about a customer")
    async def of_customer(self, customer_id: UUID, shell: Shell) -> list[Decision]:
        return await tracing.decisions(customer_id, shell)
