"""A tenant's settings within one transaction and after it."""

from datetime import UTC, datetime, timedelta

from guibin_tenants import settings
from guibin_tenants.scope import savepoint


async def test_what_is_written_is_read_in_the_same_transaction_and_in_the_next(tenant):
    async with tenant.scope():
        before = await settings.read("colour", str, "none")
        await settings.write("colour", "red")
        within = await settings.read("colour", str, "none")
        await settings.merge("sizes", {"s": 1})
        await settings.merge("sizes", {"m": 2})
    async with tenant.scope():
        after = (await settings.read("colour", str, "none"), await settings.read("sizes", dict[str, int], {}))

    assert (before, within, after) == ("none", "red", ("red", {"s": 1, "m": 2}))


async def test_what_a_savepoint_takes_back_is_not_remembered(tenant):
    async with tenant.scope():
        await settings.write("colour", "red")
        try:
            async with savepoint():
                await settings.write("colour", "blue")
                within = await settings.read("colour", str, "none")
                raise LookupError
        except LookupError:
            pass
        after = await settings.read("colour", str, "none")

    assert (within, after) == ("blue", "red")


async def test_a_clock_that_was_read_is_read_again_after_it_moved(tenant):
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    async with tenant.scope():
        await settings.move_clock(noon)
        stood = await settings.simulated_now()
        await settings.let_clock_reach(noon + timedelta(hours=1))
        reached = await settings.simulated_now()
        await settings.let_clock_reach(noon)
        still = await settings.simulated_now()

    assert (stood, reached, still) == (noon, noon + timedelta(hours=1), noon + timedelta(hours=1))
