"""ClickHouse tables and queries as a data source, and as storage of saved datasets."""

from __future__ import annotations

from typing import Any, Dict, Optional

from feast.credentials import ConnectionRef
from feast.data_source import DataSource
from feast.errors import DataSourceNoNameException
from feast.infra.offline_stores.custom_source import CustomSource, CustomStorage


class ClickhouseSource(CustomSource):
    """A ClickHouse table or query.

    Args:
        name: Name, unique in the project; `table` if omitted.
        query: SQL that gives the rows, instead of `table`.
        table: Table.
        timestamp_field: Column of the event time.
        created_timestamp_column: Column of the time of writing.
        field_mapping: Column name to feature name.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
        connection_ref: Where the credentials are.

    Raises:
        DataSourceNoNameException: If neither name nor table is given.
    """

    def __init__(
        self,
        name: Optional[str] = None,
        query: Optional[str] = None,
        table: Optional[str] = None,
        timestamp_field: Optional[str] = "",
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        connection_ref: Optional[ConnectionRef] = None,
    ):
        if not (name or table):
            raise DataSourceNoNameException()
        self._given_name = name or ""
        self.query = query or ""
        self.table = table or ""
        super().__init__(
            name=name or str(table),
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
            connection_ref=connection_ref,
        )

    def settings(self) -> Dict[str, Any]:
        return {"name": self._given_name, "query": self.query, "table": self.table}

    @classmethod
    def read(cls, message: Any, settings: Dict[str, Any]) -> Any:
        source = super().read(message, {"query": settings["query"], "table": settings["table"]})
        source._given_name = settings.get("name", "")
        return source

    def get_table_query_string(self) -> str:
        return self.table or f"({self.query})"


class SavedDatasetClickhouseStorage(CustomStorage):
    """A saved dataset in a ClickHouse table."""

    _proto_attr_name = "custom_storage"
    _source_class = ClickhouseSource

    def __init__(self, table_ref: str):
        self.table = table_ref

    def settings(self) -> Dict[str, Any]:
        return {"name": "", "query": "", "table": self.table}

    @classmethod
    def read(cls, settings: Dict[str, Any]) -> Any:
        return cls(table_ref=settings["table"])

    def to_data_source(self) -> DataSource:
        return ClickhouseSource(table=self.table)
