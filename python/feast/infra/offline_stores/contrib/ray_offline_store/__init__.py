"""Sources of ray."""
