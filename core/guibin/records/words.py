"""Through which channels there are contacts."""

from guibin.policy.packs import Policy

# A cadence that asks for a face-to-face contact is met on these (S05-6).
FACE_TO_FACE = ("visit", "hall", "event")
CHANNELS = ("phone", "sms", "email", "social", "web", "letter", "fax", *FACE_TO_FACE)


def channels_of(policy: Policy) -> tuple[str, ...]:
    """Every channel a contact may come through: the core's and those the company takes complaints through."""
    return tuple(dict.fromkeys((*CHANNELS, *policy.complaints.channels)))
