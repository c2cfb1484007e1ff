"""Which words of this slice erasure blanks."""

from guibin.profiles.erasing import words

words("complaint", "text", "because")
words("complaint_pause", "reason", through="complaint")
