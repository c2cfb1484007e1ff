"""Companies to try the product with, each with customers, a week of work and plans: the same on every machine."""
