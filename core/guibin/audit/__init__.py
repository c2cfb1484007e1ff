"""The confidentiality record: who looked at or changed whose file, which fields, and why."""
