"""Sources of chronon."""
