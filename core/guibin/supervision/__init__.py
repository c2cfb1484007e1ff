"""What supervisors go by: the house as it stands now, who has how much, what the figures say, and what waits for their word."""
