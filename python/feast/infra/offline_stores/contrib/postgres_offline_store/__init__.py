"""Sources of postgres."""
