"""Which words of this slice erasure blanks."""

from guibin.profiles.erasing import words

words("service_request", "text", documents=("answers",))
