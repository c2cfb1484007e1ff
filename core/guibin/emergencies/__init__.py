"""Emergency access: one customer's file behind the wall, for a person who must, with a reason, for a time, in everybody's sight (S02-6)."""
