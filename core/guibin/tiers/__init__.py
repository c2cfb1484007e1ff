"""Who is a VIP and why: facts, assessments, memberships as periods, applications and exceptions."""
