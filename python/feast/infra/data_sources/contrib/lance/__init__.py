"""Sources of lance."""
