"""Other departments' lists: matched with the ledger, and what contradicts it handed to those who can ask."""
