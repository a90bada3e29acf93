"""Trino tables and queries as a data source, and as storage of saved datasets."""

from __future__ import annotations

from typing import Dict, Optional

from feast.credentials import ConnectionRef
from feast.data_source import DataSource, common_arguments
from feast.errors import DataSourceNoNameException
from feast.infra.offline_stores.table_source import TableOptions, TableSource
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as SavedDatasetStorageProto
from feast.saved_dataset import SavedDatasetStorage


class TrinoOptions(TableOptions):
    """Settings of a Trino source."""

    _message = DataSourceProto.TrinoOptions


class TrinoSource(TableSource):
    """A Trino table or query.

    Args:
        name: Name, unique in the project; `table` if omitted.
        timestamp_field: Column of the event time.
        table: Table as `catalog.schema.table`.
        created_timestamp_column: Column of the time of writing.
        field_mapping: Column name to feature name.
        query: SQL that gives the rows, instead of `table`.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
        connection_ref: Where the credentials are.

    Raises:
        DataSourceNoNameException: If neither name nor table is given.
    """

    _options_attribute = "trino_options"

    def __init__(
        self,
        *,
        name: Optional[str] = None,
        timestamp_field: Optional[str] = None,
        table: Optional[str] = None,
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        query: Optional[str] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        connection_ref: Optional[ConnectionRef] = None,
    ):
        if not (name or table):
            raise DataSourceNoNameException()
        self.trino_options = TrinoOptions(table=table, query=query)
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

    def source_type(self) -> int:
        return DataSourceProto.BATCH_TRINO

    @staticmethod
    def from_proto(data_source: DataSourceProto) -> TrinoSource:
        """The source of a message."""
        return TrinoSource(
            **common_arguments(data_source, "connection_ref"),
            table=data_source.trino_options.table,
            query=data_source.trino_options.query,
        )

    def _quoted_table(self) -> str:
        return self.table


class SavedDatasetTrinoStorage(SavedDatasetStorage):
    """A saved dataset in a Trino table."""

    _proto_attr_name = "trino_storage"
    _source_class = TrinoSource

    def __init__(self, table: Optional[str] = None, query: Optional[str] = None):
        self.trino_options = TrinoOptions(table=table, query=query)

    @staticmethod
    def from_proto(storage_proto: SavedDatasetStorageProto) -> SavedDatasetStorage:
        message = storage_proto.trino_storage
        return SavedDatasetTrinoStorage(table=message.table, query=message.query)

    def to_proto(self) -> SavedDatasetStorageProto:
        return SavedDatasetStorageProto(trino_storage=self.trino_options.to_proto())

    def to_data_source(self) -> DataSource:
        message = self.trino_options.to_proto()
        return TrinoSource(table=message.table, query=message.query)
