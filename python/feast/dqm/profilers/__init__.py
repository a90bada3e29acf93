"""What makes profiles of datasets."""
