"""Sending one HTTP request to a checked address: no redirect followed, no proxy used, bounded in time and size."""

import asyncio
import ssl
import time
from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

import httpcore
import httpx
from httpcore import SOCKET_OPTION, AsyncNetworkBackend, AsyncNetworkStream
from msgspec import Struct
from msgspec.structs import replace

from guibin_tenants.scope import refuse_waiting

from .targets import NotReachable, Rules, rules

TIMEOUT_S = 15.0
ANSWER_BYTES_MAX = 65_536
CONNECTIONS_MAX = 64
IDLE_S = 20.0


class Answer(Struct, frozen=True):
    """What came back: `status` 0 when nothing did, and `error` a word for why. The body is kept only for who asks."""

    status: int = 0
    error: str = ""
    duration_ms: int = 0
    retry_after: str = ""
    body: bytes = b""

    @property
    def is_hopeless(self) -> bool:
        """Whether the address itself is wrong, so that trying it again is no use."""
        return self.error in ("not_an_address", "not_allowed")


class _Asked(Struct, frozen=True):
    method: str
    url: str
    body: bytes
    headers: dict[str, str]


class CheckedBackend(AsyncNetworkBackend):
    """Opens connections to addresses the rules allow; TLS and Host keep the name that was asked for."""

    def __init__(self, checked_by: Rules, network: AsyncNetworkBackend | None = None) -> None:
        self.rules = checked_by
        self.inner = network or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        addresses = await self.rules.addresses(host, port)
        for number, address in enumerate(addresses, start=1):
            try:
                return await self.inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise NotReachable("name_unknown")

    async def connect_unix_socket(self, *_: Any, **__: Any) -> AsyncNetworkStream:
        raise NotReachable("not_an_address")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Carrier:
    """Connections kept open for as long as one event loop runs. `network` opens those that were checked."""

    def __init__(
        self, checked_by: Rules, context: ssl.SSLContext | None = None, network: AsyncNetworkBackend | None = None
    ) -> None:
        self.rules = checked_by
        self.pool = httpcore.AsyncConnectionPool(
            ssl_context=context or httpx.create_ssl_context(),
            max_connections=CONNECTIONS_MAX,
            max_keepalive_connections=CONNECTIONS_MAX // 4,
            keepalive_expiry=IDLE_S,
            network_backend=CheckedBackend(checked_by, network),
        )

    async def post(
        self,
        url: str,
        body: bytes,
        headers: dict[str, str],
        *,
        timeout_s: float = TIMEOUT_S,
        keeps_body: bool = False,
    ) -> Answer:
        """Send it once, and have the whole answer within `timeout_s` or give it up, however it trickles.

        Never raises for the address or for what the other side does. Raises WaitsInside while a transaction is open.
        """
        return await self._carry(_Asked("POST", url, body, headers), timeout_s, keeps_body=keeps_body)

    async def get(self, url: str, headers: dict[str, str], *, timeout_s: float = TIMEOUT_S) -> Answer:
        """As `post`, asking for what is there; the body is kept."""
        return await self._carry(_Asked("GET", url, b"", headers), timeout_s, keeps_body=True)

    async def _carry(self, asked: _Asked, timeout_s: float, *, keeps_body: bool) -> Answer:
        refuse_waiting("another machine")
        began = time.monotonic()
        if self.rules.problem(asked.url) is not None:
            # Written while the operator's rules were wider.
            return Answer(error="not_allowed")
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._send(asked, timeout_s)
        except NotReachable as error:
            answer = Answer(error=error.why)
        except (TimeoutError, httpcore.TimeoutException):
            answer = Answer(error="timeout")
        except ssl.SSLError:
            answer = Answer(error="tls")
        except httpcore.ConnectError as error:
            answer = Answer(
                error="tls" if isinstance(error.__cause__ or error.__context__, ssl.SSLError) else "refused"
            )
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            answer = Answer(error="broken")
        except (ValueError, OverflowError, httpcore.UnsupportedProtocol):
            # An address that was taken and leads to no socket.
            answer = Answer(error="not_an_address")
        took = round((time.monotonic() - began) * 1000)
        return replace(answer, duration_ms=took, body=answer.body if keeps_body else b"")

    async def _send(self, asked: _Asked, timeout_s: float) -> Answer:
        parsed, parts = httpx.URL(asked.url), ("connect", "read", "write", "pool")
        own = {
            "Host": parsed.netloc.decode("ascii"),
            "Content-Length": str(len(asked.body)),
            "Accept-Encoding": "identity",
        }
        stream = self.pool.stream(
            asked.method,
            httpcore.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path),
            headers=[(name.encode(), value.encode()) for name, value in (own | asked.headers).items()],
            content=asked.body,
            extensions={"timeout": dict.fromkeys(parts, timeout_s)},
        )
        async with stream as response:
            said = bytearray()
            async for part in response.aiter_stream():
                said += part
                if len(said) > ANSWER_BYTES_MAX:
                    return Answer(response.status, "answer_too_large")
        wait = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
        return Answer(response.status, retry_after=wait[:40].decode("ascii", "replace"), body=bytes(said))


_carriers: WeakKeyDictionary[asyncio.AbstractEventLoop, Carrier] = WeakKeyDictionary()


def carrier() -> Carrier:
    """This event loop's, by the rules of the process."""
    loop = asyncio.get_running_loop()
    found = _carriers.get(loop)
    if found is None or found.rules is not rules():
        found = _carriers[loop] = Carrier(rules())
    return found


def use_carrier(chosen: Carrier) -> None:
    """Have this event loop's requests carried by another one, as long as its rules hold. Composition roots only."""
    _carriers[asyncio.get_running_loop()] = chosen
