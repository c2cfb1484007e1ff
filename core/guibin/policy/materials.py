"""What customers are given free of charge so that they know the services: brochures, promotional articles, demonstrations."""

from typing import ClassVar, Literal

from msgspec import Struct

from .words import Clause, Named


class Material(Struct, frozen=True, forbid_unknown_fields=True):
    """Something given or shown free of charge, on record per customer (S07-31); its title is the text `material.<name>`."""

    titled: ClassVar = "material"
    name: Named
    kind: Literal["brochure", "article", "demonstration"] = "brochure"
    clause: Clause = ""
