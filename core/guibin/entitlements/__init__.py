"""What a tier entitles to: service items, quotas per period, and the redemption ledger."""
