"""Contacts, counted."""

from guibin.periods.counts import count, within

# The customer of the contact `i` means to buy something or to be a member; help with what is there is no such intention.
INTENDING = f"{within('i.happened_at')} and i.wants in ('product', 'membership')"

COUNTS = {"customers_intending": count("interaction i", INTENDING, of="distinct i.customer_id")}
