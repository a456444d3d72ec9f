"""Changes of an account's address: asked for, confirmed by the new one, cancelled or undone by the old."""
