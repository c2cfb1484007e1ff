"""Cards and proofs: applied for, issued under the real-name rule, shown at the counter, ended."""
