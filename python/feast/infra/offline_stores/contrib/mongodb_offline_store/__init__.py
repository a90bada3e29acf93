"""Sources of mongodb."""
