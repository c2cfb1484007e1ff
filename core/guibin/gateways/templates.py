"""Texts that an SMS vendor keeps: in the mainland a text is approved there, and what is sent is its code and its values."""

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta, Struct

from guibin.policy.words import SignName, TemplateCode, WordIfAny
from guibin_tenants.refusals import FieldError

from .providers import Outcome, Parcel, Provider
from .vendors import Call, IsFinal, Reading, hand_over, mainland

# For every kind of message without a template of its own: one that takes the whole text.
ANY_KIND = ""
WHOLE_TEXT = "text"


class SmsTemplate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The approved text `code` for messages of this `kind`, all others when it is empty.

    `parameters` are the values it takes, by the names of the policy's text (`name`, `title`, …), in the vendor's order;
    `text` is the whole text as the policy words it.
    """

    code: TemplateCode
    kind: WordIfAny = ANY_KIND
    parameters: Annotated[tuple[TemplateCode, ...], Meta(max_length=20)] = (WHOLE_TEXT,)


Templates = Annotated[tuple[SmsTemplate, ...], Meta(min_length=1, max_length=60)]


class Approved(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The signature (签名) and the texts that the vendor approved."""

    sign_name: SignName
    templates: Templates


class Filled(Struct, frozen=True):
    """A template with its values, in order."""

    code: str
    values: dict[str, str]


def wrong(settings: Approved) -> list[FieldError]:
    """Two templates for one kind would leave it open which is sent."""
    kinds = [template.kind for template in settings.templates]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    if twice is None:
        return []
    return [FieldError("settings.templates", "one template for each kind", value=twice or "(without a kind)")]


def filled(templates: tuple[SmsTemplate, ...], parcel: Parcel) -> Filled | None:
    """The template for this message; None without one, or when the message knows nothing of a value it takes."""
    own = {template.kind: template for template in templates}
    template = own.get(parcel.kind) or own.get(ANY_KIND)
    known = {**parcel.values, WHOLE_TEXT: parcel.text}
    if template is None or not set(template.parameters) <= set(known):
        return None
    return Filled(template.code, {name: known[name] for name in template.parameters})


class Vendor(Struct, frozen=True, kw_only=True):
    """A vendor's service: its host, a request for this number with this text, and what its answers mean."""

    host: str
    request: Callable[[Any, Parcel, str, Filled], Call]
    reading: Reading
    is_final: IsFinal


def provider(settings: type[Approved], vendor: Vendor) -> Provider:
    """The channel through that vendor, shown with the signature customers read."""

    async def send(given: Approved, parcel: Parcel) -> Outcome:
        number, text = mainland(parcel.to), filled(given.templates, parcel)
        if number is None:
            return Outcome("bad_number", final=True)
        if text is None:
            return Outcome("no_template", final=True)
        call = vendor.request(given, parcel, number, text)
        return await hand_over(call, reading=vendor.reading, is_final=vendor.is_final)

    return Provider(settings, wrong, lambda given: f"{vendor.host} · {given.sign_name}", send)
