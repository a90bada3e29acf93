"""Athena tables and queries as a data source, as storage of saved datasets and as a destination of logs."""

from __future__ import annotations

from typing import Dict, Optional

from feast.argument_types import checked
from feast.credentials import ConnectionRef
from feast.data_source import DataSource, common_arguments
from feast.errors import DataSourceNoNameException
from feast.feature_logging import LoggingDestination
from feast.infra.offline_stores.table_source import TableOptions, TableSource, quoted
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.FeatureService_pb2 import LoggingConfig as LoggingConfigProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as SavedDatasetStorageProto
from feast.saved_dataset import SavedDatasetStorage


class AthenaOptions(TableOptions):
    """Settings of an Athena source."""

    _message = DataSourceProto.AthenaOptions


class AthenaSource(TableSource):
    """An Athena table or query.

    Args:
        timestamp_field: Column of the event time.
        table: Table.
        database: Database; `default` if a table is given without one.
        data_source: Athena's own data source.
        created_timestamp_column: Column of the time of writing.
        field_mapping: Column name to feature name.
        date_partition_column: Column by which the table is partitioned by day.
        query: SQL that gives the rows, instead of `table`.
        name: Name, unique in the project; `table` if omitted.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
        connection_ref: Where the credentials are.

    Raises:
        ValueError: If neither table nor query is given.
        DataSourceNoNameException: If a query has no name.
    """

    _options_attribute = "athena_options"

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
        if not (name or table):
            raise DataSourceNoNameException()
        if table and not database:
            database = "default"
        self.athena_options = AthenaOptions(
            table=table, query=query, database=database, data_source=data_source
        )
        super().__init__(
            name=name or str(table),
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            date_partition_column=date_partition_column,
            description=description,
            tags=tags,
            owner=owner,
            connection_ref=connection_ref,
        )

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

    @staticmethod
    def from_proto(data_source: DataSourceProto) -> AthenaSource:
        """The source of a message."""
        options = data_source.athena_options
        return AthenaSource(
            **common_arguments(data_source, "date_partition_column", "connection_ref"),
            table=options.table,
            query=options.query,
            database=options.database,
            data_source=options.data_source,
        )

    def _quoted_table(self) -> str:
        return quoted(self.data_source, self.database, self.table)


class SavedDatasetAthenaStorage(SavedDatasetStorage):
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
        self.athena_options = AthenaOptions(
            table=table_ref, query=query, database=database, data_source=data_source
        )

    @staticmethod
    def from_proto(storage_proto: SavedDatasetStorageProto) -> SavedDatasetStorage:
        message = storage_proto.athena_storage
        return SavedDatasetAthenaStorage(message.table, message.query, message.database, message.data_source)

    def to_proto(self) -> SavedDatasetStorageProto:
        return SavedDatasetStorageProto(athena_storage=self.athena_options.to_proto())

    def to_data_source(self) -> DataSource:
        message = self.athena_options.to_proto()
        return AthenaSource(table=message.table, database=message.database, data_source=message.data_source)


class AthenaLoggingDestination(LoggingDestination):
    """Logs in an Athena table."""

    _proto_kind = "athena_destination"

    def __init__(self, *, table_name: str):
        self.table_name = table_name

    @classmethod
    def from_proto(cls, config_proto: LoggingConfigProto) -> LoggingDestination:
        return cls(table_name=config_proto.athena_destination.table_name)

    def to_proto(self) -> LoggingConfigProto:
        return LoggingConfigProto(
            athena_destination=LoggingConfigProto.AthenaDestination(table_name=self.table_name)
        )

    def to_data_source(self) -> DataSource:
        return AthenaSource(table=self.table_name)
