"""Athena tables and queries as a data source, as storage of saved datasets and as a destination of logs."""

from __future__ import annotations

from typing import Any, Dict, Optional

from feast.argument_types import checked
from feast.credentials import ConnectionRef
from feast.data_source import name_or, shared_arguments
from feast.infra.offline_stores.table_source import (
    TableLoggingDestination,
    TableOptions,
    TableSource,
    TableStorage,
    quoted,
)
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as SavedDatasetStorageProto


class AthenaOptions(TableOptions):
    """Settings of an Athena source."""

    _message = DataSourceProto.AthenaOptions


class AthenaSource(TableSource):
    """An Athena table or query.

    Args:
        table: Table.
        database: Database; `default` if a table is given without one.
        data_source: Athena's own data source.
        query: SQL that gives the rows, instead of `table`.
        name: Name, unique in the project; `table` if omitted.

    The other arguments are those of `DataSource`.

    Raises:
        ValueError: If neither table nor query is given.
        DataSourceNoNameException: If a query has no name.
    """

    _options_attribute = "athena_options"
    _further_arguments = ("date_partition_column", "connection_ref")

    @checked
    def __init__(
        self,
        *,
        timestamp_field: Optional[str] = "",
        table: Optional[str] = None,
        database: Optional[str] = None,
        data_source: Optional[str] = None,
        created_timestamp_column: Optional[str] = None,
        field_mapping: Optional[Dict[str, str]] = None,
        date_partition_column: Optional[str] = None,
        query: Optional[str] = None,
        name: Optional[str] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        connection_ref: Optional[ConnectionRef] = None,
    ):
        if not table and not query:
            raise ValueError('No "table" argument provided.')
        if table and not database:
            database = "default"
        self.athena_options = AthenaOptions(
            table=table, query=query, database=database, data_source=data_source
        )
        super().__init__(name=name_or(name, table), **shared_arguments(locals()))

    def source_type(self) -> int:
        return DataSourceProto.BATCH_ATHENA

    @property
    def database(self) -> str:
        """Database of the table."""
        return str(self._options.database)

    @property
    def data_source(self) -> str:
        """Athena's own data source."""
        return str(self._options.data_source)

    def _quoted_table(self) -> str:
        return quoted(self.data_source, self.database, self.table)


class SavedDatasetAthenaStorage(TableStorage):
    """A saved dataset in an Athena table."""

    _proto_attr_name = "athena_storage"
    _source_class = AthenaSource

    def __init__(
        self,
        table_ref: str,
        query: Optional[str] = None,
        database: Optional[str] = None,
        data_source: Optional[str] = None,
    ):
        self._keep(AthenaOptions(table=table_ref, query=query, database=database, data_source=data_source))

    @classmethod
    def from_proto(cls, storage_proto: SavedDatasetStorageProto) -> Any:  # type: ignore[override]
        message = storage_proto.athena_storage
        return cls(message.table, message.query, message.database, message.data_source)


class AthenaLoggingDestination(TableLoggingDestination):
    """Logs in an Athena table."""

    _proto_kind = "athena_destination"
    _source_class = AthenaSource
