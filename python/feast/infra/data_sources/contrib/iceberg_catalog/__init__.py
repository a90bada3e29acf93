"""Sources of iceberg catalog."""
