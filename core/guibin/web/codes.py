"""A text as a code that a camera reads: an image of its own inside a page, without anything inline that a policy refuses."""

import segno
from markupsafe import Markup


def scannable(text: str) -> Markup:
    """Black on white whatever the theme, with the margin that scanners need; as large as its place."""
    code = segno.make(text, error="m", micro=False)
    return Markup(code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="g-qr", lineclass=None))
