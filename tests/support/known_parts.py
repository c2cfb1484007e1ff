"""What there is in a policy for its parts to name, and what they find wrong, without the rest of a policy."""

from guibin.policy.checking import Known, Problems

KNOWN = Known(
    roles=frozenset({"desk", "manager", "head"}),
    kinds=("person", "company"),
    schemes=frozenset({"club"}),
    tiers=frozenset({("club", "gold"), ("club", "silver")}),
    items=frozenset({"lounge", "repair"}),
    stepped=frozenset({"repair"}),
    quotas={("club", "lounge", "gold"): 4, ("club", "lounge", "silver"): None},
    flows={"signing": "application"},
    forms=frozenset({"registration"}),
    claims={"registration": ("spent",)},
    events=frozenset({"concert"}),
    figures={"top": 100, "low": 10},
    words={"areas": ("north",), "none": ()},
    findable=frozenset({"phone"}),
    texts={},
)


def wrong(problems: Problems) -> list[tuple[str, str]]:
    """Where something is wrong, and what is there."""
    return [(problem.path, problem.value) for problem in problems]
