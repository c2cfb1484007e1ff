"""What staff are told: a line in the inbox of whoever has to know."""
