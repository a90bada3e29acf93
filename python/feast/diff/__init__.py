"""What an apply would change, as objects."""
