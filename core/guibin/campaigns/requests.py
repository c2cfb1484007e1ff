"""What callers send about campaigns, bounded and strict."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.tiers.segments import Segment

_NO_NUL = r"^[^\x00]*\Z"
_SAYS_SOMETHING = r"^[^\x00]*[^\x00\s][^\x00]*\Z"
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=_SAYS_SOMETHING)]
Unsaid = Annotated[str, Meta(max_length=4_000, pattern=_NO_NUL)]
Code = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_]+\Z")]
Channel = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+\Z")]
Response = Literal["interested", "bought", "declined"]
MEMBERS_MAX = 100_000


class NewCampaign(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Offer something to a segment. `starts_on` is today by default and not before; facts before it select the segment.

    `metric` is the figure of the segment's scheme whose facts measure spending; without it only responses and conversion
    are measured. The same `seed` draws the same control group from the same segment.
    """

    title: Line
    segment: Segment
    text: Unsaid = ""
    channel: Channel = "phone"
    metric: Annotated[str, Meta(max_length=60)] = ""
    starts_on: date | None = None
    window_days: Annotated[int, Meta(ge=1, le=366)] = 90
    control_percent: Annotated[int, Meta(ge=0, le=50)] = 10
    seed: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")] | None = None


class NewCampaignContact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Through which channel the member was contacted."""

    channel: Channel


class NewCampaignResponse(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the member did, now by default and not before the contact."""

    kind: Response
    note: Unsaid = ""
    responded_at: Annotated[datetime, Meta(tz=True)] | None = None
