"""What is gone through for every customer, span by span: the weekly review and the registers (S07-9, S02-5)."""
