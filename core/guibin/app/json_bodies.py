"""JSON bodies, read as what they say: 0 is no `false`, and "5" no number.

Query, path and headers are text, which the framework has to interpret. It would interpret a body like them.
"""

from decimal import Decimal
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import SerializationException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Empty
from msgspec.structs import replace

from guibin.web.conversion import faults
from guibin_tenants.refusals import FieldError, Invalid

_BODY = "data"
# No integer of ours is larger.
_WHOLE_MAX = 2**63


class WrongBody(Invalid):
    """Some fields are not valid. The body is not what the address takes."""

    kind = "invalid"
    status = HTTPStatus.BAD_REQUEST


class StrictRequest(Request[Any, Any, Any]):
    """A request whose body becomes what its handler takes, exactly or not at all."""

    async def json(self) -> Any:
        """The body as the handler's struct. Raises WrongBody with every field that is wrong, and SerializationException for
        what is no JSON.
        """
        known = self._connection_state
        if known.json is Empty:
            known.json = _decode(await self.body() or b"null", self.route_handler)
        return known.json


def _decode(body: bytes, handler: BaseRouteHandler) -> Any:
    taken = handler.signature_model.__annotations__.get(_BODY, Any)
    try:
        try:
            return msgspec.json.decode(body, type=taken)
        except msgspec.ValidationError as error:
            if "got `float`" not in str(error):
                raise
            return msgspec.json.decode(_with_whole_numbers(body), type=taken)
    except msgspec.ValidationError as error:
        wrong = faults(_whole(body), taken) or (FieldError("", str(error)),)
        raise WrongBody(fields=tuple(replace(each, field=each.field or "body") for each in wrong)) from error
    except msgspec.DecodeError as error:
        raise SerializationException(str(error)) from error


def _whole(body: bytes) -> Any:
    """What the body says, for whoever tells what is wrong with it. Raises SerializationException."""
    try:
        return _READER.decode(body)
    except msgspec.DecodeError as error:
        raise SerializationException(str(error)) from error


def _with_whole_numbers(body: bytes) -> bytes:
    """The same JSON with 50 for 50.0: to JSON these are one number, and an integer is what has no fraction."""
    return _ENCODER.encode(_DECODER.decode(body))


def _number(text: str) -> int | Decimal:
    number = Decimal(text)
    whole = abs(number) < _WHOLE_MAX and number == number.to_integral_value()
    return int(number) if whole else number


def _read(text: str) -> int | float:
    number = _number(text)
    return number if isinstance(number, int) else float(number)


_DECODER, _ENCODER = msgspec.json.Decoder(float_hook=_number), msgspec.json.Encoder(decimal_format="number")
_READER = msgspec.json.Decoder(float_hook=_read)
