"""What fills a company before it leaves."""

from datetime import UTC, datetime

WHY = {"purpose": "合同到期，移交数据", "leaves_to": "nobody"}
# What its own rows are made of: keys and the log are as they are made, a row of nonsense there stops everybody.
ITS_OWN = {"tenant_key", "subject_key", "evidence_key", "evidence_entry", "evidence_tree", "evidence_checkpoint"}
# What they keep sealed are pictures.
PICTURES = ("case_signature", "visit_signature")
FAR_OFF = datetime(2999, 1, 1, tzinfo=UTC)
# Sealed by the company's key: of nobody, or of somebody on the staff.
OF_THE_COMPANY = {"transfer", "staff_address"}
