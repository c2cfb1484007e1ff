"""`/health`: whether the process lives, and whether it can serve."""

import asyncpg
from litestar import Controller, get
from msgspec import Struct

from guibin_tenants import cells
from guibin_tenants.database import UNREACHABLE, borrowed
from guibin_tenants.refusals import Unavailable

from .guards import PUBLIC


class Health(Struct, frozen=True):
    """`ok` and nothing else: details are for operators (`guibin doctor`)."""

    status: str = "ok"


class HealthController(Controller):
    path = "/health"
    tags = ("health",)

    @get("/live", needs=PUBLIC, summary="The process answers")
    async def live(self) -> Health:
        return Health()

    @get("/ready", needs=PUBLIC, summary="The process can serve requests")
    async def ready(self) -> Health:
        # Of several cells one is enough: whoever is on it is served.
        why: Exception | None = None
        for name in [cell.name for cell in cells.used()] or [""]:
            try:
                async with borrowed(name) as connection:
                    await connection.fetchval("select count(*) from tenant where false")
                return Health()
            except (*UNREACHABLE, asyncpg.PostgresError, TimeoutError, Unavailable) as error:
                why = error
        raise Unavailable("The database cannot be reached") from why
