"""JSON bodies, read as what they say: 0 is no `false`, and "5" no number.

Query, path and headers are text, which the framework has to interpret. It would interpret a body like them.
"""

import re
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import SerializationException, ValidationException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Empty

_BODY = "data"
# Where a value is wrong, or a name within what stands there.
_AT = re.compile(r"(?P<rule>.*) - at (?:`key` in )?`\$\.?(?P<place>[^`]*)`", re.DOTALL)


class StrictRequest(Request[Any, Any, Any]):
    """A request whose body becomes what its handler takes, exactly or not at all."""

    async def json(self) -> Any:
        """The body as the handler's struct. Raises ValidationException for a value of another type, as the framework
        does for parameters, and SerializationException for what is no JSON.
        """
        known = self._connection_state
        if known.json is Empty:
            known.json = _decode(await self.body() or b"null", self.route_handler)
        return known.json


def _decode(body: bytes, handler: BaseRouteHandler) -> Any:
    taken = handler.signature_model.__annotations__.get(_BODY, Any)
    try:
        return msgspec.json.decode(body, type=taken)
    except msgspec.ValidationError as error:
        found = _AT.fullmatch(str(error))
        rule, key = (found["rule"], found["place"] or _BODY) if found else (str(error), _BODY)
        raise ValidationException(
            "The body is not what this address takes", extra=[{"key": key, "message": rule, "source": "body"}]
        ) from error
    except msgspec.DecodeError as error:
        raise SerializationException(str(error)) from error
