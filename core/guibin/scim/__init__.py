"""People and groups as a company's directory tells them (SCIM 2.0, RFC 7643 and 7644), and what that makes of accounts here."""
