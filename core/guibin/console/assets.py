"""What pages bring along: served from memory under names that change with the content, so that browsers keep it for a year."""

from functools import cache
from mimetypes import guess_type
from pathlib import Path

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct

FOLDER = Path(__file__).parent / "_assets"
PREFIX = "/assets/"


class AssetsMissing(Exception):
    """The assets were not made on this machine."""


class Manifest(Struct, frozen=True):
    """Under which name each file is served, and which icons there are."""

    files: dict[str, str]
    icons: frozenset[str]


class _File(Struct, frozen=True):
    plain: bytes
    compressed: bytes
    kind: str


@cache
def manifest() -> Manifest:
    """Raises AssetsMissing."""
    try:
        return msgspec.json.decode((FOLDER / "manifest.json").read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise AssetsMissing("The console's assets are not there: run `make assets`") from None


def address(name: str) -> str:
    """Where the file of this name is served."""
    return PREFIX + manifest().files[name]


def icon_address(name: str) -> str:
    """Where the icon stands. Raises KeyError for one that `assets/icons.txt` does not name."""
    if name not in manifest().icons:
        raise KeyError(f"no icon {name!r}: add it to assets/icons.txt and run `make assets`")
    return f"{address('icons.svg')}#{name}"


@cache
def _files() -> dict[str, _File]:
    found = {}
    for name in manifest().files.values():
        kind = guess_type(name)[0] or "application/octet-stream"
        kind = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
        found[PREFIX + name] = _File((FOLDER / name).read_bytes(), (FOLDER / f"{name}.gz").read_bytes(), kind)
    return found


class Assets:
    """Answers for `/assets/` before anything else is asked: no scope, no session, no log of who."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.files = _files()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        file = self.files.get(scope["path"])
        if file is None:
            await self.app(scope, receive, send)
            return
        packed = b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")
        body = file.compressed if packed else file.plain
        headers = [
            (b"content-type", file.kind.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"public, max-age=31536000, immutable"),
            (b"vary", b"accept-encoding"),
        ]
        headers += [(b"content-encoding", b"gzip")] if packed else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        shown = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": shown, "more_body": False})
