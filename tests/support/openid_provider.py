"""A real OpenID provider on loopback (npm's `oidc-provider`), and one in memory that can lie about all of it."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from guibin.outbound.carrier import Answer

HERE = Path(__file__).parent / "oidc"
LIE = "https://id.company.example"
CLIENT, SECRET = "guibin", "a-secret-of-the-company"


def missing() -> str:
    """Why there is none: no Node on this machine, or its packages cannot be had. Empty when there is one."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "no Node: install nodejs and npm"
    if not (HERE / "node_modules").exists():
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, capture_output=True, text=True
        )
        return done.stderr[-300:] if done.returncode else ""
    return ""


class Real:
    """The provider of npm's `oidc-provider`."""

    def __init__(self, port: int) -> None:
        self.issuer, self.host = f"http://127.0.0.1:{port}", f"127.0.0.1:{port}"

    def be(self, **claims) -> None:
        """Who is at the browser from now on."""
        httpx.put(f"{self.issuer}/as", content=json.dumps(claims))

    def rotate(self) -> None:
        """Sign with another key from now on."""
        httpx.put(f"{self.issuer}/rotate")

    def pass_through(self, address: str, back: str) -> str:
        """What the browser comes back with, from the address it was sent to: the path on our side."""
        with httpx.Client() as browser:
            while not address.startswith(back):
                answer = browser.get(address)
                assert answer.status_code in (302, 303), answer.text
                address = str(answer.url.join(answer.headers["location"]))
        return address.removeprefix(back)


@contextlib.contextmanager
def real_provider(redirect: str, port: int = 0) -> Iterator[Real]:
    """Served for as long as this lasts, at this port, or any."""
    if not port:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            port = int(listening.getsockname()[1])
    process = subprocess.Popen(
        ["node", str(HERE / "provider.js"), str(port), redirect], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{port}/jwks", timeout=2)
                break
            time.sleep(0.1)
        yield Real(port)
    finally:
        process.terminate()
        process.wait(20)


class Liar:
    """A provider in memory, in place of the carrier: it says what it is told to."""

    def __init__(self, issuer: str) -> None:
        self.issuer, self.key, self.claims, self.posted = issuer, RSAKey.generate_key(2048), {}, []
        self.alg, self.signs_with, self.calls_itself = "RS256", self.key, issuer

    async def get(self, url: str, headers: dict[str, str], **_) -> Answer:
        """Its documents and keys."""
        if url.endswith("/keys"):
            return Answer(200, body=json.dumps(KeySet([self.key]).as_dict(private=False)).encode())
        names = ("authorization_endpoint", "token_endpoint")
        said = {name: f"{self.issuer}/{name}" for name in names} | {"jwks_uri": f"{self.issuer}/keys"}
        return Answer(200, body=json.dumps(said | {"issuer": self.calls_itself}).encode())

    async def post(self, url: str, body: bytes, headers: dict[str, str], **_) -> Answer:
        """Its tokens."""
        self.posted.append((url, body, headers))
        if self.alg == "none":
            head, said = (_text(each) for each in ({"alg": "none"}, self.claims))
            return Answer(200, body=json.dumps({"id_token": f"{head}.{said}."}).encode())
        token = jwt.encode({"alg": self.alg}, self.claims, self.signs_with, algorithms=[self.alg])
        return Answer(200, body=json.dumps({"id_token": token}).encode())


def _text(value: dict) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
