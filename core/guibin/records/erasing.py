"""Which words of this slice erasure blanks."""

from guibin.profiles.erasing import words

words("interaction", "content", "need", "place", "number_masked")
words("visit", "purpose", "place")
