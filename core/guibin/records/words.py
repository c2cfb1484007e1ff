"""How long the texts of a record may be, and which channels there are."""

from typing import Annotated

from msgspec import Meta

from guibin.policy.packs import Policy

TEXT_CHARS_MAX = 8_000
_NO_NUL = r"^[^\x00]*\Z"
_SAYS_SOMETHING = r"^[^\x00]*[^\x00\s][^\x00]*\Z"

Said = Annotated[str, Meta(min_length=1, max_length=TEXT_CHARS_MAX, pattern=_SAYS_SOMETHING)]
Unsaid = Annotated[str, Meta(max_length=TEXT_CHARS_MAX, pattern=_NO_NUL)]
Reason = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=_SAYS_SOMETHING)]
Place = Annotated[str, Meta(max_length=200, pattern=_NO_NUL)]
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=_SAYS_SOMETHING)]
Channel = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+\Z")]

# A cadence that asks for a face-to-face contact is met on these (S05-6).
FACE_TO_FACE = ("visit", "hall", "event")
CHANNELS = ("phone", "sms", "email", "social", "web", "letter", "fax", *FACE_TO_FACE)


def channels_of(policy: Policy) -> tuple[str, ...]:
    """Every channel a contact may come through: the core's and those the company takes complaints through."""
    return tuple(dict.fromkeys((*CHANNELS, *policy.complaints.channels)))
