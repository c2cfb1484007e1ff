"""Messages to customers and staff beside the inbox: mail, SMS and enterprise chat through channels of the company's own."""
