"""Sources of mlflow."""
