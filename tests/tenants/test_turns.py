"""Turns at what there is little of, and connections that are not waited for without end."""

import asyncio
import contextvars

import pytest

from guibin_tenants.database import Sharing, connected
from guibin_tenants.refusals import Busy
from guibin_tenants.scope import tenant_scope
from guibin_tenants.tables import new_id
from guibin_tenants.turns import TooManyAtOnce, Turns
from support import pool_put_aside


async def _holding(turns, owner, leave):
    async with turns.turn(owner):
        await leave.wait()


async def _begun(turns, owner, number):
    """So many of the owner's, begun; what lets them end."""
    leave = asyncio.Event()
    tasks = [asyncio.create_task(_holding(turns, owner, leave)) for _ in range(number)]
    await asyncio.sleep(0)
    return leave, tasks


async def test_whoever_comes_when_the_line_is_full_is_refused_and_another_owner_is_not():
    turns = Turns(2, waiting_max=1, within_s=5)
    leave, tasks = await _begun(turns, "one", 3)

    with pytest.raises(TooManyAtOnce) as refused:
        async with turns.turn("one"):
            pass
    async with turns.turn("another"):
        beside = turns.inside("another")
    leave.set()
    await asyncio.gather(*tasks)

    assert (refused.value.status, refused.value.retry_after, beside) == (429, 1, 1)
    assert [turns.inside(owner) for owner in ("one", "another")] == [0, 0]


async def test_turns_go_in_the_order_they_were_asked_for():
    turns, order = Turns(1, waiting_max=10, within_s=5), []

    async def take(number):
        async with turns.turn("one"):
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(take(number) for number in range(6)))

    assert order == list(range(6))


async def test_a_turn_that_does_not_come_is_not_waited_for():
    turns = Turns(1, waiting_max=10, within_s=0.01)
    leave, tasks = await _begun(turns, "one", 1)

    with pytest.raises(TooManyAtOnce):
        async with turns.turn("one"):
            pass
    leave.set()
    await asyncio.gather(*tasks)
    async with turns.turn("one"):
        assert turns.inside("one") == 1


async def test_who_is_cancelled_in_line_or_in_turn_gives_it_back():
    turns = Turns(2, waiting_max=10, within_s=5)
    _, tasks = await _begun(turns, "one", 6)
    for task in (tasks[0], tasks[3], tasks[5]):
        task.cancel()
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert turns.inside("one") == 0
    async with turns.turn("one"), turns.turn("one"):
        assert turns.inside("one") == 2


async def test_a_connection_that_is_not_free_in_time_is_a_refusal(database, anyio_backend):
    with pool_put_aside():
        async with connected(database.app, pool_size=1, sharing=Sharing(connection_within_s=0.05)):
            outside = contextvars.copy_context()
            async with tenant_scope(new_id()):
                with pytest.raises(Busy) as refused:
                    await asyncio.create_task(_scope(), context=outside)
            await asyncio.create_task(_scope(), context=outside)

    assert (refused.value.status, refused.value.retry_after) == (503, 1)


async def test_a_company_has_so_many_scopes_and_another_the_rest(database, anyio_backend):
    sharing = Sharing(scopes_max=1, waiting_max=0)
    with pool_put_aside():
        async with connected(database.app, pool_size=4, sharing=sharing):
            one, outside = new_id(), contextvars.copy_context()
            async with tenant_scope(one):
                with pytest.raises(TooManyAtOnce):
                    await asyncio.create_task(_scope(one), context=outside)
                await asyncio.create_task(_scope(), context=outside)
            await asyncio.create_task(_scope(one), context=outside)


async def _scope(tenant_id=None):
    async with tenant_scope(tenant_id or new_id()):
        pass
