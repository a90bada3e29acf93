"""User code that computes features."""
