"""A pack as a value, and the policy a tenant has from its packs and its own figures."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from .activities import ActivityKind, HeadStart
from .approvals import ApprovalFlow
from .cadence import (
    Cadence,
    PlanPolicy,
    QuestionPolicy,
    Register,
    RelationshipTemplate,
    ReviewRhythm,
    VisitPolicy,
)
from .cards import CardKind, ProofKind
from .care import CarePolicy
from .complaints import ComplaintPolicy
from .departments import DepartmentTask
from .fields import ArchiveField
from .forms import Form
from .hotline import HotlinePolicy
from .kpis import Kpi
from .messages import MessagePolicy
from .posts import Post
from .quality import ArchiveRule
from .receptions import ReceptionPolicy
from .service_items import Entitlement, ServiceItem, ServiceRhythm
from .settings import Setting, settled
from .surveys import SurveyPolicy
from .texts import Text
from .tiers import TierScheme
from .words import Named
from .workstreams import Workstream


class Pack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One industry's regulation. `rules` says of each rule where it is realised; `texts` holds every title.

    `organisations` are the customer kinds that are no persons (S07-1): they have no sex, birthday or identity number.
    """

    name: Named
    regulation: Named
    rules: dict[Named, Named] = {}
    posts: tuple[Post, ...] = ()
    customer_kinds: tuple[Named, ...] = ()
    organisations: tuple[Named, ...] = ()
    fields: tuple[ArchiveField, ...] = ()
    settings: tuple[Setting, ...] = ()
    schemes: tuple[TierScheme, ...] = ()
    service_items: tuple[ServiceItem, ...] = ()
    service_rhythms: tuple[ServiceRhythm, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    cards: tuple[CardKind, ...] = ()
    proofs: tuple[ProofKind, ...] = ()
    complaints: ComplaintPolicy | None = None
    department_tasks: tuple[DepartmentTask, ...] = ()
    approvals: tuple[ApprovalFlow, ...] = ()
    cadences: tuple[Cadence, ...] = ()
    reviews: tuple[ReviewRhythm, ...] = ()
    registers: tuple[Register, ...] = ()
    relationships: tuple[RelationshipTemplate, ...] = ()
    questions: QuestionPolicy | None = None
    archive_rules: tuple[ArchiveRule, ...] = ()
    visits: VisitPolicy | None = None
    plans: PlanPolicy | None = None
    care: CarePolicy | None = None
    messages: MessagePolicy | None = None
    reception: ReceptionPolicy | None = None
    activities: tuple[ActivityKind, ...] = ()
    head_starts: tuple[HeadStart, ...] = ()
    hotline: HotlinePolicy | None = None
    surveys: tuple[SurveyPolicy, ...] = ()
    kpis: tuple[Kpi, ...] = ()
    workstreams: tuple[Workstream, ...] = ()
    forms: tuple[Form, ...] = ()
    texts: dict[Named, Text] = {}


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tenant goes by: the same parts as a Pack, merged. `version` 0 is the packs' defaults."""

    version: int = 0
    packs: tuple[Named, ...] = ()
    enabled_schemes: tuple[Named, ...] | None = None
    posts: tuple[Post, ...] = ()
    customer_kinds: tuple[Named, ...] = ()
    organisations: tuple[Named, ...] = ()
    fields: tuple[ArchiveField, ...] = ()
    settings: tuple[Setting, ...] = ()
    schemes: tuple[TierScheme, ...] = ()
    service_items: tuple[ServiceItem, ...] = ()
    service_rhythms: tuple[ServiceRhythm, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    cards: tuple[CardKind, ...] = ()
    proofs: tuple[ProofKind, ...] = ()
    complaints: ComplaintPolicy
    department_tasks: tuple[DepartmentTask, ...] = ()
    approvals: tuple[ApprovalFlow, ...] = ()
    cadences: tuple[Cadence, ...] = ()
    reviews: tuple[ReviewRhythm, ...] = ()
    registers: tuple[Register, ...] = ()
    relationships: tuple[RelationshipTemplate, ...] = ()
    questions: QuestionPolicy = QuestionPolicy()
    archive_rules: tuple[ArchiveRule, ...] = ()
    visits: VisitPolicy = VisitPolicy()
    plans: PlanPolicy = PlanPolicy()
    care: CarePolicy = CarePolicy()
    messages: MessagePolicy = MessagePolicy()
    reception: ReceptionPolicy | None = None
    activities: tuple[ActivityKind, ...] = ()
    head_starts: tuple[HeadStart, ...] = ()
    hotline: HotlinePolicy = HotlinePolicy()
    surveys: tuple[SurveyPolicy, ...] = ()
    kpis: tuple[Kpi, ...] = ()
    workstreams: tuple[Workstream, ...] = ()
    forms: tuple[Form, ...] = ()
    texts: dict[Named, Text] = {}

    def title(self, key: str, language: str, *, scheme: str = "") -> str:
        """The text under `key`, the key itself when there is none; the scheme's own where packs call it differently."""
        text = self.texts.get(f"{scheme}/{key}") or self.texts.get(key)
        return text.in_language(language) if text else key

    def is_organisation(self, kind: str) -> bool:
        """Whether customers of this kind are no persons."""
        return kind in self.organisations

    def scheme(self, name: str) -> TierScheme | None:
        """The scheme of this name, with the figures of the settings."""
        return next((settled(scheme, self.settings) for scheme in self.schemes if scheme.name == name), None)

    def setting(self, name: str) -> int | None:
        """The figure of this name."""
        return next((setting.value for setting in self.settings if setting.name == name), None)

    def service_item(self, name: str) -> ServiceItem | None:
        """The service item of this name."""
        return next((item for item in self.service_items if item.name == name), None)

    def card(self, name: str) -> CardKind | None:
        """The kind of card of this name."""
        return next((card for card in self.cards if card.name == name), None)

    def proof(self, name: str) -> ProofKind | None:
        """The kind of proof of this name."""
        return next((proof for proof in self.proofs if proof.name == name), None)

    def activity(self, name: str) -> ActivityKind | None:
        """The kind of event of this name."""
        return next((kind for kind in self.activities if kind.name == name), None)

    def form(self, name: str) -> Form | None:
        """The form of this name."""
        return next((form for form in self.forms if form.name == name), None)

    def department_task(self, name: str) -> DepartmentTask | None:
        """What departments ask of each other under this name."""
        return next((task for task in self.department_tasks if task.name == name), None)

    def register(self, name: str) -> Register | None:
        """The register of this name."""
        return next((one for one in self.registers if one.name == name), None)

    def approval(self, name: str) -> ApprovalFlow | None:
        """The approval flow of this name."""
        return next((flow for flow in self.approvals if flow.name == name), None)


class Overrides(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tenant's own parts: an element replaces the packs' element of the same name, a new name adds one.

    `enabled_schemes` names the schemes the company uses, all of them by default: the others go, and whatever hangs on
    them. Memberships on record stay, and hold again with their scheme.
    """

    enabled_schemes: tuple[Named, ...] | None = None
    posts: tuple[Post, ...] = ()
    settings: tuple[Setting, ...] = ()
    schemes: tuple[TierScheme, ...] = ()
    service_items: tuple[ServiceItem, ...] = ()
    entitlements: tuple[Entitlement, ...] | None = None
    cards: tuple[CardKind, ...] = ()
    proofs: tuple[ProofKind, ...] = ()
    complaints: ComplaintPolicy | None = None
    department_tasks: tuple[DepartmentTask, ...] = ()
    approvals: tuple[ApprovalFlow, ...] = ()
    cadences: tuple[Cadence, ...] | None = None
    reviews: tuple[ReviewRhythm, ...] = ()
    registers: tuple[Register, ...] = ()
    relationships: tuple[RelationshipTemplate, ...] | None = None
    questions: QuestionPolicy | None = None
    plans: PlanPolicy | None = None
    care: CarePolicy | None = None
    messages: MessagePolicy | None = None
    fields: tuple[ArchiveField, ...] = ()
    reception: ReceptionPolicy | None = None
    activities: tuple[ActivityKind, ...] = ()
    head_starts: tuple[HeadStart, ...] | None = None
    hotline: HotlinePolicy | None = None
    surveys: tuple[SurveyPolicy, ...] = ()
    kpis: tuple[Kpi, ...] = ()
    texts: dict[Named, Text] = {}


def encode_pack(pack: Pack) -> bytes:
    """The pack as JSON; `decode_pack` gives the equal value back."""
    return msgspec.json.encode(pack)


def decode_pack(text: bytes | str) -> Pack:
    """Raises msgspec.ValidationError, which names the place."""
    return msgspec.json.decode(text, type=Pack)


def merge(packs: Sequence[Pack], core: Pack, overrides: Overrides, *, version: int) -> Policy:
    """The policy of a tenant: the core's defaults, the packs in order, then the tenant's own."""
    parts = [core, *packs]
    policy = Policy(
        version=version,
        packs=tuple(pack.name for pack in packs),
        posts=_named([*(p.posts for p in parts), overrides.posts]),
        customer_kinds=tuple(dict.fromkeys(kind for part in packs for kind in part.customer_kinds)),
        organisations=tuple(dict.fromkeys(kind for part in packs for kind in part.organisations)),
        fields=_named([*(p.fields for p in parts), overrides.fields]),
        settings=_named([*(p.settings for p in parts), overrides.settings]),
        schemes=_named([*(p.schemes for p in parts), overrides.schemes]),
        service_items=_named([*(p.service_items for p in parts), overrides.service_items]),
        service_rhythms=_all(parts, "service_rhythms"),
        entitlements=_all(parts, "entitlements") if overrides.entitlements is None else overrides.entitlements,
        cards=_named([*(p.cards for p in parts), overrides.cards]),
        proofs=_named([*(p.proofs for p in parts), overrides.proofs]),
        complaints=overrides.complaints or _last(parts, "complaints"),
        department_tasks=_named([*(p.department_tasks for p in parts), overrides.department_tasks]),
        approvals=_named([*(p.approvals for p in parts), overrides.approvals]),
        cadences=_all(parts, "cadences") if overrides.cadences is None else overrides.cadences,
        reviews=_named([*(p.reviews for p in parts), overrides.reviews]),
        registers=_named([*(p.registers for p in parts), overrides.registers]),
        relationships=_templates(parts) if overrides.relationships is None else overrides.relationships,
        questions=overrides.questions or _last(parts, "questions") or QuestionPolicy(),
        archive_rules=_named([p.archive_rules for p in parts]),
        visits=_last(parts, "visits") or VisitPolicy(),
        plans=overrides.plans or _last(parts, "plans") or PlanPolicy(),
        care=overrides.care or _last(parts, "care") or CarePolicy(),
        messages=overrides.messages or _last(parts, "messages") or MessagePolicy(),
        reception=overrides.reception or _last(parts, "reception"),
        activities=_named([*(p.activities for p in parts), overrides.activities]),
        head_starts=_all(parts, "head_starts") if overrides.head_starts is None else overrides.head_starts,
        hotline=overrides.hotline or _last(parts, "hotline") or HotlinePolicy(),
        surveys=_named([*(p.surveys for p in parts), overrides.surveys]),
        kpis=_named([*(p.kpis for p in parts), overrides.kpis]),
        workstreams=_named([p.workstreams for p in parts]),
        forms=_named([p.forms for p in parts]),
        texts=_texts(parts, overrides),
    )
    return policy if overrides.enabled_schemes is None else _with_schemes(policy, overrides.enabled_schemes)


def _with_schemes(policy: Policy, names: tuple[str, ...]) -> Policy:
    """The policy with these schemes only, and without what hangs on the others."""
    parts = {
        field: tuple(item for item in part if getattr(item, "scheme", "") in ("", *names))
        for field in policy.__struct_fields__
        if isinstance(part := getattr(policy, field), tuple)
    }
    parts["schemes"] = tuple(scheme for scheme in policy.schemes if scheme.name in names)
    parts["cards"] = tuple(c for c in parts["cards"] if c.sponsorship is None or c.sponsorship.scheme in names)
    routes = tuple(route for route in policy.hotline.routes if route.scheme in names)
    return replace(policy, **parts, enabled_schemes=names, hotline=replace(policy.hotline, routes=routes))


def _texts(parts: Sequence[Pack], overrides: Overrides) -> dict[str, Text]:
    """Every text by key; what a scheme's own pack calls differently than the last one also as `<scheme>/<key>`."""
    texts = {key: text for part in parts for key, text in part.texts.items()}
    own = {
        f"{scheme.name}/{key}": part.texts[key]
        for part in parts
        for scheme in part.schemes
        for key in _words_of(scheme)
        if key in part.texts and part.texts[key] != texts[key] and key not in overrides.texts
    }
    return {**texts, **own, **overrides.texts}


def _words_of(scheme: TierScheme) -> Iterator[str]:
    yield from (f"tier.{tier.name}" for tier in scheme.tiers)
    yield from (f"metric.{metric.name}" for metric in scheme.metrics)
    yield from (f"dimension.{dimension.name}" for dimension in scheme.value_score if dimension.name)


def _named(parts: Iterable[Iterable[object]]) -> tuple:  # type: ignore[type-arg]  # as homogeneous as its callers' fields
    return tuple({item.name: item for part in parts for item in part}.values())  # type: ignore[attr-defined]


def _all(parts: Iterable[Pack], field: str) -> tuple:  # type: ignore[type-arg]
    return tuple(item for part in parts for item in getattr(part, field))


def _templates(parts: Iterable[Pack]) -> tuple[RelationshipTemplate, ...]:
    # The first that fits is taken: a pack's come before the core's, which fit everybody.
    return tuple(item for part in reversed(list(parts)) for item in part.relationships)


def _last(parts: Iterable[Pack], field: str):  # type: ignore[no-untyped-def]
    found = None
    for part in parts:
        found = getattr(part, field) or found
    return found
