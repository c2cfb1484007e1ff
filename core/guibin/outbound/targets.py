"""Where a company may have something sent: checked when it says so, and again each time before a connection is made."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from msgspec import Struct

from guibin_tenants.refusals import FieldError
from guibin_tenants.scope import refuse_waiting

from .addresses import is_disguised, is_public

Resolve = Callable[[str, int], Awaitable[list[str]]]
URL_CHARS_MAX = 2_000
PORT_MAX = 65_535
RESOLVE_WITHIN_S = 5.0
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?")
_PORTS = {"https": 443, "http": 80}
# A name server that is silent keeps a thread longer than anybody waits for it: threads of its own, that nothing else needs.
_names = ThreadPoolExecutor(32, thread_name_prefix="names")


class NotReachable(Exception):
    """No connection is made; `why` is a word for the record, never an address."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Target(Struct, frozen=True):
    """Where an address leads."""

    scheme: str
    host: str
    port: int


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a host as the machine's resolver gives them. Raises NotReachable."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_WITHIN_S):
            found = await loop.run_in_executor(_names, _look_up, host, port)
    except TimeoutError:
        raise NotReachable("name_timeout") from None
    except (OSError, UnicodeError):
        raise NotReachable("name_unknown") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _look_up(host: str, port: int) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Rules:
    """Which targets are allowed beyond public ones: `allowed` are hosts or host:port pairs the operator names.

    Those may be internal and without TLS. What a company writes never gets here.
    """

    def __init__(self, allowed: Iterable[str] = (), *, resolver: Resolve = resolve) -> None:
        self.allowed = frozenset(entry.strip().lower() for entry in allowed if entry.strip())
        self.resolver = resolver

    def allows(self, host: str, port: int) -> bool:
        """Whether the operator named this host, with or without its port."""
        return host.lower() in self.allowed or f"{host.lower()}:{port}" in self.allowed

    def problem(self, url: str, *, field: str = "url") -> FieldError | None:
        """What is wrong with an address as it is written; None when nothing is."""
        shown = url if len(url) <= 200 else f"{url[:200]}…"
        try:
            target, has_user = target_of(url), bool(httpx.URL(url).userinfo)
        except NotReachable:
            return FieldError(field, "an address such as https://example.com/hooks", value=shown)
        if len(url) > URL_CHARS_MAX:
            return FieldError(field, f"at most {URL_CHARS_MAX} characters", value=shown)
        if has_user:
            return FieldError(field, "an address without user and password", "what arrives is signed instead")
        if self.allows(target.host, target.port):
            return None
        if target.scheme != "https":
            return FieldError(field, "https", "have the receiver offer TLS", shown)
        internal = not is_public(target.host) if _is_address(target.host) else "." not in target.host.strip(".")
        if internal or is_disguised(target.host):
            return FieldError(field, "a public host", "internal addresses are not called", shown)
        return None

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses a connection may be made to. One internal among them refuses all. Raises NotReachable, WaitsInside."""
        refuse_waiting("a name server")
        if self.allows(host, port):
            return await self.resolver(host, port)
        if is_disguised(host):
            raise NotReachable("internal_address")
        found = [host] if _is_address(host) else await self.resolver(host, port)
        if not found:
            raise NotReachable("name_unknown")
        if not all(is_public(address) for address in found):
            raise NotReachable("internal_address")
        return found


def target_of(url: str) -> Target:
    """Scheme, host and port. Raises NotReachable when it is no address of the web."""
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise NotReachable("not_an_address") from None
    port = parsed.port if parsed.port is not None else _PORTS.get(parsed.scheme, 0)
    if not 1 <= port <= PORT_MAX:
        raise NotReachable("not_an_address")
    known = parsed.scheme in _PORTS and (_HOST.fullmatch(host) is not None or _is_address(host))
    if not known or any(c.isspace() or ord(c) < 32 for c in url):
        raise NotReachable("not_an_address")
    return Target(parsed.scheme, host, port)


_rules = Rules()


def rules() -> Rules:
    """The rules of this process."""
    return _rules


def use_rules(chosen: Rules) -> None:
    """Composition roots only."""
    global _rules
    _rules = chosen


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
