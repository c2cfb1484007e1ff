"""A pack as a value, and the policy a tenant has from its packs and its own figures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from .activities import ActivityKind, HeadStart, InvitationRhythm
from .approvals import ApprovalFlow
from .automations import Automation
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
from .checking import Known, Problems
from .complaints import ComplaintPolicy
from .departments import ContactPolicy, DepartmentTask
from .duties import Duty
from .emergencies import EmergencyPolicy
from .fields import ArchiveField
from .forms import Form
from .hotline import HotlinePolicy
from .inspections import InspectionPolicy
from .kpis import Kpi
from .layers import InPlace
from .looking import UnusualLookRule
from .materials import Material
from .merging import ADDED, EACH_ONCE, FIRST_THAT_FITS, KEYED, LAID_OVER, NAMED, REPLACED, merged
from .messages import MessagePolicy
from .parts import PolicyPart
from .plan_reviews import PlanReview
from .posts import Post
from .problems import PolicyProblem
from .qualifications import StaffQualification
from .quality import ArchiveRule, ClosingPolicy
from .receptions import ReceptionPolicy
from .service_items import Entitlement, ServiceItem, ServiceRhythm
from .settings import Setting, settled
from .signals import SignalRule
from .surveys import SurveyPolicy
from .switches import without
from .texts import Text
from .tiers import TierScheme
from .words import Named
from .workstreams import ASIDE, Workstream, spread


class Own(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sections of a policy that a company may write itself. Each says how those of several become one.

    `topics` are what customers are told about and may decline by itself, such as funds (S02-2).
    """

    posts: Annotated[tuple[Post, ...], NAMED] = ()
    parts: Annotated[tuple[PolicyPart, ...], NAMED] = ()
    fields: Annotated[tuple[ArchiveField, ...], NAMED] = ()
    settings: Annotated[tuple[Setting, ...], NAMED] = ()
    schemes: Annotated[tuple[TierScheme, ...], NAMED] = ()
    service_items: Annotated[tuple[ServiceItem, ...], NAMED] = ()
    cards: Annotated[tuple[CardKind, ...], NAMED] = ()
    proofs: Annotated[tuple[ProofKind, ...], NAMED] = ()
    complaints: Annotated[ComplaintPolicy | None, LAID_OVER] = None
    department_tasks: Annotated[tuple[DepartmentTask, ...], NAMED] = ()
    approvals: Annotated[tuple[ApprovalFlow, ...], NAMED] = ()
    plan_reviews: Annotated[tuple[PlanReview, ...], NAMED] = ()
    reviews: Annotated[tuple[ReviewRhythm, ...], NAMED] = ()
    registers: Annotated[tuple[Register, ...], NAMED] = ()
    inspections: Annotated[tuple[InspectionPolicy, ...], NAMED] = ()
    closing: Annotated[ClosingPolicy | None, REPLACED] = None
    questions: Annotated[QuestionPolicy | None, REPLACED] = None
    plans: Annotated[PlanPolicy | None, REPLACED] = None
    care: Annotated[CarePolicy | None, REPLACED] = None
    messages: Annotated[MessagePolicy | None, REPLACED] = None
    reception: Annotated[ReceptionPolicy | None, REPLACED] = None
    activities: Annotated[tuple[ActivityKind, ...], NAMED] = ()
    hotline: Annotated[HotlinePolicy | None, REPLACED] = None
    duties: Annotated[tuple[Duty, ...], NAMED] = ()
    department_contacts: Annotated[ContactPolicy | None, REPLACED] = None
    qualifications: Annotated[tuple[StaffQualification, ...], NAMED] = ()
    surveys: Annotated[tuple[SurveyPolicy, ...], NAMED] = ()
    signals: Annotated[tuple[SignalRule, ...], NAMED] = ()
    automations: Annotated[tuple[Automation, ...], NAMED] = ()
    kpis: Annotated[tuple[Kpi, ...], NAMED] = ()
    materials: Annotated[tuple[Material, ...], NAMED] = ()
    topics: Annotated[tuple[Named, ...], EACH_ONCE] = ()
    emergency: Annotated[EmergencyPolicy | None, REPLACED] = None
    unusual_looks: Annotated[tuple[UnusualLookRule, ...], NAMED] = ()
    texts: Annotated[dict[Named, Text], KEYED] = {}


