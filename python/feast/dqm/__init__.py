"""Checks of datasets against profiles of reference datasets."""
