"""docs/api.md tells the truth: each of its examples is sent, one after another, and answered as it says."""

import json
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/api.md"
EXAMPLE = re.compile(
    r"```http\n(?P<request>.+?)\n\n(?:(?P<body>\{.+?\})\n\n)?(?P<status>\d{3})\n(?P<answer>.+?)\n```", re.DOTALL
)


def holds(said, answered, names):
    """Whether the answer has all that is said of it; a name in braces is what the first answer that named it held."""
    if isinstance(said, dict):
        return isinstance(answered, dict) and all(
            key in answered and holds(said[key], answered[key], names) for key in said
        )
    if isinstance(said, list):
        return len(said) == len(answered) and all(holds(*pair, names) for pair in zip(said, answered, strict=True))
    if isinstance(said, str) and said.startswith("{"):
        return names.setdefault(said, answered) == answered
    return said == answered


async def test_every_example_is_answered_as_the_page_says(client):
    text = PAGE.read_text()
    examples, names = list(EXAMPLE.finditer(text)), {}
    for example in examples:
        line, *headers = example["request"].split("\n")
        method, address = line.split(" ")
        answer = await client.request(
            method,
            address,
            headers=dict(header.split(": ", 1) for header in headers),
            json=json.loads(example["body"]) if example["body"] else None,
        )
        assert (line, answer.status_code) == (line, int(example["status"])), answer.text
        assert holds(json.loads(example["answer"]), answer.json(), names), f"{line}: {answer.text}"
    assert len(examples) == text.count("```http") > 6


async def test_what_is_left_and_what_there_is_stand_on_every_answer(client, world, monkeypatch):
    answer = await client.get("/api/v1/me")

    left = re.fullmatch(r'"caller";r=(\d+);t=\d+, "company";r=(\d+);t=\d+', answer.headers["ratelimit"])
    there = re.fullmatch(r'"caller";q=(\d+);w=\d+, "company";q=(\d+);w=\d+', answer.headers["ratelimit-policy"])
    assert [int(each) - 1 for each in there.groups()] == [int(each) for each in left.groups()]
