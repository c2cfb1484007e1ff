"""The stories that regulations tell, as files that are played: who does what, whom it must reach by when, and when nobody is told."""
