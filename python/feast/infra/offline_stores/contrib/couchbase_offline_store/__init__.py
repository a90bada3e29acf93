"""Sources of couchbase."""
