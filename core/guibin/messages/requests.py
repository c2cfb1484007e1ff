"""What callers send."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

_SAYS_SOMETHING = r"^[^\x00]*[^\x00\s][^\x00]*\Z"
Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=_SAYS_SOMETHING)]
PerDay = Annotated[int, Meta(ge=0, le=1_000_000)]
To = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^\x00-\x20]+\Z")]


class NewChannel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way out for one `means`; it takes the place of the one before. `settings` are the provider's."""

    name: Name
    means: Literal["sms", "email", "chat"]
    provider: Literal["smtp", "apprise"]
    settings: dict[str, Any]
    per_day_max: PerDay | None = None


class NewTest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to send a test message: an address or number of one's own. Left out for a chat."""

    to: To = "nobody"


class NewAddress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a member of staff gets mail."""

    email: To


class MessageFilter(Struct, frozen=True):
    """Which messages are asked for."""

    customer_id: UUID | None = None
    state: str | None = None
    means: str | None = None
