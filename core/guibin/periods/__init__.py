"""Days, weeks, months and years as a company lives them: in its own zone, from midnight to midnight."""
