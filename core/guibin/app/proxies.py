"""Whom a request comes from: its peer, or whom a proxy forwards for that the operator trusts."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from guibin_tenants.refusals import Refusal

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


class BadProxies(Refusal):
    """These are no proxies. The setting names something else than addresses and networks; the service does not start."""


class Forwarded:
    """Puts the caller's address, parsed, and the scheme the caller used into the ASGI scope.

    `X-Forwarded-For` and `X-Forwarded-Proto` count only when the peer is one of `trusted`; of the former the last address
    that is no trusted proxy's, since whatever stands before it the caller may have written.
    """

    def __init__(self, app: ASGIApp, trusted: tuple[Network, ...] = ()) -> None:
        self.app = app
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            self._look(scope)
        await self.app(scope, receive, send)

    def _look(self, scope: HTTPScope) -> None:
        client = scope["client"]
        peer = address_of(client[0]) if client else None
        if client is None or peer is None:
            return
        caller = peer
        if self._trusts(peer):
            caller = self._caller(peer, _listed(scope, b"x-forwarded-for"))
            scheme = (_listed(scope, b"x-forwarded-proto") or [""])[-1].lower()
            if scheme in ("http", "https"):
                scope["scheme"] = scheme
        scope["client"] = (str(caller), client[1] if caller == peer else 0)

    def _caller(self, peer: Address, hops: list[str]) -> Address:
        caller = peer
        for hop in reversed(hops):
            address = address_of(hop)
            # What is no address was not written by a proxy one could believe.
            if address is None:
                return caller
            caller = address
            if not self._trusts(address):
                break
        return caller

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)


def proxies_of(text: str) -> tuple[Network, ...]:
    """The trusted proxies: addresses or networks by commas. Raises BadProxies."""
    return tuple(_network(part.strip()) for part in text.split(",") if part.strip())


def address_of(text: str) -> Address | None:
    """The address without a port; IPv4 within IPv6 as IPv4. None when it is none."""
    given = text.strip()
    if given.startswith("["):
        given = given[1:].partition("]")[0]
    elif given.count(":") == 1:
        given = given.partition(":")[0]
    try:
        found = ip_address(given.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise BadProxies(f"GUIBIN_TRUSTED_PROXIES: {error}; write addresses or networks, such as 10.0.0.0/24") from None


def _listed(scope: HTTPScope, name: bytes) -> list[str]:
    given: Iterable[bytes] = (value for header, value in scope["headers"] if header == name)
    return [part.strip() for part in b",".join(given).decode("latin-1").split(",") if part.strip()]
