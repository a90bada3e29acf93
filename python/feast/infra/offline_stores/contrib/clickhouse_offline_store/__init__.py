"""Sources of clickhouse."""
