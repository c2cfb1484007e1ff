"""What proves afterwards what was looked at and decided: a log that only grows, its checkpoints, and packs that are verified elsewhere."""
