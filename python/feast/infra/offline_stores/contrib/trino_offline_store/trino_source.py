"""Trino tables and queries as a data source, and as storage of saved datasets."""

from __future__ import annotations

from typing import Any, Dict, Optional

from feast.credentials import ConnectionRef
from feast.data_source import name_or, shared_arguments
from feast.infra.offline_stores.table_source import TableOptions, TableSource, TableStorage
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as SavedDatasetStorageProto


class TrinoOptions(TableOptions):
    """Settings of a Trino source."""

    _message = DataSourceProto.TrinoOptions


class TrinoSource(TableSource):
    """A Trino table or query.

    Args:
        name: Name, unique in the project; `table` if omitted.
        table: Table as `catalog.schema.table`.
        query: SQL that gives the rows, instead of `table`.

    The other arguments are those of `DataSource`.

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
        self.trino_options = TrinoOptions(table=table, query=query)
        super().__init__(name=name_or(name, table), **shared_arguments(locals()))

    def source_type(self) -> int:
        return DataSourceProto.BATCH_TRINO

    def _quoted_table(self) -> str:
        return self.table


class SavedDatasetTrinoStorage(TableStorage):
    """A saved dataset in a Trino table."""

    _proto_attr_name = "trino_storage"
    _source_class = TrinoSource

    def __init__(self, table: Optional[str] = None, query: Optional[str] = None):
        self._keep(TrinoOptions(table=table, query=query))

    @classmethod
    def from_proto(cls, storage_proto: SavedDatasetStorageProto) -> Any:  # type: ignore[override]
        message = storage_proto.trino_storage
        return cls(table=message.table, query=message.query)
