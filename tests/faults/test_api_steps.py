"""The API killed around its commit: the caller repeats with its Idempotency-Key, and the effect is there once."""

import asyncio
import base64
import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest

BODY = {"text": "没有信号", "channel": "phone"}


@pytest.fixture
def serve(database, tmp_path):
    """Start API processes; they end with the test."""
    processes = []

    def start(fail_at=""):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = os.environ | {
            "GUIBIN_HOME": str(tmp_path),
            "GUIBIN_ROOT_KEY": base64.b64encode(b"\x07" * 32).decode(),
            "GUIBIN_DATABASE_URL": database.app,
            "GUIBIN_REDIS_URL": database.redis,
            "GUIBIN_FAIL_AT": fail_at,
        }
        command = [sys.executable, "-m", "guibin.cli", "serve", "--port", str(port)]
        processes.append(subprocess.Popen(command, env=environment))
        return processes[-1], f"http://127.0.0.1:{port}"

    yield start
    for process in processes:
        process.kill()
        process.wait()


async def _ready(url):
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(600):
            try:
                if (await client.get(f"{url}/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError("the API did not start")


@pytest.mark.parametrize(("step", "written"), [("api.committing", 0), ("api.committed", 1)])
async def test_a_request_repeated_after_a_kill_has_one_effect(serve, tenant, client, step, written):
    token, once = await tenant.key(), {"Idempotency-Key": "once"}
    dying, url = serve(f"{step}:kill")
    await _ready(url)
    async with httpx.AsyncClient(trust_env=False, timeout=20, headers={"Authorization": f"Bearer {token}"}) as caller:
        with pytest.raises(httpx.TransportError):
            await caller.post(f"{url}/api/v1/complaints", json=BODY, headers=once)
    left = (await client.get("/api/v1/complaints")).json()["items"]
    async with tenant.world.client(token) as another:
        again = await another.post("/api/v1/complaints", json=BODY, headers=once)

    assert dying.wait(5) == -signal.SIGKILL
    assert len(left) == written
    assert again.status_code == 201, again.text
    listed = (await client.get("/api/v1/complaints")).json()["items"]
    assert [one["id"] for one in listed] == [again.json()["id"]]
