"""How people write words, dates and numbers: made one spelling, and checked to be meant."""
