"""Which company somebody means who is not signed in: by its code, by the domain of a mail address, or by the host they asked for.

A host name only ever narrows: at a company's own, nobody is of another company.
"""

import time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Request
from litestar.types import HTTPScope, Scope

from guibin.web.public_address import public_address
from guibin_tenants import staff
from guibin_tenants.database import UNREACHABLE
from guibin_tenants.directory import domain_owners, find, find_by_domain
from guibin_tenants.refusals import NotFound, Unavailable
from guibin_tenants.registry import TenantView
from guibin_tenants.scope import tenant_scope

# Our own key in the ASGI scope: whose host was asked for.
HOST = "guibin_host"
REMEMBERED_FOR_S = 5.0


class Hosts:
    """Whose host names are, all of them, read anew every few seconds however many hosts are asked for."""

    def __init__(self) -> None:
        self._known: dict[str, UUID] | None = None
        self._read_at = 0.0

    async def company_of(self, scope: HTTPScope) -> UUID | None:
        """Whose host was asked for; None at the service's own address and everywhere else."""
        host = _host(scope)
        if "." not in host or host == (urlsplit(public_address()).hostname or ""):
            return None
        return (await self._all()).get(host)

    async def _all(self) -> dict[str, UUID]:
        if self._known is not None and time.monotonic() - self._read_at < REMEMBERED_FOR_S:
            return self._known
        if self._known is not None:
            # Whoever asks meanwhile goes by what was known.
            self._read_at = time.monotonic()
        try:
            self._known = await domain_owners()
        except (*UNREACHABLE, Unavailable):
            # The directory may be away while the companies it would name are not.
            if self._known is None:
                raise
        self._read_at = time.monotonic()
        return self._known


async def company_of(request: Request[Any, Any, Any], typed: str, login: str = "") -> TenantView:
    """The company that is meant by what was typed as one (its code, or a mail address), by a login that is a mail address, or by the
    host. Raises NotFound, also for another than the host's."""
    own = request.scope.get(HOST)
    if "@" in typed:
        found = await find_by_domain(typed.rpartition("@")[2])
    elif typed:
        found = await find(typed)
    elif own is not None:
        found = await find_by_domain(_host(request.scope))
    else:
        found = await find_by_domain(login.rpartition("@")[2] if "@" in login else "")
    refuse_other(request, found.id)
    return found


async def login_of(tenant: TenantView, typed: str) -> str:
    """What the account is called: as it was typed, or what stands before a domain of the company's."""
    name, _, domain = typed.rpartition("@")
    if not name or domain.lower() not in tenant.domains:
        return typed
    async with tenant_scope(tenant.id):
        return typed if await staff.account_of(typed) else name


async def named_here(request: Request[Any, Any, Any]) -> TenantView | None:
    """The company whose own host was asked for."""
    return await company_of(request, "") if request.scope.get(HOST) is not None else None


def refuse_other(request: Request[Any, Any, Any], tenant_id: UUID) -> None:
    """Raises NotFound at the host of another company."""
    own = request.scope.get(HOST)
    if own is not None and own != tenant_id:
        raise NotFound("That is no company of this address")


def _host(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    return given.partition(":")[0].rstrip(".").lower()
