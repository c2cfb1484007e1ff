"""Why a customer has the tier they have: a sentence with the figures, the bounds and the clause, in either language."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.policy.criteria import Criterion, holds
from guibin.policy.packs import Policy
from guibin.policy.sentences import explain
from guibin.policy.tiers import Tier, TierScheme
from guibin.sealing.seeing import AMOUNTS, is_clear

from .moves import Move


class Figures(Struct, frozen=True):
    """A customer's figures by metric, None where there was no fact, and the customer's kind."""

    measures: dict[str, int | None]
    kind: str

    def known(self) -> dict[str, int]:
        """The figures there are facts for."""
        return {name: value for name, value in self.measures.items() if value is not None}


class Basis(Struct, frozen=True, kw_only=True):
    """What an assessment said of one customer, with the scheme as it was."""

    scheme: TierScheme
    figures: Figures
    assessment_id: UUID
    as_of: date
    policy_version: int
    tier: str | None
    held: str | None
    becomes: str | None
    move: Move
    clause: str
    objection: str = ""


class CriterionView(Struct, frozen=True):
    """One tier's criterion against the customer's figures."""

    tier: str
    title: str
    reached: bool
    sentence: str
    clause: str


class StrategyStep(Struct, frozen=True):
    """One way in which customers of the tier are served (S06-3)."""

    name: str
    title: str


class DerivedMeasure(Struct, frozen=True):
    """What a pack computes from the customer's figures, minor units for money. No tier depends on it."""

    name: str
    title: str
    value: int


class Explanation(Struct, frozen=True):
    """The latest assessment under one scheme, in words. Every tier's criterion is given from high to low.

    `expectation` is what members of the tier held after the move are hoped to do, and whether this one does (S06-2).
    """

    scheme: str
    title: str
    sentence: str
    tier: str | None
    move: Move
    as_of: date
    policy_version: int
    assessment_id: UUID
    clause: str
    measures: dict[str, int | None]
    criteria: tuple[CriterionView, ...]
    expectation: CriterionView | None = None
    strategy: tuple[StrategyStep, ...] = ()
    derived: tuple[DerivedMeasure, ...] = ()


def judge(scheme: TierScheme, measures: Mapping[str, int | None], kind: str) -> Tier | None:
    """The highest tier whose criterion holds; what the one statement over the whole base says of each customer."""
    if kind not in scheme.customer_kinds:
        return None
    return next((t for t in scheme.tiers if t.criterion is not None and holds(t.criterion, measures, kind)), None)


def foreseen(scheme: TierScheme, kind: str, act: Act) -> Basis:
    """What an assessment today would rest on for somebody of this kind of whom there are no facts yet."""
    measures = {metric.name: 0 if metric.none_is_zero else None for metric in scheme.metrics}
    tier = judge(scheme, measures, kind)
    earned = tier.name if tier else None
    return Basis(
        scheme=scheme,
        figures=Figures(measures, kind),
        assessment_id=UUID(int=0),
        as_of=act.today,
        policy_version=act.policy.version,
        tier=earned,
        held=None,
        becomes=None if scheme.voluntary or scheme.registered else earned,
        move="none" if tier is None else _first_move(scheme),
        clause=(tier.clause if tier else "") or scheme.clause,
    )


def _first_move(scheme: TierScheme) -> Move:
    """What an assessment makes of somebody who was asked nothing yet."""
    if scheme.voluntary:
        return "no_consent"
    return "unregistered" if scheme.registered else "start"


async def explanation_of(customer_id: UUID, basis: Basis, act: Act) -> Explanation:
    """Titles come from the policy of today; figures, bounds and clauses from the day of the decision.

    What packs and scripts derive of the figures is asked about this customer: with them, a script's run is erased.
    """
    policy, language, scheme, seen = act.policy, act.language, basis.scheme, is_clear(AMOUNTS)
    derived = await act.hooks.derived_measures(basis.figures.known(), customer_id) if seen else ()
    criteria = tuple(
        _view(tier, tier.criterion, basis, policy, language) for tier in scheme.tiers if tier.criterion is not None
    )
    now = scheme.tier(basis.becomes) if basis.becomes else None
    return Explanation(
        scheme=scheme.name,
        title=policy.title(f"scheme.{scheme.name}", language),
        sentence=_sentence(basis, criteria, policy, language),
        tier=basis.tier,
        move=basis.move,
        as_of=basis.as_of,
        policy_version=basis.policy_version,
        assessment_id=basis.assessment_id,
        clause=basis.clause,
        measures=basis.figures.measures if seen else {},
        criteria=criteria,
        expectation=_view(now, now.expectation, basis, policy, language) if now and now.expectation else None,
        strategy=tuple(
            StrategyStep(name, policy.title(f"strategy.{name}", language)) for name in (now.strategy if now else ())
        ),
        derived=tuple(
            DerivedMeasure(measure.name, policy.title(f"measure.{measure.name}", language), measure.value)
            for measure in derived
        ),
    )


