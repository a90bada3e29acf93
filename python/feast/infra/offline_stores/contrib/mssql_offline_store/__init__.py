"""Sources of mssql."""
