"""Sources of trino."""
