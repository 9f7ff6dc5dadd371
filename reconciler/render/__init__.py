"""Plans and outcomes in; text, JSON and Markdown out. Nothing here decides, and nothing here reads the account."""
