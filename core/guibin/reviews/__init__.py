"""What is gone through for every customer, span by span, and what is due (S07-9)."""
