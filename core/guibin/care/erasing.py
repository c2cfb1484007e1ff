"""Which words of this slice erasure blanks."""

from guibin.profiles.erasing import words

words("reminder", "result")
words("renewal", "reason")
words("care_task", "result")
