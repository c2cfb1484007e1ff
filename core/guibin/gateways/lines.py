"""One line of text: what stands in a mail's subject or in any other head holds nothing that ends a line. Pure."""

import re

# Control characters, and what Unicode calls the end of a line or of a paragraph.
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str) -> str:
    """The text with a space for whatever ends a line, control characters and all."""
    return _BREAKS.sub(" ", text).strip()
