"""What operators see of a running process: logs, metrics, traces; and the fail points at which tests end it."""
