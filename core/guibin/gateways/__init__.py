"""How a message leaves the house: mail, SMS vendors, robots of enterprise chats, and any other by a signed POST."""
