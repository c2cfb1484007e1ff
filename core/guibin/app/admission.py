"""Who may come in: how many requests of whom are in progress, and how much each may ask in a while."""

import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

from guibin_tenants.rate_limits import RateLimits
from guibin_tenants.refusals import Busy, Unauthenticated
from guibin_tenants.sign_in_limits import network_of
from guibin_tenants.turns import TooManyAtOnce, Turns

from .bounds import Bounds


class Admission:
    """Counts what is in progress in this process."""

    def __init__(self, bounds: Bounds) -> None:
        self.callers = Turns(bounds.caller_requests)
        self.companies = Turns(bounds.company_requests)
        self.addresses = Turns(bounds.address_requests)
        self.bulk = Turns(bounds.company_bulk, waiting_max=bounds.company_requests, within_s=bounds.turn_within_s)
        self.files = Turns(bounds.files, waiting_max=bounds.company_requests, within_s=bounds.turn_within_s)
        self.company_files = Turns(
            bounds.company_files, waiting_max=bounds.company_requests, within_s=bounds.turn_within_s
        )
        self.strangers = Turns(
            bounds.strangers, waiting_max=bounds.company_requests, within_s=bounds.connection_within_s
        )
        self.caller_limits = RateLimits(bounds.caller)
        self.stranger_limits = RateLimits(bounds.stranger)

    @contextlib.asynccontextmanager
    async def of_company(self, company: UUID, caller: UUID) -> AsyncIterator[None]:
        """One more of theirs is in progress. Raises TooManyAtOnce."""
        async with self.callers.turn(caller), self.companies.turn(company):
            yield

    @contextlib.asynccontextmanager
    async def of_file(self, company: UUID) -> AsyncIterator[None]:
        """One more file of theirs is held in memory, from its first byte on. Raises TooManyAtOnce, Busy."""
        async with self.company_files.turn(company), contextlib.AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self.files.turn(None))
            except TooManyAtOnce:
                raise Busy("Too many files at once; nothing was written") from None
            yield

    @contextlib.asynccontextmanager
    async def of_stranger(self, address: str) -> AsyncIterator[None]:
        """Somebody with a credential not seen before is looked up, few at a time: it may be made up, the company too.

        Raises Busy, and TooManyRequests when too many wrong ones came from there.
        """
        network = network_of(address)
        self.stranger_limits.check(network, "read")
        async with contextlib.AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self.strangers.turn(None))
            except TooManyAtOnce:
                raise Busy("Too many new credentials at once; nothing was written") from None
            try:
                yield
            except Unauthenticated:
                self.stranger_limits.take(network, "read")
                raise
