"""What complaints, requests and receptions share as cases."""

from uuid import UUID

from msgspec import Struct


class Case(Struct, frozen=True):
    """What has targets, is told about and stands in the record, under the name of its `subject`."""

    subject: str
    id: UUID
    customer_id: UUID | None = None
