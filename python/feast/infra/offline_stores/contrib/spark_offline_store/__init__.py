"""Sources of spark."""
