"""Which automations of the company are switched on: one setting, read once in a transaction."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guibin_tenants import settings
from guibin_tenants.scope import one_at_a_time

STATES, STOPPED = "automations", "automations_stopped"


class State(Struct, frozen=True, kw_only=True):
    """An automation that was switched on, as it was then: by whom, whose rights it has; or why it was switched off again."""

    digest: str
    event: str
    on: bool
    by: UUID
    by_name: str
    at: datetime
    because: str = ""
    hours: int = 0
    looked_at: datetime | None = None


async def states() -> Mapping[str, State]:
    """Every automation that was ever switched on, by its name."""
    return await settings.read(STATES, dict[str, State], {})


async def on() -> dict[str, State]:
    """Those that are, unless the operator stopped all."""
    found = {name: state for name, state in (await states()).items() if state.on}
    return {} if found and await stopped() else found


async def stopped() -> bool:
    """Whether the operator stopped them all."""
    return await settings.read(STOPPED, bool, False)


async def keep(name: str, state: State) -> None:
    """What holds of it from now on."""
    await settings.merge(STATES, {name: state})


async def looked(name: str, at: datetime) -> None:
    """It has looked at everything until then."""
    await keep(name, replace((await states())[name], looked_at=at))


async def switch_off(name: str, state: State, because: str) -> None:
    """It does nothing any more."""
    await keep(name, replace(state, on=False, because=because))


async def lock(name: str) -> None:
    """One run of an automation counts after another."""
    await one_at_a_time(f"/automation/{name}")
