"""What happens, told at once to whoever may see it: the stream of events, and who is looking at a case just now."""
