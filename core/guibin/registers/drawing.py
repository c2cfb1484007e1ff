"""What the company's own figures say of a customer in a span, drawn up so that nobody types it from elsewhere (S02-5)."""

from datetime import date
from uuid import UUID

from guibin.cards import queries as cards
from guibin.context import Act
from guibin.notation.dates import worded
from guibin.periods.spans import Window
from guibin.policy.packs import Policy
from guibin.policy.sentences import exact
from guibin.tiers import queries as tiers
from guibin.tiers.queries import Sum
from guibin_tenants.rows import shown
from guibin_tenants.scope import fetch

from .queries import Drawn, HeldCard, Score

# What stands rather than moves: an average or the latest figure is taken of it, no schemes add it up or count it.
_STANDING = frozenset({"avg", "last"})
_WORDS = {
    "zh-CN": {
        "last": "{what} {figure}（{day}）",
        "total": "{what} {times} 笔，合计 {figure}",
        "card": "卡 {what} {number}",
        "score": "{what} 评分 {score}（{day}）",
        "joint": "；",
    },
    "en": {
        "last": "{what} {figure} ({day})",
        "total": "{what}: {times}, {figure} in all",
        "card": "card {what} {number}",
        "score": "{what} scored {score} ({day})",
        "joint": "; ",
    },
}


async def drawn(customer_id: UUID, window: Window, act: Act) -> Drawn:
    """Balances as they stood at its end, transactions of it, cards held in it, assessments of it."""
    span = (customer_id, window.first_on, window.after_on)
    sums = await tiers.drawn_up(*span)
    standing = balances_of(act.policy)
    return Drawn(
        balances=tuple(each for each in sums if each.metric in standing),
        transactions=tuple(each for each in sums if each.metric not in standing and each.times),
        cards=tuple(shown(HeldCard, await fetch(cards.IN_FILE, *span))),
        scores=tuple(shown(Score, await fetch(tiers.SCORES_IN_FILE, *span))),
    )


def balances_of(policy: Policy) -> frozenset[str]:
    """The facts of which the policy's schemes only take the average or the latest."""
    metrics = [metric for scheme in policy.schemes for metric in scheme.metrics]
    return frozenset(m.fact for m in metrics) - {m.fact for m in metrics if m.aggregate not in _STANDING}


def in_words(found: Drawn, act: Act) -> str:
    """The draft of the text, in the language of whoever completes it."""
    words = _WORDS["en" if act.language == "en" else "zh-CN"]
    parts = [
        words["last"].format(
            what=fact_title(each.metric, act), figure=_figure(each.last, each, act), day=_day(each.last_on, act)
        )
        for each in found.balances
    ]
    parts += [
        words["total"].format(
            what=fact_title(each.metric, act), times=each.times, figure=_figure(each.total, each, act)
        )
        for each in found.transactions
    ]
    parts += [words["card"].format(what=_tier(each.tier, each.scheme, act), number=each.number) for each in found.cards]
    parts += [
        words["score"].format(
            what=act.policy.title(f"scheme.{each.scheme}", act.language), score=each.score, day=_day(each.as_of, act)
        )
        for each in found.scores
        if each.score is not None
    ]
    return words["joint"].join(parts)


def fact_title(name: str, act: Act) -> str:
    """What a kind of fact is called, its own name where nobody says."""
    title = act.policy.title(f"fact.{name}", act.language)
    return name if title == f"fact.{name}" else title


def label_title(label: str, act: Act) -> str:
    """What a fact's label is called; as it was given where nobody says."""
    title = act.policy.title(f"fact_label.{label}", act.language)
    return label if title == f"fact_label.{label}" else title


def _figure(value: int, each: Sum, act: Act) -> str:
    return exact(value, each.unit, act.policy.title(f"unit.{each.unit}", act.language), act.language)


def _day(day: date, act: Act) -> str:
    return worded(day.isoformat(), act.language)


def _tier(name: str, scheme: str, act: Act) -> str:
    return act.policy.title(f"tier.{name}", act.language, scheme=scheme)
