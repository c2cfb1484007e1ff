"""Events for customers: invitations, answers, places and the waiting list, attendance, feedback, costs (S10-6, S01-6)."""
