"""How long the texts of an archive may be."""

from typing import Annotated

from msgspec import Meta

from guibin.policy.words import Code, beside_a_list, up_to

PersonName = Annotated[str, up_to(100, 1)]
Confidential = Annotated[str, up_to(500)]
# One text or several: the archive's own fields refuse NUL.
_Value = Annotated[str, beside_a_list(500)]
ConfidentialValues = Annotated[dict[Code, _Value | Annotated[list[_Value], Meta(max_length=20)]], Meta(max_length=100)]
Preferences = Annotated[dict[Code, Confidential], Meta(max_length=50)]
FieldValues = Annotated[dict[Code, Confidential | int | bool | None], Meta(max_length=200)]
