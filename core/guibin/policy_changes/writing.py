"""The policy in force as a regulation that people read: chapters, articles, today's figures, in either language."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from guibin.policy.criteria import VALUE_SCORE, AllOf, AnyOf, Between, Criterion, KindIs, NoneOf, with_settings
from guibin.policy.deadlines import AtOnce, BusinessDays, BusinessHours, Days, Hours
from guibin.policy.packs import Policy
from guibin.policy.sentences import exact, is_currency
from guibin.policy.settings import Setting
from guibin.policy.tiers import Tier, TierScheme

from . import places
from .places import Element
from .wording import (
    choice_title,
    deadline_title,
    element_title,
    field_title,
    name_title,
    section_title,
    without_places,
    word,
)

# Each chapter with the sections that stand in it, in this order.
CHAPTERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("standards", ("schemes", "settings")),
    ("services", ("entitlements", "service_items", "cards", "proofs", "head_starts")),
    (
        "relations",
        (
            "cadences",
            "relationships",
            "plans",
            "reviews",
            "registers",
            "care",
            "activities",
            "invitations",
            "surveys",
            "materials",
        ),
    ),
    (
        "complaints",
        ("complaints", "questions", "hotline", "messages", "signals", "department_tasks", "department_contacts"),
    ),
    ("receptions", ("reception", "duties")),
    (
        "supervision",
        (
            "approvals",
            "plan_reviews",
            "inspections",
            "kpis",
            "unusual_looks",
            "emergency",
            "qualifications",
            "closing",
            "automations",
        ),
    ),
    ("duties", ("posts", "parts", "fields")),
)
_DEADLINES = (AtOnce, BusinessDays, BusinessHours, Days, Hours)
_UNSAID = frozenset({"name", "clause", "type", "person", "scheme"})
_ROLES = frozenset(
    {"role", "others", "applicants", "posts", "concerns", "told", "tell", "roles", "warned_roles", "leadership"}
)
_TOKENS = re.compile(r"[0-9][0-9,.]*|[A-Za-z]+|\s+|.", re.DOTALL)
_NESTED_MAX = 4


class Item(Struct, frozen=True):
    """A line of an article: `key` tells it apart from the others in every version."""

    key: str
    text: str


class Article(Struct, frozen=True):
    """What an element of the policy says, under its clause."""

    key: str
    title: str
    clause: str
    items: tuple[Item, ...]


class Chapter(Struct, frozen=True):
    """Articles about one thing."""

    key: str
    title: str
    articles: tuple[Article, ...]


class Piece(Struct, frozen=True):
    """A part of a line: the same in both, or only in the one or the other."""

    text: str
    moved: bool


class Pair(Struct, frozen=True):
    """A line of one version beside that of another; what differs is marked in each."""

    kind: str
    left: tuple[Piece, ...]
    right: tuple[Piece, ...]
    clause: str = ""

    @property
    def moved(self) -> bool:
        """Whether the two say something else."""
        return any(piece.moved for piece in (*self.left, *self.right))


class Speaker(Struct, frozen=True):
    """In which words a policy is said: the `language`, and what `post` calls a role."""

    policy: Policy
    language: str
    post: Callable[[str], str]

    def chapters(self) -> list[Chapter]:
        """The whole policy; a chapter without anything in it is left out."""
        found = []
        for name, sections in CHAPTERS:
            articles = tuple(article for section in sections for article in self._articles(section))
            if articles:
                found.append(Chapter(name, self._word(name), articles))
        return found

    def _articles(self, section: str) -> Iterator[Article]:
        elements = places.elements(self.policy, section)
        if section == "settings":
            items = tuple(
                Item(one.path, f"{self._called(one)}{self._colon}{self.setting(one.value)}") for one in elements
            )
            if items:
                yield Article(section, self._section(section), "", items)
            return
        if section in ("entitlements", "cadences", "head_starts"):
            yield from self._by_scheme(section, elements)
            return
        for one in elements:
            items = tuple(self._scheme(one.value) if isinstance(one.value, TierScheme) else self._said(one))
            yield Article(one.path, self._called(one), getattr(one.value, "clause", ""), items)

    def _by_scheme(self, section: str, elements: Sequence[Element]) -> Iterator[Article]:
        schemes = dict.fromkeys(one.value.scheme for one in elements)
        for scheme in schemes:
            mine = [one for one in elements if one.value.scheme == scheme]
            seen: dict[str, int] = {}
            items = []
            for one in mine:
                lead, rest = self._of_tier(one.value, section)
                key = f"{scheme}.{getattr(one.value, 'tier', '')}.{getattr(one.value, 'item', '')}"
                seen[key] = seen.get(key, 0) + 1
                items.append(Item(f"{key}.{seen[key]}", self._joined(lead, rest)))
            clauses = dict.fromkeys(one.value.clause for one in mine if one.value.clause)
            title = f"{self._name('scheme', scheme)}{self._dot}{self._section(section)}"
            yield Article(f"{section}.{scheme}", title, next(iter(clauses), ""), tuple(items))

    def _of_tier(self, value: Any, section: str) -> tuple[str, list[str]]:
        """Whom it is for, and what of it: how often, in the words regulations use."""
        tier, item, said = self._tier(value), self._item(value), []
        skip = ["tier", "item"]
        if section == "cadences":
            span = choice_title(value.span).in_language(self.language)
            said.append(self._word("contacts", span=span, times=value.times))
            skip += ["span", "times"]
        if section == "entitlements":
            skip += ["quota", "period"]
            span = choice_title(value.period).in_language(self.language)
            said.append(
                self._word("quota", span=span, times=value.quota)
                if value.quota is not None
                else self._word("unlimited")
            )
        rest = [*said, *self._clauses(value, section, skip=skip)]
        return f"{tier}{self._colon}{item}" if item else tier, [self._comma.join(rest)] if rest else []

    def _scheme(self, scheme: TierScheme) -> Iterator[Item]:
        values = {one.name: one.value for one in self.policy.settings}
        units = {metric.name: metric.unit for metric in scheme.metrics}
        for tier in scheme.tiers:
            yield Item(tier.name, f"{self._name('tier', tier.name)}{self._colon}{self._condition(tier, values, units)}")
        skipped = ("tiers", "metrics", "customer_kinds", "value_score", "form")
        kinds = self._words(self._name("customer_kind", kind) for kind in scheme.customer_kinds)
        yield Item("kinds", f"{self._field('customer_kinds')}{self._colon}{kinds}")
        for name, said in self._fields_of(scheme, skipped):
            yield Item(f"field.{name}", said)
        for one in scheme.value_score:
            metric = self._name("dimension", one.name) if one.name else self._name("metric", one.metric)
            yield Item(f"score.{one.metric}", self._word("score", metric=metric, weight=one.weight))

    def _condition(self, tier: Tier, values: Mapping[str, int], units: Mapping[str, str]) -> str:
        if tier.criterion is None:
            return self._word("by_application")
        return self.criterion(with_settings(tier.criterion, values), units)

    def criterion(self, criterion: Criterion, units: Mapping[str, str], depth: int = 0) -> str:
        """A condition as a sentence."""
        match criterion:
            case AllOf(criteria) | AnyOf(criteria):
                joint = self._word("and" if isinstance(criterion, AllOf) else "or")
                said = joint.join(self.criterion(one, units, depth + 1) for one in criteria)
                return f"{self._open.strip()}{said}{self._close}" if depth and len(criteria) > 1 else said
            case NoneOf(criteria):
                inside = self.criterion(AnyOf(criteria), units, depth + 1)
                return self._word("none_of", criteria=inside)
            case KindIs(kinds):
                return self._word("kind_is", kinds=self._words(self._name("customer_kind", kind) for kind in kinds))
            case Between(metric, low, high):
                unit = units.get(metric, "")
                bounds = {"low": self._amount(low, unit), "high": self._amount(high, unit)}
                return self._word("between", metric=self._metric(metric), **bounds)
            case _:
                name = type(criterion).__struct_config__.tag
                amount = self._amount(criterion.bound, units.get(criterion.metric, ""))
                return self._word(str(name), metric=self._metric(criterion.metric), bound=amount)

    def setting(self, setting: Setting) -> str:
        """A figure with its unit, or the words of one that has words."""
        return self._written(setting.words) if setting.words else self._amount(setting.value, setting.unit)

    def _written(self, words: Sequence[str]) -> str:
        """Words that people write or data holds: those of the reader's language, how many they are where there is none."""
        english = self.language == "en"
        return self._words(word for word in words if word.isascii() == english) or self._word("words", count=len(words))

    def _said(self, element: Element) -> Iterator[Item]:
        for name, said in self._fields_of(element.value, ()):
            yield Item(name, said)

    def _fields_of(self, value: Struct, skip: Sequence[str]) -> Iterator[tuple[str, str]]:
        """What its fields say that is not so of itself: lists of structs line by line."""
        for field in fields(value):
            said = getattr(value, field.name)
            if field.name in _UNSAID or field.name in skip or _is_silent(field, said):
                continue
            if isinstance(said, tuple) and said and isinstance(said[0], Struct) and not isinstance(said[0], _DEADLINES):
                for place, one in enumerate(said):
                    name = getattr(one, "name", "") or getattr(one, "role", "")
                    title = self._titled(one) or f"{self._field(field.name)}{place + 1}"
                    rest = self._clauses(one, field.name, depth=1)
                    yield f"{field.name}.{name or place}", self._joined(title, rest)
            elif text := self._text(field.name, said, 0):
                yield field.name, text

    def _clauses(self, value: Struct, within: str, *, skip: Sequence[str] = (), depth: int = 0) -> list[str]:
        found = []
        for field in fields(value):
            said = getattr(value, field.name)
            if field.name in _UNSAID or field.name in skip or _is_silent(field, said):
                continue
            if text := self._text(field.name, said, depth):
                found.append(text)
        return found

    def _text(self, name: str, said: Any, depth: int) -> str:
        label = self._field(name)
        if said is True:
            return label
        if said is False:
            return self._word("not", what=label)
        value = self._value(name, said, depth)
        return f"{label}{self._colon}{value}" if value else ""

    def _value(self, name: str, said: Any, depth: int) -> str:
        if said is None or said in ((), ""):
            return self._word("nothing")
        if isinstance(said, _DEADLINES):
            return deadline_title(said).in_language(self.language)
        if isinstance(said, int):
            return f"{said:,}"
        if isinstance(said, str):
            return without_places(self._called_so(name, said))
        if name == "words":
            return self._written(said)
        if isinstance(said, tuple):
            if all(isinstance(one, str | int) for one in said):
                return self._words(self._value(name, one, depth) for one in said)
            if depth >= _NESTED_MAX or not all(isinstance(one, Struct) for one in said):
                return ""
            return self._words(self._nested(one, name, depth) for one in said)
        if isinstance(said, Struct) and depth < _NESTED_MAX:
            return self._nested(said, name, depth)
        return ""

    def _nested(self, value: Struct, name: str, depth: int) -> str:
        if isinstance(value, _DEADLINES):
            return deadline_title(value).in_language(self.language)
        title, rest = self._titled(value), self._clauses(value, name, depth=depth + 1)
        inside = self._comma.join(rest)
        if not title:
            return inside
        return f"{title}{self._open}{inside}{self._close}" if inside else title

    def _titled(self, value: Struct) -> str:
        name = getattr(value, "name", "")
        if not name:
            return ""
        found = name_title(getattr(value, "titled", ""), name, self.policy)
        return found.in_language(self.language) if found else ""

    def _called_so(self, name: str, said: str) -> str:
        if name in _ROLES:
            return self.post(said)
        kind = {
            "tier": "tier",
            "tiers": "tier",
            "item": "service_item",
            "scheme": "scheme",
            "approval": "approval",
        }.get(name, name)
        found = name_title(kind, said, self.policy)
        if found is not None:
            return found.in_language(self.language)
        title = choice_title(said)
        if title.zh != said:
            return title.in_language(self.language)
        role = self.post(said)
        if role not in (said, f"post.{said}"):
            return role
        # What people wrote is said as they wrote it, a code is not.
        return "" if said.isascii() and " " not in said else said

    def _called(self, element: Element) -> str:
        scheme = getattr(element.value, "scheme", "")
        names = (element.name, scheme)
        return element_title(element.value, names, element.section, self.policy).in_language(self.language)

    def _tier(self, value: Any) -> str:
        tier = getattr(value, "tier", "")
        return self._name("tier", tier) if tier else self._word("every_tier")

    def _item(self, value: Any) -> str:
        item = getattr(value, "item", "")
        return self._name("service_item", item) if item else ""

    def _metric(self, name: str) -> str:
        return self._word("value_score") if name == VALUE_SCORE else self._name("metric", name)

    def _name(self, kind: str, name: str) -> str:
        found = name_title(kind, name, self.policy)
        return found.in_language(self.language) if found else self._word("unnamed")

    def _amount(self, value: Any, unit: str) -> str:
        if not isinstance(value, int):
            return self._name("setting", str(value))
        if is_currency(unit) and value % 100 == 0 and unit == "CNY":
            whole = f"{value // 100:,}"
            return f"CNY {whole}" if self.language == "en" else f"{whole} 元"
        key = f"unit.{unit}"
        title = self.policy.title(key, self.language)
        return exact(value, unit, title, self.language) if is_currency(unit) or title != key else f"{value:,}"

    def _field(self, name: str) -> str:
        return field_title(name).in_language(self.language)

    def _section(self, name: str) -> str:
        return section_title(name).in_language(self.language)

    def _word(self, name: str, **values: object) -> str:
        return word("document", name, **values).in_language(self.language)

    def _words(self, words: Any) -> str:
        return word("said", "comma").in_language(self.language).join(one for one in words if one)

    def _joined(self, lead: str, rest: Sequence[str]) -> str:
        joint = self._comma if self._colon in lead else self._colon
        return f"{lead}{joint}{self._comma.join(rest)}" if rest and lead else lead or self._comma.join(rest)

    @property
    def _colon(self) -> str:
        return ": " if self.language == "en" else "："

    @property
    def _comma(self) -> str:
        return ", " if self.language == "en" else "，"

    @property
    def _open(self) -> str:
        return " (" if self.language == "en" else "（"

    @property
    def _close(self) -> str:
        return ")" if self.language == "en" else "）"

    @property
    def _dot(self) -> str:
        return " · " if self.language == "en" else "·"


