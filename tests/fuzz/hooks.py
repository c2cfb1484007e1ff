"""What schemathesis is told of a kind of body that it does not know."""

from typing import Any

import schemathesis


@schemathesis.serializer("message/rfc822")
def mail(_: Any, value: Any) -> bytes:
    """A mail as it is handed over: whatever stands there, as bytes."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
