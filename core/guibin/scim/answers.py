"""Problems as a directory reads them (RFC 7644, 3.12)."""

from typing import Any

import msgspec

from guibin.web.answers import Held
from guibin.web.problems import PROBLEM, Problem

from .queries import PATH

MEDIA = "application/scim+json"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
_TYPES = {
    "already-told": "uniqueness",
    "login-stays": "mutability",
    "wrong-filter": "invalidFilter",
    "wrong-path": "invalidPath",
    "invalid": "invalidValue",
}
# What is wrong with a request is 400 there.
_UNPROCESSABLE, _BAD = 422, 400


def is_directorys(path: str) -> bool:
    """Whether a directory asks there."""
    return path.startswith(f"{PATH}/")


def present(answer: Held) -> None:
    """Let a problem be told in SCIM's form; headers, such as when to come again, stay."""
    start = next((message for message in answer.messages if message["type"] == "http.response.start"), None)
    if start is None:
        return
    headers = {name.lower(): value for name, value in start["headers"]}
    if headers.get(b"content-type", b"").split(b";")[0] != PROBLEM.encode():
        return
    body = b"".join(message.get("body", b"") for message in answer.messages if message["type"] == "http.response.body")
    problem = msgspec.json.decode(body, type=Problem)
    status = _BAD if problem.status == _UNPROCESSABLE else problem.status
    kept = [(name, value) for name, value in headers.items() if name not in (b"content-type", b"content-length")]
    answer.say(status, [(b"content-type", MEDIA.encode()), *kept], msgspec.json.encode(_said(problem, status)))


def _said(problem: Problem, status: int) -> dict[str, Any]:
    wrong = "; ".join(f"{field.field}: {field.rule}" for field in problem.errors or ())
    kind = _TYPES.get(problem.type.rsplit("/", 1)[-1])
    detail = " ".join(part for part in (problem.detail or problem.title, wrong) if part)
    return {"schemas": [ERROR], "status": str(status), "detail": detail} | ({"scimType": kind} if kind else {})
