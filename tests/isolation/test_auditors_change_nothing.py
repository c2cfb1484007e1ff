"""What an auditor may change, from any page and address: their own things, their word on unusual looks, the end of an
emergency access, other auditors; no more."""

from pathlib import Path

LINES = [
    line.partition(": ")[::2]
    for line in (Path(__file__).parent / "permissions.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
OPEN = {"public", "anyone", "staff"}
AUDITING = {"audit:read", "auditors:write"}
# Their own: how lists are shown, views, notices, sessions, password, the frame of pages, a stream.
OWN = (
    "/api/v1/views",
    "/api/v1/staff-addresses",
    "/api/v1/list-settings",
    "/api/v1/list-exports",
    "/api/v1/me/",
    "/api/v1/password-resets",
    "/console/passkeys",
    "/api/v1/notices",
    "/api/v1/sessions",
    "/api/v1/events/",
    "/console/lists/",
    # What proves the record, taken home.
    "/api/v1/evidence/packs",
    "/console/evidence/pack",
    "/console/notices",
    "/console/sessions",
    "/console/session",
    "/console/presence",
    "/console/find",
    "/console/look",
    "/console/lock",
    "/console/unlock",
    "/console/password",
    "/console/sign-in",
    "/console/sign-out",
    "/console/awake",
    "/console/confirm",
    "/console/second-factor",
    "/console/work/",
    # A screen is opened by its code, whoever tells it.
    "/console/wall/code",
)
WORD = (
    "/api/v1/unusual-looks/{look_id:uuid}/marks",
    "/console/unusual-looks/{look_id:uuid}/do/{command:str}",
    "/api/v1/emergency-accesses/{access_id:uuid}/ending",
    "/console/emergency-accesses/{access_id:uuid}/do/{command:str}",
    "/api/v1/emergency-accesses/{access_id:uuid}/review",
)


def open_to_auditors(needs):
    """Whether every part of what it asks for is open to them; parts are alternatives joined by |, and all of those by spaces."""
    return all(set(part.split("|")) & (OPEN | AUDITING) for part in needs.replace(" & ", " ").split())


def test_nothing_but_their_own_and_their_word_is_theirs_to_change():
    changes = [
        (way.partition(" ")[0], way.partition(" ")[2])
        for way, needs in LINES
        if not way.startswith("GET ") and open_to_auditors(needs)
    ]
    others = sorted(
        f"{method} {path}"
        for method, path in changes
        if not path.startswith(OWN) and path not in WORD and not path.startswith("/api/v1/staff")
    )

    assert len(changes) > 10
    assert {path for _, path in changes} >= set(WORD)
    assert others == []
