"""Tasks: what somebody of a role is to do about a customer or a case until when, asked for by nobody in particular."""
