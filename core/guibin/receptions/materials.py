"""Photographs and documents of a reception: sealed, opened only with a purpose on record (S11-6)."""

import base64
from uuid import UUID

from msgspec import Struct

from guibin.cases import Case
from guibin.cases.requests import NewDisclosure
from guibin.context import Act
from guibin.profiles import disclosures
from guibin.profiles.refusals import ArchiveErased
from guibin.signatures.sealing import checked_type
from guibin_tenants import rows
from guibin_tenants.keyring import Place, seal, subject_key, unseal
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch_one
from guibin_tenants.tables import new_id

from .queries import ReceptionForm, form
from .requests import NewMaterial
from .standing import SUBJECT, audit, locked
from .tables import ReceptionMaterial


class DisclosedMaterial(Struct, frozen=True):
    """The file in clear, this once, in base64."""

    id: UUID
    name: str
    purpose: str
    media_type: str
    content: bytes


async def add(reception_id: UUID, new: NewMaterial, act: Act) -> ReceptionForm:
    """Keep a file with the reception. Raises NotFound, ReceptionEnded, Invalid for anything but a whole image or PDF."""
    row = await locked(reception_id)
    media_type = checked_type(new.content)
    material_id = new_id()
    key = await subject_key(row["customer_id"])
    await rows.add(
        ReceptionMaterial,
        act,
        id=material_id,
        reception_id=reception_id,
        customer_id=row["customer_id"],
        name=new.name,
        media_type=media_type,
        sealed=seal(key, _place(material_id), base64.b64encode(new.content).decode()),
    )
    await audit("add_material", row, act, fields=("material",))
    return await form(reception_id)


async def disclose(reception_id: UUID, material_id: UUID, new: NewDisclosure, act: Act) -> DisclosedMaterial:
    """Show a file, with the purpose on record. Raises NotFound, ArchiveErased."""
    row = await fetch_one(
        "select m.id, m.customer_id, m.name, m.media_type, m.sealed, c.erased_at from reception_material m"
        " join customer c on c.tenant_id = m.tenant_id and c.id = m.customer_id"
        " where m.id = $1 and m.reception_id = $2",
        material_id,
        reception_id,
    )
    if row is None:
        raise NotFound(f"There is no material {material_id} of reception {reception_id}")
    if row["erased_at"] is not None:
        raise ArchiveErased(f"The archive of customer {row['customer_id']} was erased: its files open no more")
    text = unseal(await subject_key(row["customer_id"]), _place(material_id), bytes(row["sealed"]))
    await disclosures.keep(Case(SUBJECT, reception_id, row["customer_id"]), ("material",), new, act)
    return DisclosedMaterial(material_id, row["name"], new.purpose, row["media_type"], base64.b64decode(text))


def _place(row: UUID) -> Place:
    return Place("reception_material", "sealed", row)