def beside(left: Sequence[Chapter], right: Sequence[Chapter], *, marked: bool) -> list[Pair]:
    """Both line by line, those that say the same thing level with each other; `marked` what differs."""
    pairs: list[Pair] = []
    for chapter, other in _aligned(left, right):
        pairs.append(_pair("chapter", chapter, other, marked=marked))
        mine, theirs = (one.articles if one is not None else () for one in (chapter, other))
        for article, second in _aligned(mine, theirs):
            pairs.append(_pair("article", article, second, marked=marked))
            lines, others = (one.items if one is not None else () for one in (article, second))
            pairs.extend(_pair("item", one, two, marked=marked) for one, two in _aligned(lines, others))
    return pairs


def _aligned(left: Sequence[Any], right: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    mine, theirs = ({one.key: one for one in each} for each in (left, right))
    for key in dict.fromkeys((*mine, *theirs)):
        yield mine.get(key), theirs.get(key)


def _pair(kind: str, left: Any, right: Any, *, marked: bool) -> Pair:
    old, new = (getattr(one, "text", getattr(one, "title", "")) if one is not None else "" for one in (left, right))
    clause = getattr(left if left is not None else right, "clause", "")
    if not marked or old == new:
        return Pair(kind, (Piece(old, False),), (Piece(new, False),), clause)
    first, second = _TOKENS.findall(old), _TOKENS.findall(new)
    was: list[Piece] = []
    now: list[Piece] = []
    for same, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        moved = same != "equal"
        if a < b:
            was.append(Piece("".join(first[a:b]), moved))
        if c < d:
            now.append(Piece("".join(second[c:d]), moved))
    return Pair(kind, tuple(was), tuple(now), clause)


def _is_silent(field: Any, value: Any) -> bool:
    return value in ((), "", None) or (field.default is not NODEFAULT and value == field.default)
