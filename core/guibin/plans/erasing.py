"""Which words of this slice erasure blanks."""

from guibin.profiles.erasing import words

words("work_plan_item", "text")
