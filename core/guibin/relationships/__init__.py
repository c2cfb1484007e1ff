"""What is planned with a customer over a year, measure by measure, and what is late (S01-5)."""
