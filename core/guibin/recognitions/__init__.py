"""Who is calling: a telephone number answered with the customer, the tier's routing and the standard greetings."""
