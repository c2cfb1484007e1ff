"""Connections on which somebody is slow on purpose, before, after and beside the request: they end."""

import asyncio
import contextlib
import socket

import pytest
import uvicorn
from serving import head, status_of

from guibin.app import protocol
from guibin.app.bounds import Bounds

BOUNDS = Bounds(head_within_s=0.3, sent_within_s=0.5)
LARGE = 64 * 1024 * 1024


async def application(scope, receive, send):
    """A large answer, a slow one, or a short one that does not wait for the body."""
    if scope["path"] == "/slow":
        await asyncio.sleep(1)
    body = b"x" * (LARGE if scope["path"] == "/large" else 2)
    length = str(len(body)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(protocol.BoundedProtocol, "bounds", BOUNDS)
    return uvicorn.Server(
        uvicorn.Config(application, port=0, http=protocol.BoundedProtocol, lifespan="off", log_config=None)
    )


@pytest.fixture
async def port(monkeypatch, server):
    monkeypatch.setattr(protocol, "UNREAD_WITHIN_S", 0.3)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        running = asyncio.create_task(server.serve([listening]))
        yield listening.getsockname()[1]
        server.should_exit = True
        await running


async def _until(true):
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to pass within five seconds")


async def _ended(reader):
    """Read on until the connection ends, within two seconds; whether it did."""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(2):
            while await reader.read(65536):
                pass
    return True


@pytest.mark.parametrize("start", [b"", b"GET / HT", b"\r\n", b"GET / HTTP/1.1\r\nX-One: "])
async def test_a_head_that_does_not_come_ends_the_connection(port, start):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(start)

    assert await _ended(reader)
    writer.close()


async def test_a_second_head_that_does_not_come_ends_the_connection_too(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head("GET", "/"))
    first = await status_of(reader)
    writer.write(b"GET / HT")

    assert (first, await _ended(reader)) == (200, True)
    writer.close()


async def test_a_head_without_end_is_not_kept(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    writer.write(b"GET / HTTP/1.1\r\nX-One: ")
    with contextlib.suppress(ConnectionError):
        while sent < LARGE:
            writer.write(b"x" * 8192)
            await writer.drain()
            sent += 8192

    assert sent < LARGE
    assert await _ended(reader)
    writer.close()


async def test_an_answer_nobody_reads_ends_the_connection(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(head("GET", "/large"))
    first = await status_of(reader)
    writer.transport.pause_reading()
    await asyncio.sleep(1.2)
    writer.transport.resume_reading()
    came = 0
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while chunk := await reader.read(1 << 20):
            came += len(chunk)

    assert first == 200
    assert came < LARGE
    writer.close()


async def test_a_body_without_end_after_the_answer_ends_the_connection(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head("POST", "/", Content_Length=str(LARGE)))
    first = await status_of(reader)

    async def go_on():
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)

    going_on = asyncio.create_task(go_on())
    ended = await _ended(reader)
    going_on.cancel()

    assert (first, ended) == (200, True)
    writer.close()


async def test_work_that_takes_longer_than_a_head_may_is_answered(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head("GET", "/slow"))

    assert await status_of(reader) == 200
    writer.close()


async def test_who_has_just_connected_to_a_process_that_leaves_is_answered_and_sent_on(port, server):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await _until(lambda: server.server_state.connections)
    server.should_exit = True
    await _until(lambda: not server.servers[0].is_serving())
    writer.write(head("GET", "/"))

    said = await reader.read()

    assert said.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in said.lower()
    writer.close()


async def test_a_connection_on_which_nothing_is_asked_does_not_keep_a_process_from_leaving(port, server):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await _until(lambda: server.server_state.connections)
    server.should_exit = True

    assert await _ended(reader)
    writer.close()
