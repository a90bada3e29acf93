"""Sources of athena."""
