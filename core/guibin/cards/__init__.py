"""Cards and proofs: asked for, made, shipped, stocked, issued under the real-name rule, ended; and shown at the counter."""
