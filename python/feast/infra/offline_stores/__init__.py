"""Sources by offline store."""
