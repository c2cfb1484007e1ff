"""The service mailbox: mails become messages on cases or wait for the desk, and answers go out in their thread (S01-7)."""
