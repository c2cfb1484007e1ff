"""The pages that people work on: their shell, their parts, and how a slice makes screens of its queries and actions."""
