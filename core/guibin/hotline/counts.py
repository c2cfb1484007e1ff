"""Calls of the hotline, counted (S01-7)."""

from guibin.periods.counts import count, within

_RANG = within("h.rang_at")

COUNTS = {
    "calls_answered": count("hotline_call h", f"{_RANG} and h.answered_at is not null"),
    "calls_received": count("hotline_call h", _RANG),
    "calls_unmatched": count(
        "hotline_call h", f"{_RANG} and h.customer_id is null and h.ended_at is not null and h.outcome <> 'not_ours'"
    ),
}
