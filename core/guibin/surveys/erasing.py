"""Which words of this slice erasure blanks."""

from guibin.profiles.erasing import words

words("improvement_action", "text")
