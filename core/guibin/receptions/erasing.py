"""Which words of this slice erasure blanks."""

from guibin.profiles.erasing import words

words("reception", "text", "source")
words("reception_application", "reason")