def _view(tier: Tier, criterion: Criterion, basis: Basis, policy: Policy, language: str) -> CriterionView:
    figures = basis.figures
    return CriterionView(
        tier=tier.name,
        title=policy.title(f"tier.{tier.name}", language, scheme=basis.scheme.name),
        reached=holds(criterion, figures.measures, figures.kind),
        sentence=explain(criterion, figures.measures, figures.kind, language, basis.scheme)
        if is_clear(AMOUNTS)
        else _WITHOUT_AMOUNTS["en" if language == "en" else "zh-CN"],
        clause=tier.clause or basis.scheme.clause,
    )


_WITHOUT_AMOUNTS = {"zh-CN": "数额不对你的角色显示", "en": "amounts that your roles do not show"}
_SENTENCES = {
    "zh-CN": {
        "reached": "截至{as_of}(不含当日)，按{scheme}(规则第{version}版)，达到{tier}条件：{why}(依据{clause})。{move}",
        "missed": "截至{as_of}(不含当日)，按{scheme}(规则第{version}版)，未达到任何级别；最低一级{tier}要求：{why}(依据{clause})。{move}",
        "start": "自当日起授予{becomes}。",
        "upgrade": "由{held}升为{becomes}。",
        "keep": "维持{held}。",
        "grace": "在宽限期内保留{held}。",
        "downgrade": "由{held}降为{becomes}。",
        "end": "{held}资格终止。",
        "locked": "现为经批准的例外{held}，到期前不变。",
        "no_consent": "客户未同意，不授予级别。",
        "unregistered": "客户尚未登记：先由公司认可，再填登记表，不授予级别。",
        "objected": "不作调整：{objection}。",
        "later": "现在不作调整，留待下次评定。",
        "none": "",
    },
    "en": {
        "reached": "As of {as_of} (that day excluded), {scheme} (policy version {version}) gives {tier}: {why} ({clause}). {move}",
        "missed": "As of {as_of} (that day excluded), {scheme} (policy version {version}) gives no tier; the lowest, {tier},"
        " asks for {why} ({clause}). {move}",
        "start": "{becomes} starts that day.",
        "upgrade": "{held} becomes {becomes}.",
        "keep": "{held} stays.",
        "grace": "{held} stays for the period of grace.",
        "downgrade": "{held} becomes {becomes}.",
        "end": "{held} ends.",
        "locked": "{held} is an approved exception and stays until it expires.",
        "no_consent": "The customer has not consented, so no tier is given.",
        "unregistered": "The customer has not registered: the company's recognition and the form come first.",
        "objected": "Nothing changes: {objection}.",
        "later": "Nothing changes now: the next assessment decides.",
        "none": "",
    },
}


def _sentence(basis: Basis, criteria: tuple[CriterionView, ...], policy: Policy, language: str) -> str:
    words = _SENTENCES["en" if language == "en" else "zh-CN"]
    told = next((c for c in criteria if c.tier == basis.tier), criteria[-1])
    move = words[basis.move].format(
        held=policy.title(f"tier.{basis.held}", language, scheme=basis.scheme.name) if basis.held else "",
        becomes=policy.title(f"tier.{basis.becomes}", language, scheme=basis.scheme.name) if basis.becomes else "",
        objection=basis.objection.rstrip("。."),
    )
    return (
        words["reached" if basis.tier else "missed"]
        .format(
            as_of=basis.as_of,
            scheme=policy.title(f"scheme.{basis.scheme.name}", language),
            version=basis.policy_version,
            tier=told.title,
            why=told.sentence,
            clause=told.clause,
            move=move,
        )
        .strip()
    )
