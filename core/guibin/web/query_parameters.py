"""Parameters that many addresses of the API take alike."""

from datetime import datetime
from typing import Annotated

from litestar.params import Parameter

ChangedSince = Annotated[
    datetime | None,
    Parameter(
        default=None,
        description="Rows written at this moment or later, in the order of their last change; the last page says `until`, the moment"
        " to ask from the next time. By the database's clock.",
    ),
]
PeriodName = Annotated[str, Parameter(query="period", description="A week, month or year: 2015-W26, 2015-06, 2015.")]
