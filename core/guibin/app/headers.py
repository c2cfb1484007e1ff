"""Security headers on every answer."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from .browsers import is_encrypted

HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"interest-cohort=()"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


# A browser that came by TLS once does not come without it for a year.
STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class SecurityHeaders:
    """Adds HEADERS, and forbids keeping what the API says."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                # A page that brings its own style says so in its own policy.
                extra = [(name, value) for name, value in HEADERS if name not in present]
                if scope["path"].startswith(("/api/v1/", "/scim/v2/")) and b"cache-control" not in present:
                    extra.append((b"cache-control", b"private, no-store"))
                if is_encrypted(scope):
                    extra.append(STRICT_TRANSPORT)
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self.app(scope, receive, with_headers)
