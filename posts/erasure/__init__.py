"""What happens to posts and votes when an account is deleted."""
