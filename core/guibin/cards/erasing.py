"""Which words of this slice erasure blanks."""

from guibin.profiles.erasing import words

words("card_application", "reason")
