"""What outlets measure beside the company's standard: asked for, approved, then part of the policy (S12-2)."""
