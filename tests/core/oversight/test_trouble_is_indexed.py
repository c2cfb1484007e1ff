"""What went wrong is found by its index: PostgreSQL takes it only for a question that says just what it says."""

from guibin.audit.tables import AuditEntry
from guibin.oversight.rights import TROUBLES


def test_the_question_says_what_the_index_says():
    (index,) = [each for each in AuditEntry.keys.indexes if each.name == "audit_entry_trouble_idx"]

    assert TROUBLES.holds.replace("x.", "").endswith(f" and {index.where}")
