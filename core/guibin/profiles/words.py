"""How long the texts of an archive may be; a NUL is in none of them."""

from typing import Annotated

from msgspec import Meta

_NO_NUL = r"^[^\x00]*\Z"

Code = Annotated[str, Meta(min_length=1, max_length=60, pattern=_NO_NUL)]
Title = Annotated[str, Meta(min_length=1, max_length=100, pattern=_NO_NUL)]
Line = Annotated[str, Meta(max_length=200, pattern=_NO_NUL)]
FullLine = Annotated[str, Meta(min_length=1, max_length=200, pattern=_NO_NUL)]
Paragraph = Annotated[str, Meta(max_length=2_000, pattern=_NO_NUL)]
Confidential = Annotated[str, Meta(max_length=500, pattern=_NO_NUL)]
# One text or several, without a pattern, which the archive's own fields refuse NUL by: msgspec 0.22 reads past its memory
# when it lets go of a text with a pattern beside a list, and the process ends by SIGSEGV.
_Value = Annotated[str, Meta(max_length=500)]
ConfidentialValues = Annotated[dict[Code, _Value | Annotated[list[_Value], Meta(max_length=20)]], Meta(max_length=100)]
Preferences = Annotated[dict[Code, Confidential], Meta(max_length=50)]
FieldValues = Annotated[dict[Code, Confidential | int | bool | None], Meta(max_length=200)]
