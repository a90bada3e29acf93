"""PostgreSQL tables and queries as a data source, and as storage of saved datasets."""

from __future__ import annotations

from feast.infra.offline_stores.custom_source import TableOrQuerySource, TableOrQueryStorage


class PostgreSQLSource(TableOrQuerySource):
    """A PostgreSQL table or query. Arguments and errors are those of TableOrQuerySource."""

    def get_table_query_string_with_alias(self, alias: str = "subquery") -> str:
        """What stands after FROM: the table, or the query with `alias`, which PostgreSQL wants."""
        return self.table or f"({self.query}) AS {alias}"


class SavedDatasetPostgreSQLStorage(TableOrQueryStorage):
    """A saved dataset in a PostgreSQL table."""

    _proto_attr_name = "custom_storage"
    _source_class = PostgreSQLSource
