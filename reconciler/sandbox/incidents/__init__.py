"""What the sandbox knows of incidents: their data, their rules, and how answers show them."""
