"""Sources of contributed stores."""
