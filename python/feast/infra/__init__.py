"""Stores and sources, under the import paths that definition files use."""
