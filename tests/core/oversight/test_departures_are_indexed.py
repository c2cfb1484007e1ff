"""What left the company is found by its index: PostgreSQL takes it only for a question that says just what it says."""

from guibin.audit.tables import AuditEntry
from guibin.oversight.departures import DEPARTURES


def test_the_question_says_what_the_index_says():
    (index,) = [each for each in AuditEntry.keys.indexes if each.name == "audit_entry_departed_idx"]

    assert DEPARTURES.holds.replace("x.", "") == index.where
