"""Sources of oracle."""
