"""Sources that no single offline store owns."""
