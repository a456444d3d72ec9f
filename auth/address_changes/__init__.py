"""Changes of an account's email address: requested, confirmed, cancelled or undone."""
