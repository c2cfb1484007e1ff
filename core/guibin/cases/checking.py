"""What is filled in of a form of the policy, refused field by field."""

from collections.abc import Mapping
from typing import Any

from guibin.policy.forms import Form, check_answers
from guibin_tenants.refusals import FieldError


def wrong_answers(
    form: Form | None, answers: Mapping[str, Any], of: str, *, at: str = "answers"
) -> tuple[FieldError, ...]:
    """What is wrong with them, each called by its place below `at`; without a form there are none. `of` is what has it."""
    if form is None:
        return (FieldError(at, f"empty: {of} has no form"),) if answers else ()
    return tuple(
        FieldError(f"{at}.{problem.field}", problem.rule, problem.fix, problem.value)
        for problem in check_answers(form, answers)
    )
