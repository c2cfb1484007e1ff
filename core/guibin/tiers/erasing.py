"""Which words of this slice erasure blanks."""

from guibin.profiles.erasing import words

words("application", "reason", documents=("form",))
words("membership", "reason")
