"""Parameters that many addresses of the API take alike."""

from typing import Annotated

from litestar.params import Parameter

Limit = Annotated[int, Parameter(ge=1, le=200, default=50, description="How many at most, 1 to 200.")]
CursorText = Annotated[str | None, Parameter(default=None, description="`next` of the page before.", max_length=200)]


PeriodName = Annotated[str, Parameter(query="period", description="A week, month or year: 2015-W26, 2015-06, 2015.")]
