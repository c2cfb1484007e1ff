"""How much, how many and how long: the bounds of one API process. Settings by the names in docs/operating.md."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from guibin.live.hub import Limits
from guibin_tenants.database import Sharing
from guibin_tenants.rate_limits import Allowance
from guibin_tenants.refusals import Refusal

PREFIX = "GUIBIN_API_"


class BadBound(Refusal):
    """This is no bound. A setting says no bound; the service does not start."""


class Bounds(Struct, frozen=True, kw_only=True):
    """Seconds end in `_s`, per second in `_per_s`.

    `caller` is one credential, `company` all of a company's, `address` whoever asks without a credential from there.
    `file_…` are for addresses that take a file; `files` such requests may be read and worked on at once, `company_files` of a
    company's. `…_requests` may be in progress at once, from their first line to the last byte of the answer; `company_scopes` of
    them may work in the database, `company_bulk` of those at what costs most. A refusal for having asked too much is
    held back for `refused_after_s`, so that asking again at once is not worth it. `…_streams` of events may be open at once,
    `streams` in the whole process, each for at most `stream_lasts_s`. A session is locked after `idle_minutes`, where the company
    says nothing else, and what matters most is done for `confirm_minutes` after the password or second factor was told. What companies asked for is written down every
    `counted_every_s`.
    """

    connections: int = 16
    body_bytes: int = 10 * 1024 * 1024
    public_body_bytes: int = 64 * 1024
    head_within_s: float = 10.0
    body_within_s: float = 30.0
    file_body_bytes: int = 21 * 1024 * 1024
    file_body_within_s: float = 120.0
    files: int = 8
    company_files: int = 4
    connection_within_s: float = 5.0
    request_within_s: float = 60.0
    commit_within_s: float = 10.0
    sent_within_s: float = 60.0
    caller_requests: int = 50
    company_requests: int = 100
    address_requests: int = 50
    company_scopes: int = 4
    company_bulk: int = 2
    turn_within_s: float = 10.0
    strangers: int = 2
    caller_per_s: float = 50.0
    caller_burst: float = 500.0
    company_per_s: float = 100.0
    company_burst: float = 1_000.0
    caller_streams: int = 12
    company_streams: int = 400
    streams: int = 1_000
    stream_lasts_s: float = 3_600.0
    idle_minutes: float = 30.0
    confirm_minutes: float = 15.0
    stranger_per_s: float = 1.0
    stranger_burst: float = 100.0
    refused_after_s: float = 1.0
    counted_every_s: float = 60.0

    @property
    def sharing(self) -> Sharing:
        """How the connections are shared out."""
        return Sharing(
            scopes_max=self.company_scopes,
            waiting_max=self.company_requests,
            turn_within_s=self.turn_within_s,
            connection_within_s=self.connection_within_s,
        )

    @property
    def caller(self) -> Allowance:
        """What one credential may ask."""
        return Allowance(self.caller_per_s, self.caller_burst)

    @property
    def company(self) -> Allowance:
        """What all of a company's may ask."""
        return Allowance(self.company_per_s, self.company_burst)

    @property
    def listening(self) -> Limits:
        """How many may listen to events."""
        return Limits(
            caller=self.caller_streams,
            company=self.company_streams,
            process=self.streams,
            lasts_s=self.stream_lasts_s,
            idle_minutes=self.idle_minutes,
        )

    @property
    def stranger(self) -> Allowance:
        """How many wrong credentials one address may try."""
        return Allowance(self.stranger_per_s, self.stranger_burst)


def bounds_of(environment: Mapping[str, str]) -> Bounds:
    """The bounds, with what the environment sets (`GUIBIN_API_BODY_WITHIN_S=60`). Raises BadBound."""
    chosen: dict[str, float] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX):
            continue
        bound = name.removeprefix(PREFIX).lower()
        if bound not in Bounds.__struct_fields__:
            raise BadBound(f"{name} is no setting: {', '.join(PREFIX + f.upper() for f in Bounds.__struct_fields__)}")
        chosen[bound] = _positive(name, text)
    try:
        return msgspec.convert(chosen, Bounds)
    except msgspec.ValidationError as error:
        raise BadBound(f"{PREFIX}…: {error}") from None


def _positive(name: str, text: str) -> float:
    try:
        value = msgspec.json.decode(text, type=float)
    except msgspec.DecodeError:
        value = 0.0
    if value <= 0:
        raise BadBound(f"{name} is a number above 0, such as 30, not {text[:40]!r}")
    return int(value) if value.is_integer() else value
