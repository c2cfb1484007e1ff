"""`make fuzz`: schemathesis against a real server, as one company, with another company watching for what is not its own.

All checks are on. It ends by itself after FUZZ_SECONDS (default 420), and fails on anything it finds.
"""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from guibin.demonstration import companies
from guibin.operation import embedded, migrations
from guibin.packs import Packs, installed
from guibin_tenants import keyring
from guibin_tenants.database import connected

HERE = Path(__file__).parent
COMPANIES = ("banking", "cable_tv")
STARTED_WITHIN_S = 120.0
# The server is asked as fast as it answers; what bounds one company is tested where nothing else is.
UNBOUNDED = {
    f"GUIBIN_API_{name}": "1000000" for name in ("CALLER_PER_S", "CALLER_BURST", "COMPANY_PER_S", "COMPANY_BURST")
} | {"GUIBIN_API_STRANGER_PER_S": "1000000", "GUIBIN_API_STRANGER_BURST": "1000000"}


def main() -> int:
    """Fuzz the API; the exit code of schemathesis."""
    seconds = int(os.environ.get("FUZZ_SECONDS", "420"))
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="guibin-fuzz-"))
    folder.chmod(0o755)
    try:
        servers = embedded.start(folder, settings=embedded.FORGETFUL)
        try:
            # The server finds the same key there.
            keyring.load_root_key(folder)
            tokens = asyncio.run(_companies(servers))
            with _serving(servers, folder) as api:
                code = _fuzz(api, tokens, folder, seconds, sys.argv[1:])
                _refuse_a_lost_key(api, tokens)
        finally:
            embedded.stop(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"fuzzed for {time.monotonic() - started:.0f} s in all")
    return code


async def _companies(servers: embedded.Servers) -> dict[str, str]:
    packs = Packs(installed())
    await migrations.migrate(servers.owner_url, packs.schemas())
    tokens = {}
    for pack in COMPANIES:
        wanted = packs.hooks_of((pack,)).demonstration()
        async with connected(servers.app_url, pool_size=2):
            made = await companies.make(wanted, pack, owner_url=servers.owner_url, app_url=servers.app_url, packs=packs)
        tokens[pack] = made.key
    return tokens


@contextlib.contextmanager
def _serving(servers: embedded.Servers, folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | UNBOUNDED
    environment |= {"GUIBIN_HOME": str(folder), "GUIBIN_PORT": str(port), "GUIBIN_DATABASE_URL": servers.app_url}
    log = (folder / "api.log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", "guibin.cli", "serve"], env=environment, stdout=log, stderr=log)
    api = f"http://127.0.0.1:{port}"
    try:
        _await(api, process, folder / "api.log")
        yield api
        print((folder / "api.log").read_text()[-8_000:])
    finally:
        process.terminate()
        process.wait(20)


def _refuse_a_lost_key(api: str, tokens: dict[str, str]) -> None:
    """What was asked with a key that had ended meanwhile proves nothing."""
    for name, token in tokens.items():
        answer = httpx.get(f"{api}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        if not answer.is_success:
            raise SystemExit(f"the key of {name} ended while the API was asked: {answer.text}")


def _await(api: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{api}/health/ready").is_success:
                return
        time.sleep(0.2)
    raise SystemExit(f"the API did not start:\n{log.read_text()[-4_000:]}")


def _fuzz(api: str, tokens: dict[str, str], folder: Path, seconds: int, more: list[str]) -> int:
    own, other = COMPANIES
    users = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {tokens[name]}"}]}
        for name in (own, other)
    ]
    (folder / "auth.json").write_text(json.dumps({"auth": users}))
    config = (HERE / "schemathesis.toml").read_text()
    (folder / "schemathesis.toml").write_text(
        config + f'\n[auth.wfc]\npath = "{folder / "auth.json"}"\nuser = "{own}"\npeers = {json.dumps([own, other])}\n'
    )
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(folder / "schemathesis.toml")]
    command += ["run", f"{api}/api/v1/openapi.json", "--url", api, "--max-time", str(seconds), *more]
    told = os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    return subprocess.run(command, cwd=folder, env=told, check=False, timeout=seconds + 300).returncode


if __name__ == "__main__":
    sys.exit(main())
