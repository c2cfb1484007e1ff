"""What callers send about campaigns, bounded and strict."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from guibin.notation.plausible import Plausible
from guibin.policy.words import Channel, CodeIfAny, Page, Seed, Title
from guibin.tiers.segments import Segment

Response = Literal["interested", "bought", "declined"]
MEMBERS_MAX = 100_000
# Whole units of the company's currency.
Budget = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class NewCampaign(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Offer something to a segment. `starts_on` is today by default and not before; facts before it select the segment.

    `metric` is the figure of the segment's scheme whose facts measure spending; without it only responses and conversion
    are measured. Whoever has declined its `topic`, one of the policy's, is left out (S02-2). The same `seed` draws the same control group from the same segment.
    """

    title: Title
    segment: Segment
    text: Page = ""
    channel: Channel = "phone"
    topic: CodeIfAny = ""
    metric: CodeIfAny = ""
    starts_on: date | None = None
    window_days: Annotated[int, Meta(ge=1, le=366)] = 90
    control_percent: Annotated[int, Meta(ge=0, le=50)] = 10
    seed: Seed | None = None
    budget: Budget | None = None


class NewCampaignResponse(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the member did, now by default and not before the contact."""

    kind: Response
    note: Page = ""
    responded_at: Annotated[datetime, Meta(tz=True)] | None = None
