"""Where a log's checkpoints go in tests: servers that answer as they are told, and auditors with an address."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from serving import free_port

from guibin.outbound.targets import Rules, use_rules


class Answering:
    """A server that gives every request the same answer, and counts them."""

    def __init__(self) -> None:
        self.status, self.body, self.asked, self.url = 200, b"", 0, ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await receive()
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": self.body})


@contextlib.asynccontextmanager
async def running(application: Any) -> AsyncIterator[str]:
    """The address under which it is served and may be asked for as long as this lasts."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=port, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # the server has no event to set
        await asyncio.sleep(0.01)
    use_rules(Rules([f"127.0.0.1:{port}"]))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        use_rules(Rules())
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def answering_server() -> AsyncIterator[Answering]:
    """One that is served."""
    answers = Answering()
    async with running(answers) as answers.url:
        yield answers


async def addressed(tenant: Any, client: Any, login: str) -> Any:
    """An auditor with an address."""
    person = await tenant.staff(login, "auditor")
    answer = await client.put(f"/api/v1/staff-addresses/{person.staff_id}", json={"email": f"{login}@example.com"})
    assert answer.status_code == 200, answer.text
    return person
