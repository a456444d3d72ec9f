"""Names: usernames, display names, and which are refused."""
