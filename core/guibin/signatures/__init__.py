"""What customers sign: sealed, shown on record, and told where it could not be had (S07-12)."""