class Overrides(Own, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tenant's own parts: an element replaces the packs' element of the same name, a new name adds one.

    `enabled_schemes` names the schemes the company uses, all of them by default: the others go, and whatever hangs on
    them. Memberships on record stay, and hold again with their scheme. Of sections without names the company's own take
    the place of all others; None leaves the packs'. `switched_off` names what the company does without: a section such as
    `care`, or an element such as `service_items.gift`, with whatever hangs on it.
    """

    enabled_schemes: tuple[Named, ...] | None = None
    entitlements: tuple[Entitlement, ...] | None = None
    cadences: tuple[Cadence, ...] | None = None
    relationships: tuple[RelationshipTemplate, ...] | None = None
    head_starts: tuple[HeadStart, ...] | None = None
    invitations: tuple[InvitationRhythm, ...] | None = None
    switched_off: tuple[Named, ...] = ()


class Sections(Own, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every section of a pack and of a policy."""

    customer_kinds: Annotated[tuple[Named, ...], EACH_ONCE] = ()
    organisations: Annotated[tuple[Named, ...], EACH_ONCE] = ()
    service_rhythms: Annotated[tuple[ServiceRhythm, ...], ADDED] = ()
    entitlements: Annotated[tuple[Entitlement, ...], ADDED] = ()
    cadences: Annotated[tuple[Cadence, ...], ADDED] = ()
    relationships: Annotated[tuple[RelationshipTemplate, ...], FIRST_THAT_FITS] = ()
    archive_rules: Annotated[tuple[ArchiveRule, ...], NAMED] = ()
    visits: Annotated[VisitPolicy | None, REPLACED] = None
    head_starts: Annotated[tuple[HeadStart, ...], ADDED] = ()
    invitations: Annotated[tuple[InvitationRhythm, ...], ADDED] = ()
    workstreams: Annotated[tuple[Workstream, ...], NAMED] = ()
    forms: Annotated[tuple[Form, ...], NAMED] = ()

    def named_texts(self) -> Iterator[str]:
        """The titles of what has no struct of its own."""
        yield from (f"customer_kind.{kind}" for kind in self.customer_kinds)
        yield from (f"field.{field.name}" for field in self.fields)
        yield from (f"topic.{topic}" for topic in self.topics)

    def check(self, known: Known, path: str) -> Problems:
        """Organisations are among the kinds of customers."""
        for kind in self.organisations:
            if kind not in known.kinds:
                yield PolicyProblem("organisations", kind, "a customer kind", f"one of {known.kinds}")


class Pack(Sections, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One industry's regulation. `rules` says of each rule where it is realised; `texts` holds every title.

    `organisations` are the customer kinds that are no persons (S07-1): they have no sex, birthday or identity number.
    `in_place` says which of its schemes take the place of a class of the general regulation, whose rights they then have.
    `version` is the pack's own, `core` the releases of Guibin it is written for, such as `>=0.1, <0.3`; any where it is empty.
    """

    name: Named
    regulation: Named
    version: Named = ""
    core: Named = ""
    rules: dict[Named, Named] = {}
    in_place: tuple[InPlace, ...] = ()


class Policy(Sections, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tenant goes by: every section, merged. `version` 0 is the packs' defaults."""

    version: int = 0
    packs: tuple[Named, ...] = ()
    enabled_schemes: tuple[Named, ...] | None = None
    switched_off: tuple[Named, ...] = ()
    complaints: ComplaintPolicy
    closing: ClosingPolicy = ClosingPolicy()
    questions: QuestionPolicy = QuestionPolicy()
    visits: VisitPolicy = VisitPolicy()
    plans: PlanPolicy = PlanPolicy()
    care: CarePolicy = CarePolicy()
    messages: MessagePolicy = MessagePolicy()
    hotline: HotlinePolicy = HotlinePolicy()
    emergency: EmergencyPolicy = EmergencyPolicy()

    def named_texts(self) -> Iterator[str]:
        """As a pack's, and those of the rules by which archives are looked over and looks are watched: the core's to name."""
        yield from super().named_texts()
        yield from (f"archive_rule.{rule.name}" for rule in self.archive_rules)
        yield from (f"unusual_look.{rule.name}" for rule in self.unusual_looks)

    def check(self, known: Known, path: str) -> Problems:
        """Schemes that are there; each part is the work of exactly one workstream (S01-3)."""
        for name in self.enabled_schemes or ():
            if name not in known.schemes:
                yield PolicyProblem("enabled_schemes", name, "a scheme of the packs or of your own")
        for part in self.parts:
            for one in part.covers:
                if one.partition(".")[0] not in Overrides.__struct_fields__:
                    yield PolicyProblem(f"parts.{part.name}", one, "a section that a company may write itself")
        yield from super().check(known, path)
        yield from spread(self.workstreams, set(self.__struct_fields__) - ASIDE)

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

    def part(self, name: str) -> PolicyPart | None:
        """The part of the policy of this name."""
        return next((part for part in self.parts if part.name == name), None)

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


def encode_pack(pack: Pack) -> bytes:
    """The pack as JSON; `decode_pack` gives the equal value back."""
    return msgspec.json.encode(pack)


def decode_pack(text: bytes | str) -> Pack:
    """Raises msgspec.ValidationError, which names the place."""
    return msgspec.json.decode(text, type=Pack)


def merge(packs: Sequence[Pack], core: Pack, overrides: Overrides, *, version: int) -> Policy:
    """The policy of a tenant: the core's defaults, the packs in order, then the tenant's own."""
    parts = (core, *packs)
    sections = merged(Sections, parts, overrides)
    sections["texts"] |= _own_words(parts, sections["texts"], overrides)
    off = overrides.switched_off
    names = tuple(dict.fromkeys(pack.name for pack in packs))
    policy = Policy(version=version, packs=names, switched_off=off, **without(sections, off))
    if overrides.enabled_schemes is not None:
        return _with_schemes(policy, overrides.enabled_schemes)
    fewer = any(one.startswith("schemes.") for one in off)
    return _with_schemes(policy, tuple(scheme.name for scheme in policy.schemes)) if fewer else policy


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


def _own_words(parts: Sequence[Pack], texts: Mapping[str, Text], overrides: Overrides) -> dict[str, Text]:
    """What a scheme's own pack calls differently than the policy, as `<scheme>/<key>`; not what the company says itself."""
    return {
        f"{scheme.name}/{key}": part.texts[key]
        for part in parts
        for scheme in part.schemes
        for key in _words_of(scheme)
        if key in part.texts and part.texts[key] != texts[key] and key not in overrides.texts
    }


def _words_of(scheme: TierScheme) -> Iterator[str]:
    yield from (f"tier.{tier.name}" for tier in scheme.tiers)
    yield from (f"metric.{metric.name}" for metric in scheme.metrics)
    yield from (f"dimension.{dimension.name}" for dimension in scheme.value_score if dimension.name)
