"""What somebody owes, all of it in one list: the workbench and the day (S10-5, S05-3)."""
